package replay

import (
	"math"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestOptionsSayWhatTheyMean(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]Config{
		"":                               {Speed: RecordedSpeed},
		"venue=coinbase&speed=1":         {Venue: "coinbase", Speed: RecordedSpeed},
		"speed=max&loop=true":            {Speed: Max, Loop: true},
		"speed=0.25&loop=false":          {Speed: 250_000},
		"speed=60&clock=recorded":        {Speed: 60_000_000, Clock: Recorded},
		"clock=now&venue=okx&speed=1.50": {Venue: "okx", Speed: 1_500_000, Clock: Now},
	} {
		options, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		want.Paths = "a.log"
		got, err := ParseOptions("a.log", options)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", query, err, diff)
		}
	}
}

func TestMistakesInOptionsAreNamed(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"speeed=1":          `unknown option "speeed": want venue, speed, loop or clock`,
		"speed=fast":        `speed "fast" is neither max nor a number above 0`,
		"speed=0":           `speed "0" is neither`,
		"speed=-1":          `speed "-1" is neither`,
		"speed=1e3":         `speed "1e3" is neither`,
		"speed=0.0000001":   `speed "0.0000001" is neither`,
		"speed=":            `speed "" is neither`,
		"loop=yes":          `loop "yes" is none of false, true`,
		"clock=wall":        `clock "wall" is none of now, recorded`,
		"venue=nyse":        `venue "nyse" is none of binance, bitstamp, coinbase, kraken, okx`,
		"loop=true&loop=no": `"loop" is given 2 times`,
	} {
		options, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseOptions("a.log", options); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", query, err, want)
		}
	}
}

func TestNewFindsOutWhatCannotBePlayed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	many := t.TempDir()
	for i := range maxFiles + 1 {
		if err := os.WriteFile(filepath.Join(many, strconv.Itoa(i)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	plain := write(t, "plain.log", "{}\n")
	fake := filepath.Join(dir, "fake.log.gz")
	if err := os.WriteFile(fake, []byte("this is no gzip"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]Config{
		"no such file":              {Paths: filepath.Join(dir, "missing.log")},
		"no file matches":           {Paths: filepath.Join(dir, "*.ndjson")},
		"syntax error in pattern":   {Paths: filepath.Join(dir, "[")},
		"gzip: invalid header":      {Paths: fake},
		"not a regular file":        {Paths: dir},
		"a path is empty":           {Paths: plain + ","},
		"more than 256 files":       {Paths: filepath.Join(many, "*")},
		`venue "nasdaq" is none of`: {Paths: plain, Venue: "nasdaq"},
		"speed -1 is below 0":       {Paths: plain, Speed: -1},
	} {
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestPathsAreListedOnceAndInOrder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"b.log", "a.log", "[c].log"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	list := filepath.Join(dir, "b.log") + ", " + filepath.Join(dir, "?.log") + "," + filepath.Join(dir, "[c].log")
	got, err := expand(list)
	want := []string{filepath.Join(dir, "b.log"), filepath.Join(dir, "a.log"), filepath.Join(dir, "[c].log")}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestSpeedScalesTimeExactly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		speed    Speed
		recorded time.Duration
		want     time.Duration
	}{
		{RecordedSpeed, 90 * time.Second, 90 * time.Second},
		{60 * RecordedSpeed, time.Hour, time.Minute},
		{RecordedSpeed / 4, time.Minute, 4 * time.Minute},
		{3 * RecordedSpeed, time.Second, 333_333_333},
		{RecordedSpeed, 200 * 365 * 24 * time.Hour, 200 * 365 * 24 * time.Hour},
		{1, 200 * 365 * 24 * time.Hour, math.MaxInt64},
		{Max - 1, time.Hour, 0},
		{RecordedSpeed, -time.Second, 0},
	} {
		if got := c.speed.played(c.recorded); got != c.want {
			t.Errorf("%s at %d is played in %s, want %s", c.recorded, c.speed, got, c.want)
		}
	}
}

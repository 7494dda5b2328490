package replay

import (
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ticker/feed/internal/pace"
)

func TestOptionsSayWhatTheyMean(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]Config{
		"":                               {Speed: pace.Recorded},
		"venue=coinbase&speed=1":         {Venue: "coinbase", Speed: pace.Recorded},
		"speed=max&loop=true":            {Speed: pace.Max, Loop: true},
		"speed=0.25&loop=false":          {Speed: 250_000},
		"speed=60&clock=recorded":        {Speed: 60_000_000, Clock: pace.AsRecorded},
		"clock=now&venue=okx&speed=1.50": {Venue: "okx", Speed: 1_500_000, Clock: pace.Now},
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
		"venue=nyse":        `venue "nyse" is none of alpaca, binance, bitstamp, coinbase, kraken, okx`,
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

package replay

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ticker/feed"
	"ticker/feed/internal/pace"
	"ticker/market"
)

const (
	exchange = "testdata/coinbase.log"
	records  = "testdata/records.ndjson"
)

// brief tells of updates in short: symbol, last price or bid, receive time.
func brief(updates []market.Update) []string {
	var all []string
	for i := range updates {
		u := &updates[i]
		value := u.Values[market.Bid]
		if u.Set.Has(market.Last) {
			value = u.Values[market.Last]
		}
		all = append(all, fmt.Sprintf("%s %s %d", u.Symbol, value, u.Recv))
	}
	return all
}

func TestARecordingIsPlayedLineByLine(t *testing.T) {
	t.Parallel()
	m := newModel()
	log := play(t, Config{Paths: exchange, Venue: "coinbase", Clock: pace.AsRecorded}, m)
	want := []string{
		"ABC-USD 10.00 1700000000300000",
		"ABC-USD 10.00 1700000000300000",
		"ABC-USD 10.01 1700000001500000",
		"ABC-USD 10.01 1700000001500000",
		"ABC-USD 9.95 1700000004300000",
	}
	if diff := cmp.Diff(want, brief(m.updates)); diff != "" {
		t.Errorf("updates (-want +got):\n%s", diff)
	}
	if m.connected != 1 || m.alive != 3 || len(m.rejected) != 2 {
		t.Errorf("connected %d, skipped %d, refused %v", m.connected, m.alive, m.rejected)
	}
	if !errors.Is(m.rejected[0], feed.ErrValue) || !errors.Is(m.rejected[1], feed.ErrMalformed) {
		t.Errorf("refused %v", m.rejected)
	}
	if e := m.symbols["ABC-USD"].envelope; e.Trades != 2 || e.Volume.String() != "2.5" {
		t.Errorf("%d trades of %s", e.Trades, e.Volume.String())
	}
	if strings.Count(log, "\n") != 1 || !strings.Contains(log, "updates=5 skipped=3 refused=2 elapsed=4s") {
		t.Errorf("logged %s", log)
	}
}

func TestTheReceiveTimeIsLeftToTheSinkUnlessTheRecordedOneIsWanted(t *testing.T) {
	t.Parallel()
	for _, c := range []Config{{Paths: exchange, Venue: "coinbase"}, {Paths: records}} {
		m := newModel()
		play(t, c, m)
		for i := range m.updates {
			if recv := m.updates[i].Recv; recv != 0 {
				t.Errorf("%s: update %d has %d", c.Paths, i, recv)
			}
		}
	}
}

func TestRecordsOfThisServiceHaveTheirOwnTimes(t *testing.T) {
	t.Parallel()
	m := newModel()
	log := play(t, Config{Paths: records, Clock: pace.AsRecorded}, m)
	want := []string{"AAA 1.10 1700000000000100", "AAA 1.15 1700000002000100", "BBB 5 0", "CCC 8 0"}
	if diff := cmp.Diff(want, brief(m.updates)); diff != "" {
		t.Errorf("updates (-want +got):\n%s", diff)
	}
	if len(m.rejected) != 1 || !errors.Is(m.rejected[0], feed.ErrSymbol) {
		t.Errorf("refused %v", m.rejected)
	}
	if !strings.Contains(log, "elapsed=2.9999s") { // from recv to ts
		t.Errorf("logged %s", log)
	}
}

func TestSpeedSetsThePace(t *testing.T) {
	t.Parallel()
	for speed, want := range map[pace.Speed]string{
		0:                  "elapsed=4s",
		10 * pace.Recorded: "elapsed=400ms",
		pace.Recorded / 2:  "elapsed=8s",
		pace.Max:           "elapsed=0s",
	} {
		if log := play(t, Config{Paths: exchange, Venue: "coinbase", Speed: speed}, newModel()); !strings.Contains(log, want) {
			t.Errorf("at %d: %s", speed, log)
		}
	}
}

func TestARecordingWithoutTimesIsNotPaced(t *testing.T) {
	t.Parallel()
	path := write(t, "untimed.log", `{"u":1,"s":"ABCUSDT","b":"1","B":"1","a":"2","A":"1"}`+"\n"+`{"u":2,"s":"ABCUSDT","b":"1.5","B":"1","a":"2","A":"1"}`)
	m := newModel()
	log := play(t, Config{Paths: path, Venue: "binance", Clock: pace.AsRecorded}, m)
	if want := []string{"ABC-USDT 1 0", "ABC-USDT 1.5 0"}; cmp.Diff(want, brief(m.updates)) != "" || !strings.Contains(log, "elapsed=0s") {
		t.Errorf("got %v, logged %s", brief(m.updates), log)
	}
}

func TestFilesAreMergedByReceiveTimeAndThenAsListed(t *testing.T) {
	t.Parallel()
	lines := func(times ...string) string {
		var b strings.Builder
		for i, at := range times {
			fmt.Fprintf(&b, "%s{\"symbol\":\"S\",\"bid\":%d}\n", at, i)
		}
		return b.String()
	}
	first := write(t, "first.ndjson.gz", lines("7.0000001: ", "7.0000003: ", "", "9: "))
	second := write(t, "second.ndjson", lines("7.0000002: ", "7.0000003: ", "8: ", "8.5: "))
	m := newModel()
	play(t, Config{Paths: second + "," + first, Clock: pace.AsRecorded}, m)
	want := []string{
		"S 0 7000000", "S 0 7000000", // 7.0000001 of the first, 7.0000002 of the second
		"S 1 7000000", "S 1 7000000", "S 2 0", // 7.0000003: second, first, and what belongs to that moment
		"S 2 8000000", "S 3 8500000", "S 3 9000000",
	}
	if diff := cmp.Diff(want, brief(m.updates)); diff != "" {
		t.Errorf("updates (-want +got):\n%s", diff)
	}
}

// However a recording is dealt out to files, merging gives it back.
func TestMergingUndoesSplitting(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		const files = 3
		var texts [files]strings.Builder
		at := 0
		var want []string
		for i := range rapid.IntRange(0, 60).Draw(rt, "lines") {
			at += rapid.IntRange(1, 5).Draw(rt, "gap")
			file := rapid.IntRange(0, files-1).Draw(rt, "file")
			fmt.Fprintf(&texts[file], "1.%07d: {\"symbol\":\"S\",\"bid\":%d}\n", at, i)
			want = append(want, strconv.Itoa(i))
		}
		var paths []string
		for i := range texts {
			path := filepath.Join(dir, strconv.Itoa(i))
			if err := os.WriteFile(path, []byte(texts[i].String()), 0o600); err != nil {
				rt.Fatal(err)
			}
			paths = append(paths, path)
		}
		m := newModel()
		play(t, Config{Paths: strings.Join(paths, ","), Speed: pace.Max}, m)
		var got []string
		for i := range m.updates {
			got = append(got, m.updates[i].Values[market.Bid].String())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Errorf("order (-want +got):\n%s", diff)
		}
	})
}

func TestLateAndDuplicateMessagesAreToldFromNewOnes(t *testing.T) {
	t.Parallel()
	match := func(id, price string) string {
		return `{"type":"match","trade_id":` + id + `,"size":"1","price":"` + price + `","product_id":"ABC-USD","sequence":1}`
	}
	garbage := "\x00\xff{"
	path := write(t, "disorder.log", strings.Join([]string{match("5", "10"), match("7", "12"), garbage, match("6", "11"), match("7", "12"), match("8", "13")}, "\n"))
	m := newModel()
	play(t, Config{Paths: path, Venue: "coinbase"}, m)
	s := m.symbols["ABC-USD"]
	if last, _ := s.quote.Value(market.Last); last.String() != "13" || s.late != 1 || s.duplicates != 1 || len(s.accepted) != 3 || len(m.rejected) != 1 {
		t.Errorf("last %s, %d late, %d duplicates, %d accepted, %d refused", last, s.late, s.duplicates, len(s.accepted), len(m.rejected))
	}
}

func TestALongLineIsRefusedAndShownByItsBeginning(t *testing.T) {
	t.Parallel()
	path := write(t, "long.ndjson.gz", `{"symbol":"A","bid":1}`+"\n"+`{"long":"`+strings.Repeat("x", maxLineBytes)+`"}`+"\n"+`{"symbol":"A","bid":2}`)
	m := newModel()
	play(t, Config{Paths: path}, m)
	if want := []string{"A 1 0", "A 2 0"}; cmp.Diff(want, brief(m.updates)) != "" || len(m.rejected) != 1 || !errors.Is(m.rejected[0], feed.ErrMalformed) {
		t.Errorf("got %v, refused %v", brief(m.updates), m.rejected)
	}
}

func TestACompressedFileThatBreaksOffIsPlayedAsFarAsItGoes(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&text, "{\"symbol\":\"S%d\",\"bid\":%d}\n", i, i*i)
	}
	whole := compress(t, []byte(text.String()))
	path := filepath.Join(t.TempDir(), "torn.ndjson.gz")
	if err := os.WriteFile(path, whole[:len(whole)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	other := write(t, "other.ndjson", `{"symbol":"OTHER","bid":1}`)
	m := newModel()
	log := play(t, Config{Paths: path + "," + other}, m)
	if n := len(m.updates); n < 5_000 || n > 15_000 || m.symbols["OTHER"] == nil || len(m.rejected) != 0 {
		t.Errorf("played %d updates, refused %v", n, m.rejected)
	}
	if !strings.Contains(log, `msg="recording ends early" path=`+path) || !strings.Contains(log, "unexpected EOF") {
		t.Errorf("logged %s", log)
	}
}

func TestRunEndsAtOnceWhenItIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, err := New(Config{Paths: exchange, Venue: "coinbase", Logger: newJournal().logger()})
		if err != nil {
			t.Fatal(err)
		}
		m := newModel()
		start := time.Now()
		run(t, s, m, func() { time.Sleep(time.Second) }) // between two records
		if len(m.updates) != 2 || time.Since(start) != time.Second {
			t.Errorf("played %d updates in %s", len(m.updates), time.Since(start))
		}
	})
}

func TestAFileThatHasGoneFailsTheRun(t *testing.T) {
	t.Parallel()
	path := write(t, "going.ndjson", `{"symbol":"A","bid":1}`)
	s, err := New(Config{Paths: exchange + "," + path})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(context.Background(), newModel()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Run returned %v", err)
	}
}

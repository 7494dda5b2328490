package server_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/market"
	"ticker/wire"
)

func TestAPollWithoutACursorIsAnsweredAtOnceWithEverything(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		for _, symbol := range []market.Symbol{"AAPL", "BTC-EUR", "BTC-USD", "OTHER"} {
			r.quote(symbol, 1)
			r.apply(symbol, map[market.Field]int64{market.Bid: 101, market.Ask: 102})
		}
		p := r.poll("symbols=BTC-*,AAPL,NONE,AAPL&interval=1m&wait=1m")
		if diff := cmp.Diff([]string{"AAPL=1.01", "BTC-EUR=1.01", "BTC-USD=1.01"}, p.found(), sorted); diff != "" || p.took != 0 {
			t.Errorf("after %v (-want +got):\n%s", p.took, diff)
		}
		for i := range p.Records {
			if rec := &p.Records[i]; rec.Seq != 2 || rec.Values[market.Ask].String() != "1.02" || rec.Source != "test" || rec.Recv == 0 {
				t.Errorf("record %+v", rec)
			}
		}
	})
}

func TestAPollOfManySymbolsIsWhole(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		const symbols = 5000 // several frames of a snapshot
		for i := range symbols {
			r.quote(symbolOf(i), int64(i))
		}
		p := r.poll("symbols=*")
		seen := make(map[market.Symbol]bool)
		for i := range p.Records {
			seen[p.Records[i].Symbol] = true
		}
		if len(seen) != symbols || len(p.Records) != symbols {
			t.Errorf("%d records of %d symbols", len(p.Records), len(seen))
		}
		if next := r.poll("symbols=*&wait=1s&cursor=" + p.Cursor); len(next.Records) != 0 {
			t.Errorf("%d records once more", len(next.Records))
		}
	})
}

func TestPollsAreAnsweredWhenThereIsSomethingToTell(t *testing.T) {
	t.Parallel()
	quote := func(symbol market.Symbol) func(*rig) { return func(r *rig) { r.quote(symbol, 5) } }
	ask := func(r *rig) { r.apply("A", map[market.Field]int64{market.Ask: 7}) }
	halt := func(r *rig) { r.book.MarkStale(r.source, market.Silent) }
	nothing := func(*rig) {}
	const all = 3 // records there are before
	for name, c := range map[string]struct {
		query   string
		before  func(*rig)
		during  func(*rig)
		after   time.Duration // of during, from the beginning of the poll
		records int
		took    time.Duration
	}{
		"nothing changed":                       {"symbols=*&wait=10s", nothing, nothing, 0, 0, 10 * time.Second},
		"nothing changed, wait left open":       {"symbols=*", nothing, nothing, 0, 0, 25 * time.Second},
		"nothing changed, longest wait":         {"symbols=*&wait=1m", nothing, nothing, 0, 0, time.Minute},
		"nothing changed, no wait":              {"symbols=*&wait=0s", nothing, nothing, 0, 0, 0},
		"something else changed":                {"symbols=A,B&wait=10s", quote("C"), quote("C"), time.Second, 0, 10 * time.Second},
		"changed before":                        {"symbols=A", quote("A"), nothing, 0, 1, 100 * ms},
		"changed before, longer interval":       {"symbols=A&interval=2s", quote("A"), nothing, 0, 1, 2 * time.Second},
		"changed before, below the least":       {"symbols=A&interval=1ms", quote("A"), nothing, 0, 1, 20 * ms},
		"changed before, no wait":               {"symbols=A&wait=0s", quote("A"), nothing, 0, 1, 0},
		"changed before, wait of less":          {"symbols=A&wait=50ms", quote("A"), nothing, 0, 1, 50 * ms},
		"changed within the interval":           {"symbols=A&interval=2s", nothing, quote("A"), time.Second, 1, 2 * time.Second},
		"changed after the interval":            {"symbols=A&interval=2s", nothing, quote("A"), 3 * time.Second, 1, 3 * time.Second},
		"changed late":                          {"symbols=A&wait=25s", nothing, quote("A"), 24 * time.Second, 1, 24 * time.Second},
		"changed too late":                      {"symbols=A&wait=5s", nothing, quote("A"), 6 * time.Second, 0, 5 * time.Second},
		"changed before and after the interval": {"symbols=*&interval=1s", quote("A"), quote("B"), 500 * ms, 2, time.Second},
		"appeared under a pattern":              {"symbols=*&interval=1s", nothing, quote("NEW"), 2 * time.Second, 1, 2 * time.Second},
		"appeared under its name":               {"symbols=NEW&interval=1s", nothing, quote("NEW"), 2 * time.Second, 1, 2 * time.Second},
		"appeared before":                       {"symbols=NEW,A&interval=1s", quote("NEW"), nothing, 0, 1, time.Second},
		"a field that is asked for":             {"symbols=A&fields=ask", nothing, ask, time.Second, 1, time.Second},
		"a field that is not, before":           {"symbols=A&fields=bid,last&wait=9s", ask, nothing, 0, 0, 9 * time.Second},
		"a field that is not, during":           {"symbols=A&fields=bid,last&wait=9s", nothing, ask, time.Second, 0, 9 * time.Second},
		"status, whatever the fields":           {"symbols=A,B&fields=last", nothing, halt, time.Second, 2, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(r *rig) {
				for _, symbol := range []market.Symbol{"A", "B", "C"} {
					r.quote(symbol, 1)
				}
				// 7 ms after the hub last looked where cursors may stand.
				sleep(time.Second + 7*ms)
				first := r.poll("symbols=*")
				if len(first.Records) != all {
					t.Fatalf("%d records at first", len(first.Records))
				}
				c.before(r)
				timer := time.AfterFunc(c.after, func() { c.during(r) })
				p := r.poll(c.query + "&cursor=" + first.Cursor)
				timer.Stop()
				if len(p.Records) != c.records || p.took != c.took {
					t.Errorf("%d records after %v, want %d after %v", len(p.Records), p.took, c.records, c.took)
				}
				// Each is told once, and nothing that came since is passed over.
				r.quote("C", 9)
				r.quote("A", 9)
				again := r.poll("symbols=A,B,C&cursor=" + p.Cursor)
				if diff := cmp.Diff([]string{"A=0.09", "C=0.09"}, again.found(), sorted); diff != "" {
					t.Errorf("behind its cursor (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestAPollWithACursorThatSaysNothingIsAnsweredAtOnceWithEverything(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.quote("A", 1)
		r.quote("B", 1)
		sleep(time.Second)
		cursor := r.poll("symbols=*").Cursor
		for _, since := range []string{
			"", "ANOTHER." + cursor, cursor + "zzzz", r.book.Epoch() + ".0", r.book.Epoch() + ".-1", r.book.Epoch(), "%00%0a%22",
			strings.Repeat("x", wire.MaxCursorBytes),
		} {
			if p := r.poll("symbols=*&interval=1m&wait=1m&cursor=" + since); len(p.Records) != 2 || p.took != 0 {
				t.Errorf("%q: %d records after %v", since, len(p.Records), p.took)
			}
		}
	})
}

func TestAPollOfNothingWaitsForItsFirstRecord(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		p := r.poll("symbols=LATER,BTC-*&wait=3s")
		if len(p.Records) != 0 || p.took != 3*time.Second {
			t.Errorf("%d records after %v", len(p.Records), p.took)
		}
		time.AfterFunc(time.Second, func() { r.quote("BTC-USD", 1) })
		p = r.poll("symbols=LATER,BTC-*&cursor=" + p.Cursor)
		if diff := cmp.Diff([]string{"BTC-USD=0.01"}, p.found()); diff != "" || p.took != time.Second {
			t.Errorf("after %v (-want +got):\n%s", p.took, diff)
		}
	})
}

func TestRecordsOfPollsAreWholeWhateverTheMode(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.apply("A", map[market.Field]int64{market.Bid: 1, market.Ask: 2, market.Last: 3})
		sleep(time.Second)
		cursor := r.poll("symbols=A").Cursor
		bidAndAsk := market.Fields(0).With(market.Bid).With(market.Ask)
		for i := range int64(4) {
			change := func() { r.apply("A", map[market.Field]int64{market.Ask: 10 + i}) }
			if i%2 == 0 { // before the poll, and else while it waits
				change()
			} else {
				time.AfterFunc(time.Second, change)
			}
			p := r.poll("symbols=A&mode=delta&fields=bid,ask&cursor=" + cursor)
			if got := p.Records[0].Set & market.AllValues; got != bidAndAsk {
				t.Errorf("poll %d: fields %b, want %b", i, got, bidAndAsk)
			}
			cursor = p.Cursor
		}
	})
}

func TestNoTwoPollsBringARecordTwice(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		seqs, cursor := make(map[market.Symbol]uint64), ""
		for i := range int64(200) {
			// At every phase of the hub's clock of cursors, before and during polls.
			sleep(time.Duration(i*i%97) * ms)
			r.quote(symbolOf(int(i%7)), i)
			time.AfterFunc(time.Duration(100+i*31%60)*ms, func() { r.quote(symbolOf(int(i%5)), i) })
			p := r.poll("symbols=SYM*&wait=300ms&cursor=" + cursor)
			for j := range p.Records {
				rec := &p.Records[j]
				if rec.Seq <= seqs[rec.Symbol] {
					t.Fatalf("poll %d: %s of seq %d after %d", i, rec.Symbol, rec.Seq, seqs[rec.Symbol])
				}
				seqs[rec.Symbol] = rec.Seq
			}
			cursor = p.Cursor
		}
		sleep(time.Second) // what is still to be quoted finds a book
	})
}

func TestAPageOfAnAllowedOriginMayReadTheCursorOfAnEmptyAnswer(t *testing.T) {
	t.Parallel()
	r := overTCP(t, withOrigins("https://app.example.com"))
	h := r.get("/v1/poll?symbols=A&wait=0s", "Origin", "https://app.example.com").header
	if h.Get("Access-Control-Allow-Origin") != "https://app.example.com" || h.Get("Ticker-Cursor") == "" ||
		!strings.Contains(h.Get("Access-Control-Expose-Headers"), "Ticker-Cursor") {
		t.Errorf("%+v", h)
	}
}

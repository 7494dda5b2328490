package publish

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"ticker/market"
)

var errAway = errors.New("the sink is away")

// ledger is the slow, obvious model: how many updates each symbol has had.
type ledger map[market.Symbol]uint64

// TestTheSinkEndsWithTheNewestAndNeverGoesBack holds whatever the interleaving of
// updates, rounds, and Sends that fail after any number of records.
func TestTheSinkEndsWithTheNewestAndNeverGoesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		r := newRig(t, nil)
		r.most = rapid.IntRange(1, 4).Draw(rt, "records in a Send")
		updates := make(ledger)
		for range rapid.IntRange(0, 40).Draw(rt, "steps") {
			for range rapid.IntRange(0, 5).Draw(rt, "updates") {
				symbol := market.Symbol(rapid.StringMatching("[A-F]").Draw(rt, "symbol"))
				r.quote(symbol, int64(updates[symbol]))
				updates[symbol]++
			}
			good := rapid.IntRange(0, 3).Draw(rt, "Sends before one fails")
			taken := rapid.IntRange(0, 4).Draw(rt, "records that it takes")
			r.sink.fail = func(records int) (int, error) {
				if good--; good >= 0 {
					return records, nil
				}
				return min(taken, records), errAway
			}
			if err := r.send(t.Context()); err != nil && !errors.Is(err, errAway) {
				rt.Fatal(err)
			}
			r.sink.check(rt, updates)
		}
		r.sink.fail = nil
		if err := r.send(t.Context()); err != nil {
			rt.Fatal(err)
		}
		for symbol, seq := range updates {
			if got := r.sink.last(symbol); got != seq {
				rt.Errorf("the sink ends with %s %d, the book with %d", symbol, got, seq)
			}
		}
		sends := r.sink.sends
		if err := r.send(t.Context()); err != nil || r.sink.sends != sends {
			rt.Errorf("a quiet round sends again: %v", err)
		}
	})
}

// check fails the test when a record is older than one before it, or is of an
// update that never was.
func (s *fakeSink) check(rt *rapid.T, updates ledger) {
	for symbol, seqs := range s.seqs {
		if !slices.IsSorted(seqs) || seqs[0] == 0 || seqs[len(seqs)-1] > updates[symbol] {
			rt.Fatalf("records of %s: %d, of %d updates", symbol, seqs, updates[symbol])
		}
	}
}

// TestNothingIsSentTwiceThatWasAcknowledged holds when every Send either takes all
// or nothing.
func TestNothingIsSentTwiceThatWasAcknowledged(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		r := newRig(t, nil)
		r.most = rapid.IntRange(1, 4).Draw(rt, "records in a Send")
		updates := make(ledger)
		for range rapid.IntRange(0, 40).Draw(rt, "steps") {
			symbol := market.Symbol(rapid.StringMatching("[A-F]").Draw(rt, "symbol"))
			r.quote(symbol, int64(updates[symbol]))
			updates[symbol]++
			good := rapid.IntRange(0, 4).Draw(rt, "Sends before one fails")
			r.sink.fail = func(records int) (int, error) {
				if good--; good >= 0 {
					return records, nil
				}
				return 0, errAway
			}
			_ = r.send(t.Context()) // fails or not
		}
		for symbol, seqs := range r.sink.seqs {
			if len(slices.Compact(slices.Clone(seqs))) != len(seqs) {
				rt.Fatalf("records of %s: %d", symbol, seqs)
			}
		}
		var sent, total uint64
		for symbol := range updates {
			total += r.sink.last(symbol)
			sent += uint64(len(r.sink.seqs[symbol]))
		}
		if got := r.metric(t, "ticker_publish_conflated_updates_total", ""); uint64(got) != total-sent {
			rt.Fatalf("%v updates are counted as conflated, %d records stand for %d", got, sent, total)
		}
	})
}

func TestNothingIsMissedThatChangesDuringARound(t *testing.T) {
	t.Parallel()
	const updates = 20_000
	r := newRig(t, nil)
	symbols := []market.Symbol{"A", "B", "C", "D", "E"}
	var feeding sync.WaitGroup
	var ended atomic.Bool
	feeding.Go(func() {
		for i := range int64(updates) {
			r.quote(symbols[i%int64(len(symbols))], i)
		}
		ended.Store(true)
	})
	defer feeding.Wait()
	for last := false; !last; {
		last = ended.Load() // this round is a quiet one
		if err := r.send(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, symbol := range symbols {
		if got, want := r.sink.last(symbol), uint64(updates/len(symbols)); got != want {
			t.Errorf("the sink ends with %s %d, want %d", symbol, got, want)
		}
	}
}

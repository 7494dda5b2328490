package client_test

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ticker/client"
	"ticker/market"
	"ticker/wire"
)

// batch returns a batch of the first epoch.
func batch(grants uint64, records ...wire.Record) client.Batch {
	return client.Batch{Epoch: "epoch-1", Grants: grants, Records: records}
}

func TestMergedDifferencesAreTheFullRecord(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		view := client.NewView()
		book := make(map[market.Symbol]*market.Quote)
		sent := make(map[market.Symbol]*market.Quote)
		updates, records := uint64(0), uint64(0)
		for range rapid.IntRange(1, 40).Draw(t, "updates") {
			symbol := market.Symbol("S" + strconv.Itoa(rapid.IntRange(0, 2).Draw(t, "symbol")))
			q := book[symbol]
			if q == nil {
				q = &market.Quote{Symbol: symbol}
				book[symbol] = q
			}
			mutate(t, q)
			if was := sent[symbol]; was != nil {
				updates++
			}
			if rapid.Bool().Draw(t, "conflated") {
				continue
			}
			view.Apply(batch(1, difference(sent[symbol], q)))
			if sent[symbol] != nil {
				records++
			}
			now := *q
			sent[symbol] = &now
		}
		for symbol, want := range sent {
			got, _ := view.Quote(symbol)
			if diff := cmp.Diff(*want, got, cmp.AllowUnexported(market.Decimal{})); diff != "" {
				t.Fatalf("%s (-sent +merged):\n%s", symbol, diff)
			}
		}
		stats := view.Stats()
		if stats.OutOfOrder != 0 || stats.Conflated > updates-records || stats.Symbols != len(sent) {
			t.Fatalf("stats are %+v; %d updates of %d symbols were sent in %d records", stats, updates, len(sent), records)
		}
	})
}

// mutate makes a random update of a quote.
func mutate(t *rapid.T, q *market.Quote) {
	q.Seq++
	q.Recv += rapid.Int64Range(0, 10).Draw(t, "recv")
	for range rapid.IntRange(1, 3).Draw(t, "fields") {
		f := market.Field(rapid.IntRange(0, int(market.NumValues)-1).Draw(t, "field"))
		q.Values[f] = market.NewDecimal(rapid.Int64Range(-5, 5).Draw(t, "value"), 2)
		q.Known = q.Known.With(f)
	}
	q.Status = market.Status(rapid.IntRange(0, int(market.Halted)).Draw(t, "status"))
	q.Reason = market.NoReason
	if q.Status == market.Stale {
		q.Reason = market.Silent
	}
}

// difference returns what a delta carries: all at first, then what changed.
func difference(was, now *market.Quote) wire.Record {
	r := wire.Record{Quote: market.Quote{Symbol: now.Symbol, Seq: now.Seq, TS: now.TS, Recv: now.Recv}}
	for f := range market.NumValues {
		if now.Known.Has(f) && (was == nil || !was.Known.Has(f) || was.Values[f] != now.Values[f]) {
			r.Values[f], r.Set = now.Values[f], r.Set.With(f)
		}
	}
	if was == nil || was.Status != now.Status || was.Reason != now.Reason {
		r.Status, r.Reason, r.Set = now.Status, now.Reason, r.Set.With(market.StatusField)
	}
	return r
}

func TestRecordNeverGoesBackInSeq(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		view := client.NewView()
		newest, outOfOrder := uint64(0), uint64(0)
		for range rapid.IntRange(1, 30).Draw(t, "records") {
			seq := rapid.Uint64Range(1, 20).Draw(t, "seq")
			view.Apply(batch(1, quote("A", seq, int64(seq))))
			if seq > newest {
				newest = seq
			} else {
				outOfOrder++
			}
			q, _ := view.Quote("A")
			if q.Seq != newest || !q.Values[market.Bid].Equal(market.NewDecimal(int64(newest), 2)) {
				t.Fatalf("holds seq %d with bid %v, want %d", q.Seq, q.Values[market.Bid], newest)
			}
		}
		if got := view.Stats().OutOfOrder; got != outOfOrder {
			t.Fatalf("%d out of order, want %d", got, outOfOrder)
		}
	})
}

func TestSeqMayRepeatOnceAfterASubscribe(t *testing.T) {
	t.Parallel()
	view := client.NewView()
	view.Apply(batch(1, quote("A", 5, 100)))
	view.Apply(batch(2, quote("A", 5, 100)))
	expect(t, "out of order after a subscribe", view.Stats().OutOfOrder, uint64(0))
	view.Apply(batch(2, quote("A", 5, 100)))
	expect(t, "out of order without one", view.Stats().OutOfOrder, uint64(1))
	view.Apply(batch(3, quote("A", 4, 100)))
	expect(t, "out of order when going back", view.Stats().OutOfOrder, uint64(2))
}

func TestConflatedCountsTheUpdatesBetweenRecords(t *testing.T) {
	t.Parallel()
	view := client.NewView()
	for _, seq := range []uint64{7, 8, 12} {
		view.Apply(batch(1, quote("A", seq, 100)))
	}
	expect(t, "stats", view.Stats(), client.ViewStats{Symbols: 1, Records: 3, Conflated: 3})
}

func TestNewEpochBeginsWithAnEmptyView(t *testing.T) {
	t.Parallel()
	view := client.NewView()
	view.Apply(batch(1, quote("A", 50, 100), quote("B", 50, 100)))
	next := batch(2, quote("A", 1, 200))
	next.Epoch = "epoch-2"
	view.Apply(next)
	quotes := view.Quotes(nil)
	if len(quotes) != 1 || quotes[0].Seq != 1 {
		t.Errorf("holds %v, want what came in the new epoch", quotes)
	}
	expect(t, "out of order", view.Stats().OutOfOrder, uint64(0))
}

func TestQuotesAreSortedAndAppended(t *testing.T) {
	t.Parallel()
	view := client.NewView()
	view.Apply(batch(1, quote("C", 1, 1), quote("A", 1, 1), quote("B", 1, 1)))
	var got []market.Symbol
	for _, q := range view.Quotes([]market.Quote{{Symbol: "Z"}}) {
		got = append(got, q.Symbol)
	}
	expect(t, "symbols", got, []market.Symbol{"Z", "A", "B", "C"})
}

func TestForgottenSymbolBeginsAnew(t *testing.T) {
	t.Parallel()
	view := client.NewView()
	view.Apply(batch(1, quote("A", 5, 100)))
	view.Forget("A", "B")
	if _, ok := view.Quote("A"); ok {
		t.Error("a forgotten symbol is still there")
	}
	view.Apply(batch(1, quote("A", 5, 100)))
	expect(t, "stats", view.Stats(), client.ViewStats{Symbols: 1, Records: 2})
}

func TestChangedTellsEverybodyOfTheNextBatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		view := client.NewView()
		view.Apply(batch(1, quote("A", 1, 100)))
		first, second := view.Changed(), view.Changed()
		go func() {
			time.Sleep(time.Second)
			view.Apply(batch(1, quote("A", 2, 100)))
		}()
		start := time.Now()
		<-first
		<-second
		expect(t, "time", time.Since(start), time.Second)
		select {
		case <-view.Changed():
			t.Error("the next change has come before its batch")
		default:
		}
	})
}

func TestViewHasABound(t *testing.T) {
	t.Parallel()
	view := client.NewView()
	for i := range 100_001 {
		view.Apply(batch(1, quote(market.Symbol("S"+strconv.Itoa(i)), 1, 100)))
	}
	view.Apply(batch(1, quote("S0", 2, 100)))
	expect(t, "stats", view.Stats(), client.ViewStats{Symbols: 100_000, Records: 100_001, Dropped: 1})
}

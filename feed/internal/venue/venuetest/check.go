package venuetest

import (
	"errors"
	"slices"
	"testing"

	"ticker/feed"
	"ticker/market"
)

// Check parses a message, which may be anything, and checks what must hold of
// every update: a canonical symbol, a value or a status, no size below zero, a
// price and a size if it is a trade. A refusal must have a known reason, and
// what comes of a message must not depend on what came before it.
func Check(t *testing.T, p feed.Parser, message []byte) {
	t.Helper()
	updates, err := Parse(p, message)
	again, err2 := Parse(p, message)
	if !slices.Equal(updates, again) || (err == nil) != (err2 == nil) {
		t.Errorf("%v, %v came of the same message as %v, %v", again, err2, updates, err)
	}
	for i := range updates {
		checkUpdate(t, &updates[i])
	}
	switch {
	case errors.Is(err, feed.ErrSkipped) && len(updates) > 0:
		t.Errorf("skipped a message with %d updates", len(updates))
	case err == nil, errors.Is(err, feed.ErrSkipped), errors.Is(err, feed.ErrMalformed),
		errors.Is(err, feed.ErrSymbol), errors.Is(err, feed.ErrValue), errors.Is(err, feed.ErrEmpty):
	default:
		t.Errorf("refused for no known reason: %v", err)
	}
}

func checkUpdate(t *testing.T, u *market.Update) {
	t.Helper()
	if _, err := market.ParseSymbol(string(u.Symbol)); err != nil {
		t.Errorf("symbol %q: %v", u.Symbol, err)
	}
	if u.Set&market.AllValues == 0 && !u.Set.Has(market.StatusField) {
		t.Error("update without a value or a status")
	}
	for _, f := range []market.Field{market.BidSize, market.AskSize, market.LastSize, market.Volume} {
		if u.Set.Has(f) && u.Values[f].Sign() < 0 {
			t.Errorf("%s is %s", f, u.Values[f])
		}
	}
	if u.Trade && (!u.Set.Has(market.Last) || !u.Set.Has(market.LastSize)) {
		t.Error("trade without a price or a size")
	}
	if u.TS < 0 {
		t.Errorf("time %d is before the epoch", u.TS)
	}
	if u.Source != 0 || u.Link != 0 || u.Recv != 0 {
		t.Error("parser filled in what its caller knows")
	}
}

// NoAllocs checks that parsing a message costs no allocation once its symbol
// is known. The test that calls it cannot be parallel.
func NoAllocs(t *testing.T, p feed.Parser, message []byte) {
	t.Helper()
	emitted := 0
	emit := func(*market.Update) { emitted++ }
	allocs := testing.AllocsPerRun(100, func() {
		if err := p.Parse(message, emit); err != nil {
			t.Fatal(err)
		}
	})
	if emitted == 0 {
		t.Error("no update in the message")
	}
	if allocs != 0 && !race {
		t.Errorf("%v allocations a message", allocs)
	}
}

// Bench parses a message over and over and reports messages per second. A
// message that is skipped will do.
func Bench(b *testing.B, p feed.Parser, message []byte) {
	b.Helper()
	b.ReportAllocs()
	b.SetBytes(int64(len(message)))
	emit := func(*market.Update) {}
	for b.Loop() {
		if err := p.Parse(message, emit); err != nil && !errors.Is(err, feed.ErrSkipped) {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
}

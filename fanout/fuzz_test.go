package fanout

import (
	"log/slog"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ticker/book"
	"ticker/market"
	"ticker/throttle"
)

// FuzzCursor reads anything as the cursor of a client that comes back: it is known only
// if it names this stream and a place that was reached, and else stands before
// everything, which brings full records.
func FuzzCursor(f *testing.F) {
	b := book.New(book.Config{Encode: Encode})
	h, err := New(Config{
		Book: b, Intervals: throttle.Intervals{Default: time.Second, Min: time.Second, Max: time.Second},
		Heartbeat: time.Second, MaxSymbols: 1, Logger: slog.New(slog.DiscardHandler), Registerer: prometheus.NewRegistry(),
	})
	if err != nil {
		f.Fatal(err)
	}
	u := market.Update{Symbol: "A", Source: b.Source("test")}
	for i := range int64(100) {
		u.Put(market.Bid, market.NewDecimal(i, 0))
		b.Apply(&u)
	}
	// The epoch is another in each run: a corpus writes E for it.
	const epoch = "E"
	for _, text := range []string{
		"E.1", "E.2s", "E.2t", "E.0", "E.00001", "E.-1", "E.+1", "E.1.1", "E.", "E", ".1", "", "e.1", "E.3w5e11264sgsf", "E.zzzzzzzzzzzzzzzz", "E.1 ", "E.1\x00",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		cursor := strings.ReplaceAll(text, epoch, b.Epoch())
		place, ours := strings.CutPrefix(cursor, b.Epoch()+".")
		n, number := new(big.Int).SetString(place, 36)
		reached := ours && number && n.Sign() > 0 && n.Cmp(new(big.Int).SetUint64(b.Stamp())) <= 0
		if strings.ContainsAny(place, "+-") {
			reached = false
		}
		if h.Knows(cursor) != reached {
			t.Errorf("a cursor of %q is known: %v, want %v", text, !reached, reached)
		}
		if stamp := h.since(cursor); stamp > b.Stamp() {
			t.Errorf("a cursor of %q stands at %d of %d", text, stamp, b.Stamp())
		}
	})
}

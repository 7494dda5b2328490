package crowd

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"ticker/bench"
	"ticker/market"
	"ticker/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const ms = time.Millisecond

func expect[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// quote returns a record of a symbol with a ts in microseconds.
func quote(symbol market.Symbol, seq uint64, ts int64) wire.Record {
	q := market.Quote{Symbol: symbol, Seq: seq, TS: ts, Recv: ts + 400, Source: "sim"}
	for f := market.Bid; f <= market.AskSize; f++ {
		q.Values[f] = market.NewDecimal(18998+int64(f), 2)
		q.Known = q.Known.With(f)
	}
	return wire.Record{Quote: q, Set: q.Known.With(market.SourceField)}
}

// recordOf returns the JSON text of such a record.
func recordOf(symbol market.Symbol, seq uint64, ts int64) string {
	r := quote(symbol, seq, ts)
	return string(wire.JSON.AppendQuote(nil, &r.Quote, r.Set, nil))
}

// job returns a job that makes sense, with few clients.
func job(dialect bench.Dialect, url string, clients int) *bench.Job {
	load := bench.Standard()
	load.Clients, load.Symbols, load.Subscriptions = clients, 10, 2
	return &bench.Job{Dialect: dialect, URL: url, Clients: clients, ConnectRate: 10_000, Load: load}
}

package fanout

import (
	"time"

	"pgregory.net/rapid"

	"ticker/market"
)

// act is one step of a script.
type act struct {
	Kind     string
	Client   int
	Symbol   int
	Names    []string
	Values   []int64 // by field, absent if negative
	Interval time.Duration
	Fields   market.Fields
	Delta    bool
	Envelope bool
	Trade    bool
	Room     int
	Cap      int64
}

const lawClients = 3

func lawSymbols() []market.Symbol {
	return []market.Symbol{"A", "AB", "ABC", "B", "BA", "C"}
}

func drawAct() *rapid.Generator[act] {
	names := []string{"A", "AB", "ABC", "B", "BA", "C", "D", "A*", "AB*", "B*", "*"}
	intervals := []time.Duration{20 * time.Millisecond, 100 * time.Millisecond, 700 * time.Millisecond}
	return rapid.Custom(func(rt *rapid.T) act {
		a := act{Client: rapid.IntRange(0, lawClients-1).Draw(rt, "client")}
		switch n := rapid.IntRange(0, 23).Draw(rt, "kind"); {
		case n < 8:
			a.Kind = "quote"
			a.Trade = rapid.Bool().Draw(rt, "trade")
			a.Symbol = rapid.IntRange(0, 5).Draw(rt, "symbol")
			a.Values = rapid.SliceOfN(rapid.Int64Range(-3, 2), int(market.NumValues), int(market.NumValues)).Draw(rt, "values")
		case n < 9:
			a.Kind = "stale"
		case n < 12:
			a.Kind = "subscribe"
			a.Names = rapid.SliceOfN(rapid.SampledFrom(names), 1, 4).Draw(rt, "names")
			a.Interval = rapid.SampledFrom(intervals).Draw(rt, "interval")
			a.Fields = rapid.SampledFrom([]market.Fields{market.AllValues, market.AllValues, 1, 6}).Draw(rt, "fields")
			a.Delta = rapid.Bool().Draw(rt, "delta")
			a.Envelope = rapid.Bool().Draw(rt, "envelope")
		case n < 13:
			a.Kind = "unsubscribe"
			a.Names = rapid.SliceOfN(rapid.SampledFrom(names), 1, 3).Draw(rt, "names")
		case n < 15:
			a.Kind = "room"
			a.Room = rapid.SampledFrom([]int{0, 0, 5, 300, -1, -1}).Draw(rt, "room")
		case n < 16:
			a.Kind = "cap"
			a.Cap = rapid.SampledFrom([]int64{0, 1000, 20_000}).Draw(rt, "cap")
		case n < 18:
			a.Kind = "leave"
		case n < 19:
			a.Kind = "entitle"
			a.Names = rapid.SliceOfN(rapid.SampledFrom(append(names, "*", "*")), 0, 3).Draw(rt, "rights")
		default:
			a.Kind = "pass"
			a.Interval = rapid.SampledFrom([]time.Duration{0, time.Millisecond, 19 * time.Millisecond, 100 * time.Millisecond, time.Second}).Draw(rt, "time")
		}
		return a
	})
}

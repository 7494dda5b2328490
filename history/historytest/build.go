package historytest

import (
	"fmt"
	"time"

	"ticker/market"
)

// Widths of time, in microseconds.
const (
	second = int64(time.Second / time.Microsecond)
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour

	// midnight begins a day, some fifty years after the Unix epoch.
	midnight = 20_000 * day
	noon     = midnight + day/2
)

// quote makes a sample without a trade, with values that tell it from others.
func quote(symbol market.Symbol, recv int64, seq uint64) market.Sample {
	s := market.Sample{Quote: market.Quote{Symbol: symbol, Seq: seq, TS: recv - 1500, Recv: recv, Source: "sim"}}
	put(&s, market.Bid, market.NewDecimal(recv%1000+int64(seq)*1000, 2))
	put(&s, market.Ask, market.NewDecimal(recv%1000+int64(seq)*1000+1, 2))
	return s
}

func put(s *market.Sample, f market.Field, d market.Decimal) {
	s.Values[f] = d
	s.Known = s.Known.With(f)
}

// trade makes a sample with trades, each of the size 0.5.
func trade(symbol market.Symbol, recv int64, seq uint64, prices ...int64) market.Sample {
	s := quote(symbol, recv, seq)
	for _, price := range prices {
		d, size := market.NewDecimal(price, 1), market.NewDecimal(5, 1)
		s.Bar.Trade(d, size)
		put(&s, market.Last, d)
		put(&s, market.LastSize, size)
	}
	return s
}

// number reads digits that the rules wrote themselves.
func number(text string) market.Decimal {
	d, err := market.ParseDecimal(text)
	if err != nil {
		panic(fmt.Sprintf("historytest: %q: %v", text, err))
	}
	return d
}

// seqs are the sequences of records, in their order.
func seqs(quotes []market.Quote) []uint64 {
	var list []uint64
	for i := range quotes {
		list = append(list, quotes[i].Seq)
	}
	return list
}

func symbols(quotes []market.Quote) []market.Symbol {
	var list []market.Symbol
	for i := range quotes {
		list = append(list, quotes[i].Symbol)
	}
	return list
}

package historytest

import (
	"strings"

	"ticker/market"
)

// record, bar and the like are the nouns of market as tests compare and print
// them: numbers as digits, without the zeros at the end that stores may drop,
// and without what has no meaning.
type record struct {
	Symbol   market.Symbol
	Seq      uint64
	TS, Recv int64
	Status   string
	Reason   string
	Source   string
	Values   map[string]string
}

type bar struct {
	Open, High, Low, Close, Volume string
	Trades                         uint64
}

type sample struct {
	Quote record
	Bar   bar
}

type candle struct {
	TS  int64
	Bar bar
}

func plainQuote(q *market.Quote) record {
	r := record{
		Symbol: q.Symbol, Seq: q.Seq, TS: q.TS, Recv: q.Recv,
		Status: q.Status.String(), Reason: q.Reason.String(), Source: q.Source,
		Values: make(map[string]string),
	}
	for f := range market.NumValues {
		if v, ok := q.Value(f); ok {
			r.Values[f.String()] = digits(v.String())
		}
	}
	return r
}

func plainQuotes(quotes []market.Quote) []record {
	records := make([]record, 0, len(quotes))
	for i := range quotes {
		records = append(records, plainQuote(&quotes[i]))
	}
	return records
}

func plainBar(b *market.Bar) bar {
	if b.Trades == 0 {
		return bar{}
	}
	return bar{
		Open: digits(b.Open.String()), High: digits(b.High.String()), Low: digits(b.Low.String()),
		Close: digits(b.Close.String()), Volume: digits(b.Volume.String()), Trades: b.Trades,
	}
}

func plainSamples(samples []market.Sample) []sample {
	plain := make([]sample, 0, len(samples))
	for i := range samples {
		s := &samples[i]
		plain = append(plain, sample{Quote: plainQuote(&s.Quote), Bar: plainBar(&s.Bar)})
	}
	return plain
}

func plainCandles(candles []market.Candle) []candle {
	plain := make([]candle, 0, len(candles))
	for i := range candles {
		plain = append(plain, candle{TS: candles[i].TS, Bar: plainBar(&candles[i].Bar)})
	}
	return plain
}

// digits drops the zeros at the end of a fraction.
func digits(text string) string {
	if strings.Contains(text, ".") {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return text
}

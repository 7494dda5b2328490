package feed_test

import (
	"bytes"
	"testing"

	"ticker/feed"
	"ticker/market"
)

const fullQuote = `{"symbol":"AAPL","bid":189.98,"bidSize":300,"ask":190.01,"askSize":200,"last":190,"lastSize":100,"volume":51234567,"ts":1763740800000000}`

func TestParsingAQuoteAllocatesNothing(t *testing.T) {
	var p feed.QuoteParser
	var u market.Update
	record := []byte(fullQuote)
	allocs := testing.AllocsPerRun(1000, func() {
		if err := p.Parse(record, &u); err != nil {
			t.Error(err)
		}
	})
	if allocs != 0 && !raceEnabled {
		t.Errorf("%v allocations a quote", allocs)
	}
}

// Watches what a pushed quote costs before it reaches the book: a string made
// for a key or a symbol shows as an allocation, a lost fast path as time.
func BenchmarkParseQuote(b *testing.B) {
	b.ReportAllocs()
	b.SetBytes(int64(len(fullQuote)))
	var p feed.QuoteParser
	var u market.Update
	record := []byte(fullQuote)
	for b.Loop() {
		if err := p.Parse(record, &u); err != nil {
			b.Fatal(err)
		}
	}
}

// Watches what finding the records of a body costs on top of reading them: an
// array is read once to see that it is whole, and once again for its records.
func BenchmarkSplitBody(b *testing.B) {
	line := []byte(fullQuote + "\n")
	for name, body := range map[string][]byte{
		"array": []byte("[" + string(bytes.Join(bytes.Fields(bytes.Repeat(line, 1000)), []byte(","))) + "]"),
		"lines": bytes.Repeat(line, 1000),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				records, err := feed.SplitBody(body)
				if err != nil {
					b.Fatal(err)
				}
				found := 0
				for range records {
					found++
				}
				if found != 1000 {
					b.Fatal(found)
				}
			}
		})
	}
}

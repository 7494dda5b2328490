package wire

import (
	"testing"

	"ticker/market"
)

// BenchmarkAppendQuote watches the cost of the record that most updates
// become, bid, ask, last and their sizes, which each of them pays once; and of a
// difference, in which one price changed.
func BenchmarkAppendQuote(b *testing.B) {
	q := sampleQuote(b)
	for name, set := range map[string]market.Fields{
		"full": topOfBook | 1<<market.Last | 1<<market.LastSize, "delta": 1 << market.Bid,
	} {
		for _, c := range bothCodecs() {
			b.Run(c.Subprotocol()+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				buf := make([]byte, 0, 1024)
				for b.Loop() {
					buf = c.AppendQuote(buf[:0], &q, set, nil)
				}
			})
		}
	}
}

// BenchmarkAppendQuoteWhole watches the longest record, with every field and
// an envelope.
func BenchmarkAppendQuoteWhole(b *testing.B) {
	r := sampleRecords(b)[0]
	for _, c := range bothCodecs() {
		b.Run(c.Subprotocol(), func(b *testing.B) {
			b.ReportAllocs()
			buf := make([]byte, 0, 1024)
			for b.Loop() {
				buf = c.AppendQuote(buf[:0], &r.Quote, r.Set, r.Envelope)
			}
		})
	}
}

// BenchmarkFrame watches what a frame of 50 records costs beside copying them,
// which every client pays at every interval.
func BenchmarkFrame(b *testing.B) {
	q := sampleQuote(b)
	for _, c := range bothCodecs() {
		b.Run(c.Subprotocol(), func(b *testing.B) {
			b.ReportAllocs()
			record := c.AppendQuote(nil, &q, topOfBook, nil)
			buf := make([]byte, 0, 16<<10)
			for b.Loop() {
				buf = c.OpenQuotes(buf[:0], "0123456789abcdef.1234567", 1)
				for i := range 50 {
					if i > 0 {
						buf = c.AppendSeparator(buf)
					}
					buf = append(buf, record...)
				}
				buf = c.CloseQuotes(buf, 0, 50)
			}
			b.SetBytes(int64(len(buf)))
		})
	}
}

// BenchmarkAppendHeartbeat watches the only message that goes to every idle
// session.
func BenchmarkAppendHeartbeat(b *testing.B) {
	for _, c := range bothCodecs() {
		b.Run(c.Subprotocol(), func(b *testing.B) {
			b.ReportAllocs()
			buf := make([]byte, 0, 1024)
			for b.Loop() {
				buf = c.AppendHeartbeat(buf[:0], 1763740815000000, "0123456789abcdef.1234567")
			}
		})
	}
}

// BenchmarkParseRequest watches what a client can make the service do with one
// command of 50 symbols.
func BenchmarkParseRequest(b *testing.B) {
	s := &Subscribe{Fields: topOfBook, Delta: true}
	for range 50 {
		s.Symbols = append(s.Symbols, "BTC-USD")
	}
	for _, c := range bothCodecs() {
		b.Run(c.Subprotocol(), func(b *testing.B) {
			b.ReportAllocs()
			data := c.AppendRequest(nil, Request{ID: "1", Body: s})
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, err := c.ParseRequest(data, sampleLimits()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkParseMessage watches what a client of ours, and so the load of the
// benchmark harness, pays for a frame of 50 records.
func BenchmarkParseMessage(b *testing.B) {
	records := make([]Record, 50)
	for i := range records {
		records[i] = Record{Quote: sampleQuote(b), Set: topOfBook}
	}
	for _, c := range bothCodecs() {
		b.Run(c.Subprotocol(), func(b *testing.B) {
			b.ReportAllocs()
			data := appendFrame(c, nil, &Quotes{Cursor: "0123456789abcdef.1234567", Records: records})
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, err := c.ParseMessage(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

package market

import "testing"

// The numbers of the benchmarks: what venues send, and the limits.
const (
	price5   = "189.98"
	price8   = "0.35210000"
	digits18 = "-123456789.12345678"
	digits38 = "-12345678901234567890.123456789012345678"
)

// BenchmarkParseDecimal watches the cost of every number that comes in: the
// first three must stay on the short path.
func BenchmarkParseDecimal(b *testing.B) {
	for _, text := range []string{price5, price8, digits18, digits38, "1.5e-7"} {
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			in := []byte(text)
			for b.Loop() {
				_, _ = ParseDecimal(in)
			}
		})
	}
}

// BenchmarkAppendDecimal watches the cost of every number that is encoded.
func BenchmarkAppendDecimal(b *testing.B) {
	for _, text := range []string{price5, price8, digits18, digits38} {
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			d := mustDecimal(b, text)
			dst := make([]byte, 0, maxTextBytes)
			for b.Loop() {
				dst = d.AppendTo(dst[:0])
			}
		})
	}
}

// BenchmarkCmp watches the comparison that every trade makes twice, at one
// scale and where the scales are two and sixteen places apart.
func BenchmarkCmp(b *testing.B) {
	for _, text := range []string{"190.01", "190", digits38[1:]} {
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			d, o := mustDecimal(b, price5), mustDecimal(b, text)
			for b.Loop() {
				_ = d.Cmp(o)
			}
		})
	}
}

// BenchmarkEnvelopeTrade watches what a trade costs the book for each reader
// that asked for envelopes.
func BenchmarkEnvelopeTrade(b *testing.B) {
	b.ReportAllocs()
	price, size := mustDecimal(b, price5), mustDecimal(b, "100")
	var e Envelope
	for b.Loop() {
		e.Trade(price, size)
	}
}

// BenchmarkPatternMatch watches the check of a new symbol against every pattern.
func BenchmarkPatternMatch(b *testing.B) {
	b.ReportAllocs()
	p, err := ParsePattern("BTC-*")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		_ = p.Match("BTC-USD")
	}
}

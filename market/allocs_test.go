package market

import "testing"

func TestTheHotPathDoesNotAllocate(t *testing.T) {
	price, wide := []byte("0.35210000"), []byte("-12345678901234567890.123456789012345678")
	symbol, field := string([]byte("BTC-USD")), []byte("volume")
	d, long := mustDecimal(t, "189.98"), mustDecimal(t, string(wide))
	dst := make([]byte, 0, maxTextBytes)
	var total Total
	var envelope, other Envelope
	other.Trade(d, d)
	for name, do := range map[string]func(){
		"parse a price":         func() { d, _ = ParseDecimal(price) },
		"parse 38 digits":       func() { long, _ = ParseDecimal(wide) },
		"parse a string":        func() { _, _ = ParseDecimal(symbol) },
		"append a price":        func() { dst = d.AppendTo(dst[:0]) },
		"append 38 digits":      func() { dst = long.AppendTo(dst[:0]) },
		"compare":               func() { _ = d.Cmp(long) + long.Cmp(d) },
		"add to a total":        func() { total.Add(d) },
		"append a total":        func() { dst = total.AppendTo(dst[:0]) },
		"fold a trade":          func() { envelope.Trade(d, d) },
		"merge envelopes":       func() { envelope.Merge(&other) },
		"parse a symbol":        func() { _, _ = ParseSymbol(symbol) },
		"parse and use pattern": func() { p, _ := ParsePattern(symbol); _ = p.Match("BTC-USD") },
		"find a field":          func() { _, _ = ParseField(field) },
	} {
		if allocs := testing.AllocsPerRun(100, do); allocs != 0 && !raceEnabled {
			t.Errorf("%s allocates %v times", name, allocs)
		}
	}
}

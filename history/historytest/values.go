package historytest

import (
	"strings"
	"testing"

	"ticker/history"
	"ticker/market"
)

// numbers are decimals at the limits, and with zeros wherever zeros may stand.
func numbers() []string {
	digits := strings.Repeat("1234567890", 4)[:market.MaxDigits]
	return []string{
		"0", "0.00", "1", "-1", "10", "1.10", "100.000", "0.0001", "-0.5", "189.98", "12345678901234567.8",
		digits, "-" + digits, digits[:19] + "." + digits[19:], "0." + strings.Repeat("0", 37) + digits,
		digits + "0", "1e38", "-9e38", "1e-38", "9223372036854775808", "18446744073709551616",
	}
}

func testValues(t *testing.T, newPlace NewPlace) {
	t.Helper()
	p := newPair(t, newPlace)
	p.append(t, "e1", numberSamples()...)
	p.append(t, "e1", stateSamples()...)
	p.append(t, "e1", fieldSamples()...)
	p.append(t, "e1", volumeSamples()...)

	runRules(t, p, []rule{
		{"numbers keep their digits", func(t *testing.T, p *pair) { everyAnswer(t, p, "NUM*") }},
		{"status, reason, source and times are kept", func(t *testing.T, p *pair) { everyAnswer(t, p, "STATE*") }},
		{"a field that was never known stays unknown", func(t *testing.T, p *pair) { everyAnswer(t, p, "FIELD*") }},
		{"volumes have as many digits as they need", func(t *testing.T, p *pair) { everyAnswer(t, p, "VOL*") }},
	})
}

// everyAnswer compares the samples of a pattern by each way of asking for them.
func everyAnswer(t *testing.T, p *pair, pattern string) {
	t.Helper()
	span := history.Span{From: midnight, To: midnight + day}
	samples := p.between(t, span, many, pattern)
	if len(samples) == 0 {
		t.Fatal("there are no samples")
	}
	p.asOf(t, midnight+day, pattern)
	for i := range samples {
		symbol := samples[i].Symbol
		p.quotes(t, history.QuotesQuery{Symbol: symbol, Span: span, Limit: many})
		for _, step := range steps() {
			p.candles(t, history.CandlesQuery{Symbol: symbol, Span: span, Step: step})
		}
	}
}

func numberSamples() []market.Sample {
	var samples []market.Sample
	for i, text := range numbers() {
		s := quote("NUM", noon+int64(i)*second, uint64(i+1))
		d := number(text)
		put(&s, market.Bid, d)
		put(&s, market.Last, d)
		s.Bar.Trade(d, number("1.50"))
		samples = append(samples, s)
	}
	return samples
}

func stateSamples() []market.Sample {
	state := func(symbol market.Symbol, status market.Status, reason market.Reason) market.Sample {
		s := quote(symbol, noon, 3)
		s.Status, s.Reason = status, reason
		return s
	}
	untimed := quote("STATE.UNTIMED", noon, 1)
	untimed.TS = 0
	foreign := quote("STATE.SOURCE", noon, 1<<40)
	foreign.Source = "binance; a feed's \"name\" — 名"
	silent := quote("STATE.SOURCELESS", noon, 1)
	silent.Source = ""
	return []market.Sample{
		state("STATE.LIVE", market.Live, market.NoReason),
		state("STATE.CUT", market.Stale, market.Disconnected),
		state("STATE.SILENT", market.Stale, market.Silent),
		state("STATE.HALTED", market.Halted, market.NoReason),
		untimed, foreign, silent,
	}
}

// fieldSamples have no field, each field alone, and all of them.
func fieldSamples() []market.Sample {
	none := market.Sample{Quote: market.Quote{Symbol: "FIELD.NONE", Seq: 1, Recv: noon, Status: market.Halted, Source: "push"}}
	all := none
	all.Symbol = "FIELD.ALL"
	samples := []market.Sample{none}
	for f := range market.NumValues {
		value := market.NewDecimal(int64(f)+1, uint8(f))
		one := none
		one.Symbol = market.Symbol("FIELD." + strings.ToUpper(f.String()))
		put(&one, f, value)
		put(&all, f, value)
		samples = append(samples, one)
	}
	return append(samples, all)
}

// volumeSamples have sums that no Decimal holds, within a bar and over several.
func volumeSamples() []market.Sample {
	most := number(strings.Repeat("9", market.MaxDigits))
	wide := quote("VOL.WIDE", noon, 1)
	wide.Bar.Trade(number("1"), most)
	wide.Bar.Trade(number("2"), number("1e38"))
	wide.Bar.Trade(number("3"), number("0.00000000000000000000000000000000000001"))
	samples := []market.Sample{wide}
	for i := range int64(3) {
		part := quote("VOL.SUM", noon+i*20*second, uint64(i+1))
		part.Bar.Trade(number("-1"), most)
		samples = append(samples, part)
	}
	return samples
}

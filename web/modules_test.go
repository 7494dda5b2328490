package web

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestModules(t *testing.T) {
	t.Parallel()
	runRules(t, []rule{
		{name: "each module gives the results that the others count on", try: moduleResults},
		{name: "the server's clock is not misled by delay", try: serverClock},
		{name: "decimals agree with exact rationals", try: rationals},
	})
}

// module evaluates an expression in which m is a module of the page.
func (d *dashboard) module(name, expression string, result any) {
	d.Eval(fmt.Sprintf(`import("/%s.js").then((m) => %s)`, name, expression), result)
}

func moduleResults(d *dashboard) {
	for _, tc := range []struct{ module, expression, want string }{
		{"decimal", `m.plain("1.50")`, `"1.50"`},
		{"decimal", `m.plain("1.5e-7")`, `"0.00000015"`},
		{"decimal", `m.plain("-12e3")`, `"-12000"`},
		{"decimal", `["", "abc", "1e9999", "0x10", "<b>", undefined, null, 7, {}].map(m.plain)`, `["","","","","","","","",""]`},
		{"decimal", `[m.pad("1", 2), m.pad("1.5", 3), m.pad("1.25", 1), m.pad("", 2)]`, `["1.00","1.500","1.25",""]`},
		{"decimal", `[m.group("1234567.8901"), m.group("-1000"), m.group("999"), m.group("")]`, `["1,234,567.8901","-1,000","999",""]`},
		{"decimal", `[m.signed("1.5"), m.signed("-1.5"), m.signed("0.00"), m.signed("")]`, `["+1.5","-1.5","0.00",""]`},
		{"decimal", `[m.percent("1", "3"), m.percent("-1", "800"), m.percent("1", "-4"), m.percent("1", "0"), m.percent("", "1")]`, `["33.33","-0.13","25.00","",""]`},
		{"protocol", `["1.7s", "250ms", "1m30s", "1h", "15s", "soon", undefined].map(m.durationMs)`, `[1700,250,90000,3600000,15000,0,0]`},
		{"protocol", `m.parseMessage('{"bid":0.10,"quotes":[{"askSize": 12345678901234567890}],"low":-1E-7}')`, `{"bid":"0.10","low":"-1E-7","quotes":[{"askSize":"12345678901234567890"}]}`},
		{"protocol", `m.parseMessage('{"seq":7,"last":null,"reason":"\\\"bid\\\":1","\\\"bid":2}')`, `{"\"bid":"2","last":null,"reason":"\"bid\":1","seq":7}`},
		{"protocol", `m.clean("a\u202eb\nc".padEnd(500, "x"), 6)`, `"a�b�cx"`},
		{"protocol", `m.explainClose(4999, "")`, `"the connection was closed (4999)"`},
		{"connection", `[0, 1, 2, 6, 7, 2000].map((n) => m.retryDelayMs(n, () => 1))`, `[250,500,1000,16000,30000,30000]`},
		{"connection", `m.retryDelayMs(5, () => 0)`, `0`},
	} {
		var got any
		d.module(tc.module, tc.expression, &got)
		if text, err := json.Marshal(got); err != nil || string(text) != tc.want {
			d.t.Errorf("%s: %s = %s, %v; want %s", tc.module, tc.expression, text, err, tc.want)
		}
	}
}

func serverClock(d *dashboard) {
	var ages []float64
	d.module("clock", `(() => {
		const clock = new m.ServerClock();
		const hourOff = (Date.now() - 3_600_000) * 1000; // the server's clock is an hour behind
		const ages = [clock.ageMs(hourOff)];
		clock.observe(hourOff - 5_000_000); // an old record
		clock.observe(hourOff);
		clock.observe(hourOff - 7_000_000);
		ages.push(clock.ageMs(hourOff - 2_000_000), clock.ageMs(hourOff + 9_000_000));
		return ages.map((ms) => Math.floor(ms / 1000));
	})()`, &ages)
	if len(ages) != 3 || ages[0] != 0 || ages[1] != 2 || ages[2] != 0 {
		d.t.Errorf("ages are %v seconds, want 0, 2 and 0", ages)
	}
}

// rationals compares the page's arithmetic with math/big.
func rationals(d *dashboard) {
	const pairs = 400
	decimal := rapid.StringMatching(`-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,19})?`)
	list := make([][2]string, pairs)
	for i := range list {
		list[i] = [2]string{decimal.Example(2 * i), decimal.Example(2*i + 1)}
		if i%4 == 0 { // neighbours, which doubles cannot tell apart
			list[i][1] = list[i][0] + strings.Repeat("0", i%3)
		}
	}
	text, err := json.Marshal(list)
	if err != nil {
		d.t.Fatal(err)
	}
	var got []struct {
		Difference string
		Order      int
	}
	d.module("decimal", string(text)+`.map(([a, b]) => ({difference: m.subtract(a, b), order: Math.sign(m.compare(a, b))}))`, &got)
	for i, pair := range list {
		a, b := rational(d.t, pair[0]), rational(d.t, pair[1])
		want := new(big.Rat).Sub(a, b)
		if rational(d.t, got[i].Difference).Cmp(want) != 0 || got[i].Order != a.Cmp(b) {
			d.t.Errorf("%s - %s = %s, order %d; want %s, %d", pair[0], pair[1], got[i].Difference, got[i].Order, want.RatString(), a.Cmp(b))
		}
	}
}

func rational(tb testing.TB, text string) *big.Rat {
	tb.Helper()
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		tb.Fatalf("%q is no number", text)
	}
	return r
}

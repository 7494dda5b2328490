package web

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestModules(t *testing.T) {
	t.Parallel()
	runOnOnePage(t, []rule{
		{name: "each module gives the results that the others count on", try: moduleResults},
		{name: "decimals agree with exact rationals", try: rationals},
		{name: "a row goes by the subscription of its interval", try: rowsSubscription},
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
		{"text", `m.clean("a\u202eb\nc".padEnd(500, "x"), 6)`, `"a�b�cx"`},
	} {
		var got any
		d.module(tc.module, tc.expression, &got)
		if text, err := json.Marshal(got); err != nil || string(text) != tc.want {
			d.t.Errorf("%s: %s = %s, %v; want %s", tc.module, tc.expression, text, err, tc.want)
		}
	}
}

func rowsSubscription(d *dashboard) {
	var got []float64
	d.Eval(`Promise.all([import("/store.js"), import("/watchlist.js")]).then(([{Store}, {Watchlist}]) => {
		const watchlist = new Watchlist();
		const store = new Store(() => true, watchlist);
		store.beginSession();
		const takes = (quotes, own) => (store.fold(quotes, own), store.records.get("A").quote.seq ?? 0);
		watchlist.setOwn("A", "5s");
		const seqs = [takes([{symbol: "A", seq: 1}], ""), takes([{symbol: "A", seq: 2}], "5s"), takes([{symbol: "A", seq: 3}], "")];
		watchlist.setOwn("A", "");
		store.follow("");
		return [...seqs, takes([{symbol: "A", seq: 4}], "5s"), takes([{symbol: "A", seq: 5}], ""), store.taken];
	})`, &got)
	if diff := cmp.Diff([]float64{0, 2, 2, 2, 5, 2}, got); diff != "" {
		d.t.Errorf("sequence numbers of a row, and records taken (-want +got):\n%s", diff)
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

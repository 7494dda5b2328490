package web

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCandles(t *testing.T) {
	t.Parallel()
	runOnOnePage(t, []rule{
		{name: "live trades begin candles and widen them", try: liveTrades},
		{name: "history replaces what live records told", try: historyReplaces},
		{name: "answers are taken with every digit", try: candleAnswers},
		{name: "memory is bounded however long history is away", try: candleBounds},
		{name: "once history has settled the candles are those of all trades", try: settledCandles},
	})
}

// brief are functions for expressions in which m is candles.js: a store of
// one-second candles, a record, and candles as short text.
const brief = `((m) => {
	const second = m.steps[0];
	const store = () => new m.Candles(second);
	const quote = (recv, last, more) => ({symbol: "A", seq: 1, last, lastSize: String(recv), recv, ...more});
	const show = ({list}) => list.map((c) => [c.ts / 1e6, c.open, c.high, c.low, c.close, c.volume].join(" "));
	const past = (ts, prices, volume) => {
		const [open, high, low, close] = prices.split(" ");
		return {ts: ts * 1e6, open, high, low, close, volume, trades: 1};
	};
	const all = {from: 0, to: 1e15};
	return %s;
})(m)`

// candleCase is what is done to a store of one-second candles c, and what
// candles it has then.
type candleCase struct{ name, body, want string }

func (d *dashboard) checkCandles(cases []candleCase) {
	d.t.Helper()
	for _, tc := range cases {
		var got []string
		d.module("candles", fmt.Sprintf(brief, `(() => { const c = store(); `+tc.body+`; return show(c); })()`), &got)
		if text, err := json.Marshal(got); err != nil || string(text) != tc.want {
			d.t.Errorf("%s: %s, %v; want %s", tc.name, text, err, tc.want)
		}
	}
}

func liveTrades(d *dashboard) {
	d.checkCandles([]candleCase{
		{
			"the first record of a session tells of no trade",
			`c.observe(quote(5e6, "7")); c.beginSession(); c.observe(quote(6e6, "8"))`, `[]`,
		},
		{
			"a trade begins a candle, and widens it",
			`c.observe(quote(5e6, "7")); c.observe(quote(6.1e6, "8")); c.observe(quote(6.2e6, "9.5")); c.observe(quote(6.3e6, "8.25"))`,
			`["6 8 9.5 8 8.25 "]`,
		},
		{
			"a record that repeats the trade before it is none",
			`c.observe(quote(5e6, "7")); c.observe(quote(6e6, "7", {lastSize: "5000000"}))`, `[]`,
		},
		{
			"a trade at the same price of another size is one",
			`c.observe(quote(5e6, "7")); c.observe(quote(6e6, "7"))`, `["6 7 7 7 7 "]`,
		},
		{
			"stale and halted records invent no candle",
			`c.observe(quote(5e6, "7")); c.observe(quote(6e6, "8", {status: "stale"})); c.observe(quote(7e6, "9", {status: "halted"}))`, `[]`,
		},
		{
			"records without a price or a time are passed over",
			`c.observe(quote(5e6, "7")); c.observe({last: "8"}); c.observe({recv: 7e6, lastSize: "3"}); c.observe(quote(8e6, "<b>"))`, `[]`,
		},
		{
			"a live trade widens the candle of history and sets its close",
			`c.replace(all, [past(6, "5 6 4 5", "10")]); c.observe(quote(5e6, "7")); c.observe(quote(6.5e6, "7"))`,
			`["6 5 7 4 7 10"]`,
		},
		{
			"prices that doubles cannot tell apart are told apart",
			`c.observe(quote(5e6, "7")); c.observe(quote(6.1e6, "0.10000000000000000001")); c.observe(quote(6.2e6, "0.10000000000000000002"))`,
			`["6 0.10000000000000000001 0.10000000000000000002 0.10000000000000000001 0.10000000000000000002 "]`,
		},
	})
}

func historyReplaces(d *dashboard) {
	d.checkCandles([]candleCase{
		{
			"a late correction replaces what history said before",
			`c.replace(all, [past(5, "1 1 1 1", "1"), past(6, "5 6 4 5", "10")]); c.replace({from: 6e6, to: 8e6}, [past(6, "5 9 3 4", "11")])`,
			`["5 1 1 1 1 1","6 5 9 3 4 11"]`,
		},
		{
			"a candle that history takes back is gone",
			`c.replace(all, [past(5, "1 1 1 1", "1"), past(6, "5 6 4 5", "10")]); c.replace({from: 6e6, to: 8e6}, [])`,
			`["5 1 1 1 1 1"]`,
		},
		{
			"an answer counts only for what was asked",
			`c.replace({from: 5e6, to: 6e6}, [past(4, "1 1 1 1", "1"), past(5, "2 2 2 2", "1"), past(6, "3 3 3 3", "1")])`,
			`["5 2 2 2 2 1"]`,
		},
		{
			"earlier pages come before what is there",
			`c.replace({from: 9e6, to: 12e6}, [past(9, "9 9 9 9", "1")]); c.replace({from: 6e6, to: 9e6}, [past(7, "7 7 7 7", "1")])`,
			`["7 7 7 7 7 1","9 9 9 9 9 1"]`,
		},
		{
			"a fresh guess outlives an answer that cannot know it",
			`c.observe(quote(5e6, "7")); c.observe(quote(6.5e6, "8")); c.replace(all, [past(6, "7 7 7 7", "1")]); c.settle(6.4e6)`,
			`["6 7 8 7 8 1"]`,
		},
		{
			"a fresh guess gives way to a history that is further",
			`c.observe(quote(6e6, "7")); c.observe(quote(6.5e6, "8")); c.replace(all, [past(6, "6 9 5 6", "4"), past(7, "5 5 5 5", "4")]); c.settle(0)`,
			`["6 6 9 5 6 4","7 5 5 5 5 4"]`,
		},
		{
			"a settled guess gives way to history",
			`c.observe(quote(6e6, "7")); c.observe(quote(6.5e6, "8")); c.replace(all, [past(6, "6 9 5 6", "4")]); c.settle(7e6)`,
			`["6 6 9 5 6 4"]`,
		},
		{
			"a settled guess in a step too late gives way to the step before",
			`c.observe(quote(6.9e6, "7")); c.observe(quote(7.1e6, "8")); c.replace(all, [past(6, "7 8 7 8", "4")]); c.settle(9e6)`,
			`["6 7 8 7 8 4"]`,
		},
		{
			"a guess stays while history is behind",
			`c.replace(all, [past(2, "1 1 1 1", "1")]); c.observe(quote(6e6, "7")); c.observe(quote(6.5e6, "8")); c.settle(60e6)`,
			`["2 1 1 1 1 1","6 8 8 8 8 "]`,
		},
	})
}

func candleAnswers(d *dashboard) {
	var got json.RawMessage
	d.module("candles", `m.fromAnswer([
		{ts: 2e6, open: "0.10000000000000000001", high: "1E2", low: "-1", close: "12345678901234567890.5", volume: "0.30", trades: 7},
		{ts: 1e6, open: "1", high: "1", low: "1", close: "1", volume: "1", trades: 1},
	])`, &got)
	want := `[{"close":"1","high":"1","low":"1","open":"1","trades":1,"ts":1000000,"volume":"1"},` +
		`{"close":"12345678901234567890.5","high":"100","low":"-1","open":"0.10000000000000000001","trades":7,"ts":2000000,"volume":"0.30"}]`
	var sorted any
	if err := json.Unmarshal(got, &sorted); err != nil || js(sorted) != want {
		d.t.Errorf("an answer is taken as %s, %v; want %s", got, err, want)
	}
}

func candleBounds(d *dashboard) {
	var got struct {
		Kept   int
		Full   bool
		Oldest int64
		Open   string
		Lasted int
	}
	d.module("candles", fmt.Sprintf(brief, `(() => {
		const c = store();
		c.replace(all, Array.from({length: 7000}, (_, i) => past(i, "1 1 1 1", "1")));
		const daily = new m.Candles(m.steps[4]);
		for (let i = 0; i < 12_000; i++) daily.observe(quote(10e6 * i + 1, String(i)));
		return {kept: c.list.length, full: c.full, oldest: c.list[0].ts / 1e6, open: daily.list[0].open, lasted: daily.list.length};
	})()`), &got)
	if got.Kept != 5000 || !got.Full || got.Oldest != 2000 {
		d.t.Errorf("of 7,000 candles %d are kept from %d on, full is %t; want 5,000 from 2,000", got.Kept, got.Oldest, got.Full)
	}
	if got.Open != "1" || got.Lasted != 2 {
		d.t.Errorf("after a day and a half of live records alone there are %d days, the first opened at %s", got.Lasted, got.Open)
	}
}

// follow lets a store of one-second candles see trades as a page does: records
// that stand for several, and every two seconds a history that is behind.
const follow = `((trades, model, lag, every) => {
	const store = new m.Candles(m.steps[0]);
	const end = trades.at(-1).at + 20e6;
	let sent = 0;
	for (let now = trades[0].at; now < end; now += every) {
		const upTo = trades.findLastIndex(({at}) => at <= now);
		if (upTo > sent) {
			const {price, at} = trades[upTo];
			store.observe({last: price, lastSize: String(upTo), recv: at});
			if (sent > 0 && store.list.at(-1).close !== price) throw new Error("the chart stands at another price than the row");
			sent = upTo;
		}
		if (Math.floor(now / 2e6) === Math.floor((now - every) / 2e6)) continue;
		const known = trades.filter(({at}) => at <= now - lag);
		store.replace({from: 0, to: 1e15}, model(known));
		store.settle(now - 4e6);
	}
	return store.list;
})`

// model makes candles of known trades, in JavaScript.
const model = `(known) => {
	const steps = Map.groupBy(known, ({at}) => Math.floor(at / 1e6) * 1e6);
	return [...steps].map(([ts, bar]) => {
		const prices = bar.map(({price}) => price);
		const order = [...prices].sort((a, b) => a - b);
		return {ts, open: prices[0], high: order.at(-1), low: order[0], close: prices.at(-1), volume: String(bar.length), trades: bar.length};
	});
}`

// settledCandles lets the page follow a market through conflated records and a
// history that is up to 3 s behind.
func settledCandles(d *dashboard) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // The same series in every run, not a secret.
		trades := make([]map[string]any, 60)
		all := make([]trade, len(trades))
		at := int64(1_000_000_000)
		for i := range trades {
			at += random.Int64N(random.Int64N(3_000_000) + 1)
			all[i] = trade{at: at, price: 100 + random.IntN(50), size: 1}
			trades[i] = map[string]any{"at": at, "price": cents(all[i].price).String()}
		}
		text, err := json.Marshal(trades)
		if err != nil {
			d.t.Fatal(err)
		}
		var got []candle
		lag, every := random.Int64N(3_000_000), 100_000+random.Int64N(900_000)
		d.module("candles", fmt.Sprintf(`%s(%s, %s, %d, %d)`, follow, text, model, lag, every), &got)
		if diff := cmp.Diff(decoded(d.t, candlesOf(all, question{from: 0, to: 1 << 60, step: 1_000_000})), got); diff != "" {
			d.t.Errorf("seed %d, %d µs behind (-all trades +page):\n%s", seed, lag, diff)
		}
	}
}

// decoded brings the model's candles into the form of the page's.
func decoded(tb testing.TB, list []map[string]any) (candles []candle) {
	tb.Helper()
	text, err := json.Marshal(list)
	if err == nil {
		err = json.Unmarshal(text, &candles)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return candles
}

package web

import (
	"encoding/json"
	"testing"
)

func TestEdgeToTheLibrary(t *testing.T) {
	t.Parallel()
	runOnOnePage(t, []rule{
		{name: "only what changed is drawn", try: drawnChanges},
		{name: "ticks of time rank by the clock on the wall", try: wallClockTicks},
	})
}

// fakeLibrary takes the place of the chart library and keeps what it is told in
// the array calls.
const fakeLibrary = `(() => {
	globalThis.calls = [];
	const series = (kind) => ({
		applyOptions({priceFormat}) { if (priceFormat) globalThis.format = priceFormat.formatter; },
		setData: (data) => calls.push([kind + " all", ...data.map(told)]),
		update: (bar) => calls.push([kind, told(bar)]),
	});
	const told = ({time, open, high, low, close, value}) => [time, open, high, low, close, value].filter((x) => x !== undefined).join(" ");
	const scale = {subscribeVisibleLogicalRangeChange(call) { globalThis.range = call; }};
	return {
		CandlestickSeries: "price", HistogramSeries: "volume",
		defaultHorzScaleBehavior: () => class {},
		createChartEx: () => ({
			addSeries: series, panes: () => [{setStretchFactor() {}}, {setStretchFactor() {}}],
			subscribeCrosshairMove() {}, timeScale: () => scale, applyOptions() {}, remove() {},
		}),
	};
})()`

func drawnChanges(d *dashboard) {
	const prepare = `(() => {
		const candle = (seconds, open, close, volume) => ({ts: seconds * 1e6, open, high: close, low: open, close, volume, trades: 1});
		globalThis.near = 0;
		const chart = new m.Chart(` + fakeLibrary + `, document.body, {step: {name: "1s", micros: 1e6}, onHover() {}, onNearStart() { near++; }});
		const drawn = (candles) => { calls.length = 0; chart.draw(candles, 2); return calls; };
		const one = candle(1, "1", "2", "5");
		const two = candle(2, "2", "3", "6");
		return `
	for _, tc := range []struct{ what, expression, want string }{
		{
			"the first candles", `drawn([one, two])`,
			`[["price all","1 1 2 1 2","2 2 3 2 3"],["volume all","1 5","2 6"]]`,
		},
		{"nothing new", `drawn([one]), drawn([{...one}])`, `[]`},
		{
			"the newest moved", `drawn([one, two]), drawn([{...one}, candle(2, "2", "4", "7")])`,
			`[["price","2 2 4 2 4"],["volume","2 7"]]`,
		},
		{
			"any one of its numbers moved",
			`["open", "high", "low", "close", "volume"].map((field) => (drawn([one]), drawn([{...one, [field]: "1.5"}]).length))`,
			`[2,2,2,2,2]`,
		},
		{"a new step", `drawn([one]), drawn([one, two])`, `[["price","2 2 3 2 3"],["volume","2 6"]]`},
		{
			"the newest moved and a new step", `drawn([one]), drawn([candle(1, "1", "9", "5"), two])`,
			`[["price","1 1 9 1 9"],["volume","1 5"],["price","2 2 3 2 3"],["volume","2 6"]]`,
		},
		{
			"an earlier page", `drawn([two]), drawn([one, two])`,
			`[["price all","1 1 2 1 2","2 2 3 2 3"],["volume all","1 5","2 6"]]`,
		},
		{
			"a correction further back", `drawn([one, two]), drawn([candle(1, "1", "9", "5"), two])`,
			`[["price all","1 1 9 1 9","2 2 3 2 3"],["volume all","1 5","2 6"]]`,
		},
		{"a candle taken back", `drawn([one, two]), drawn([one])`, `[["price all","1 1 2 1 2"],["volume all","1 5"]]`},
		{"a candle in place of another", `drawn([one]), drawn([two])`, `[["price all","2 2 3 2 3"],["volume all","2 6"]]`},
		{"no volume yet", `drawn([one]), drawn([one, candle(2, "2", "3", "")])`, `[["price","2 2 3 2 3"],["volume","2"]]`},
		{
			"more than the library can draw", `drawn([candle(1, "1", "99999999999999999999", "99999999999999999999")])`,
			`[["price all","1"],["volume all","1 90071992547409.9"]]`,
		},
		{
			"the newest price keeps its digits",
			`drawn([candle(1, "1", "0.1000000000000000000000000000001", "5")]), [format(0.1000000000000000000000000000001), format(0.5)]`,
			`["0.1000000000000000000000000000001","0.50"]`,
		},
		{"the beginning in view", `range({from: 50, to: 90}), range(null), range({from: -3, to: 90}), near`, `1`},
	} {
		var got any
		d.module("chart", prepare+`(`+tc.expression+`); })()`, &got)
		if text, err := json.Marshal(got); err != nil || string(text) != tc.want {
			d.t.Errorf("%s: %s, %v; want %s", tc.what, text, err, tc.want)
		}
	}
}

// wallClockTicks uses dates that know only the clock on the wall, so that it
// holds in any zone; the hour between 2 and 3 comes twice or not at all.
func wallClockTicks(d *dashboard) {
	var got []int
	d.module("axis", `(() => {
		const wall = (text) => {
			const [year, month, date, hours, minutes, seconds] = text.split(/\D/).map(Number);
			return {getFullYear: () => year, getMonth: () => month - 1, getDate: () => date,
				getHours: () => hours, getMinutes: () => minutes, getSeconds: () => seconds};
		};
		return [
			["2026-12-31 23:59:59", "2027-01-01 00:00:00"], ["2026-10-31 23:00:00", "2026-11-01 00:00:00"],
			["2026-11-01 23:59:00", "2026-11-02 00:00:00"], ["2026-11-01 11:00:00", "2026-11-01 12:00:00"],
			["2026-11-01 05:00:00", "2026-11-01 06:00:00"], ["2026-11-01 02:00:00", "2026-11-01 03:00:00"],
			["2026-11-01 01:30:00", "2026-11-01 02:00:00"], ["2026-11-01 01:25:00", "2026-11-01 01:30:00"],
			["2026-11-01 01:24:00", "2026-11-01 01:25:00"], ["2026-11-01 01:25:59", "2026-11-01 01:26:00"],
			["2026-11-01 01:25:58", "2026-11-01 01:25:59"], ["2026-11-01 01:00:00", "2026-11-01 01:00:00"],
			["2026-03-29 01:59:00", "2026-03-29 03:00:00"],
		].map(([before, now]) => m.weigh(wall(now), wall(before)));
	})()`, &got)
	want := []int{70, 60, 50, 33, 32, 31, 30, 22, 21, 20, 10, 0, 31}
	if len(got) != len(want) {
		d.t.Fatalf("weights are %v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			d.t.Errorf("pair %d has the weight %d, want %d", i, got[i], want[i])
		}
	}
}

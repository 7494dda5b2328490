package web

import (
	"fmt"
	"testing"
	"time"

	"ticker/internal/browsertest"
)

// frameCost times the way of one frame of quotes through the page, layout
// included: it is an expression for the mean milliseconds of n frames. Reading
// the frame is the client's, which has benchmarks of its own.
const frameCost = `Promise.all(["store", "table", "watchlist"].map((name) => import("/" + name + ".js"))).then(
	([{Store}, {Table}, {Watchlist}]) => {
		const scroller = document.getElementById("scroller");
		scroller.querySelector("table").replaceChildren(
			...["colgroup", "thead", "tbody"].map((name) => document.createElement(name)));
		scroller.querySelector("thead").append(document.createElement("tr"));
		const watchlist = new Watchlist();
		const store = new Store(() => true, watchlist);
		store.beginSession();
		const table = new Table(scroller, store.records, () => {});
		const look = {link: "connected", now: null, watchlist, inks: {"-1": "red", 0: "gray", 1: "green"}, open: "", version: 0};
		let seq = 0;
		const frame = (price) => {
			seq++;
			const quotes = Array.from({length: 5000}, (_, i) => ({symbol: "S" + (10_000 + i), seq, bid: price, ask: price, last: price, volume: "1234567"}));
			const begin = performance.now();
			if (store.fold(quotes, "")) table.rearrange();
			table.render(look);
			void scroller.scrollHeight;
			return performance.now() - begin;
		};
		return new Promise((resolve) => setTimeout(() => {
			frame("100.25");
			let spent = 0;
			for (let i = 1; i <= n; i++) spent += frame(i % 2 ? "100.50" : "100.25");
			resolve(spent / n);
		}, 100));
	})`

// BenchmarkFrame watches that a frame of 5,000 records, all of them changed,
// stays well within the 250 ms to the next: keeping every digit must not make
// folding slow, and only the rows in view may cost any drawing.
func BenchmarkFrame(b *testing.B) {
	server := newTicker(b)
	server.turnAway.Store(true) // nothing but the benchmark is to move the page
	page := browsertest.Start(b).Open(b, server.url)
	var ms float64
	for b.Loop() {
		page.Eval(`((n) => `+frameCost+`)(20)`, &ms)
	}
	b.ReportMetric(ms, "ms/frame")
}

// TestThousandsOfRowsKeepMoving tells how many animation frames a page draws in
// which 2,000 rows change ten times a second.
func TestThousandsOfRowsKeepMoving(t *testing.T) {
	t.Parallel()
	d := openDashboard(t, browsertest.Start(t), nil)
	d.quotes(records(2000, 1, "100.00")...)
	d.WaitFor(textIs("symbols", "2,000") + " && " + cellIs("S0003", "last", "100.00"))
	d.Eval(`globalThis.drawn = 0, globalThis.longest = 0, globalThis.before = performance.now(), (function count(now) {
		drawn++, longest = Math.max(longest, now - before), before = now, requestAnimationFrame(count);
	})(before), null`, nil)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for seq := 2; seq <= 21; seq++ {
		d.quotes(records(2000, seq, fmt.Sprintf("100.%02d", seq))...)
		<-tick.C
	}
	d.WaitFor(cellIs("S0003", "last", "100.21"))
	var got struct{ Drawn, Longest float64 }
	d.Eval(`({drawn, longest})`, &got)
	t.Logf("%.0f animation frames were drawn in the 2 s of 20 updates of 2,000 rows, %.0f ms apart at most", got.Drawn, got.Longest)
	if got.Drawn == 0 {
		t.Error("no frames were drawn")
	}
}

// chartCost times a live trade's way to the screen while a chart has all the
// candles that it may have: it is an expression for the mean milliseconds of n
// trades.
const chartCost = `Promise.all(["candles", "chart"].map((name) => import("/" + name + ".js"))).then(
	async ([{Candles, steps}, {Chart, loadLibrary}]) => {
		const holder = document.getElementById("chart-canvas");
		document.getElementById("chart").hidden = false;
		const chart = new Chart(await loadLibrary(), holder, {step: steps[0], onHover() {}, onNearStart() {}});
		const candles = new Candles(steps[0]);
		const prices = {open: "100.25", high: "101.5", low: "99.75", close: "100.5", volume: "12", trades: 3};
		candles.replace({from: 0, to: 1e15}, Array.from({length: 5000}, (_, i) => ({ts: i * 1e6, ...prices})));
		const frame = (i) => {
			candles.observe({last: "100." + (10 + i % 80), lastSize: String(i), recv: 5e9 + i * 1e5});
			chart.draw(candles.list, 2);
			return new Promise(requestAnimationFrame);
		};
		await frame(0);
		let spent = 0;
		for (let i = 1; i <= n; i++) {
			const begin = performance.now();
			const painted = frame(i);
			spent += performance.now() - begin;
			await painted;
		}
		chart.remove();
		return spent / n;
	})`

// BenchmarkChartFrame watches that a live trade stays far below a frame of the
// screen with 5,000 candles: only the newest may be drawn anew.
func BenchmarkChartFrame(b *testing.B) {
	server := newTicker(b)
	server.turnAway.Store(true) // nothing but the benchmark is to move the page
	page := browsertest.Start(b).Open(b, server.url)
	var ms float64
	for b.Loop() {
		page.Eval(`((n) => `+chartCost+`)(50)`, &ms)
	}
	b.ReportMetric(ms, "ms/trade")
}

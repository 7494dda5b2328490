package web

import (
	"fmt"
	"strings"
	"testing"

	"ticker/internal/browsertest"
)

// frameCost times the way of one frame through the page, layout included: it is
// an expression for the mean milliseconds of n frames.
const frameCost = `Promise.all(["protocol", "store", "table", "clock"].map((name) => import("/" + name + ".js"))).then(
	([{parseMessage}, {Store}, {Table}, {ServerClock}]) => {
		const scroller = document.getElementById("scroller");
		scroller.querySelector("table").replaceChildren(
			...["colgroup", "thead", "tbody"].map((name) => document.createElement(name)));
		scroller.querySelector("thead").append(document.createElement("tr"));
		const store = new Store();
		store.beginSession();
		const table = new Table(scroller, store.records, () => {});
		const look = {link: "live", session: 1, clock: new ServerClock(), version: 0};
		const frame = (text) => {
			if (store.fold(parseMessage(text).quotes)) table.rearrange();
			table.render(look);
			return scroller.scrollHeight;
		};
		return new Promise((resolve) => setTimeout(() => {
			frame(texts[0]);
			const begin = performance.now();
			for (let i = 1; i <= n; i++) frame(texts[i % 2]);
			resolve((performance.now() - begin) / n);
		}, 100));
	})`

// BenchmarkFrame watches that a frame of 5,000 records, all of them changed,
// stays well within the 250 ms to the next: keeping every digit must not make
// reading slow, and only the rows in view may cost any drawing.
func BenchmarkFrame(b *testing.B) {
	server := newTicker(b)
	server.turnAway.Store(true) // nothing but the benchmark is to move the page
	page := browsertest.Start(b).Open(b, server.url)
	text := func(price string) string {
		return `{"type":"event","channel":"quotes","quotes":[` + strings.Join(records(5000, 1, price), ",") + `]}`
	}
	page.Eval(fmt.Sprintf(`globalThis.texts = [%s, %s], null`, js(text("100.25")), js(text("100.50"))), nil)
	var ms float64
	for b.Loop() {
		page.Eval(`((n) => `+frameCost+`)(20)`, &ms)
	}
	b.ReportMetric(ms, "ms/frame")
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

package web

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestChart(t *testing.T) {
	t.Parallel()
	runRules(t, []rule{
		{name: "history comes first and then live without a seam", try: withoutSeam},
		{name: "a late correction of history reaches the chart", try: lateCorrection},
		{name: "what a lost connection missed is fetched", try: missedTrades},
		{name: "a chart that is not live says so and draws no candle", try: notLive},
		{name: "the chart moves on while history cannot be had", try: withoutHistory},
		{name: "a symbol without trades says so", try: noTrades},
		{name: "history is asked for in the session that has signed in", try: withToken},
		{name: "scrolling to the left brings earlier candles", try: earlierPages},
		{name: "the legend shows every digit", try: legendDigits},
		{name: "the legend shows the candle that the pointer is at", try: pointedAt},
		{name: "what is in view survives a change of theme and width", try: themesAndWidths},
	})
}

// openChart opens a chart and waits until history was shown. From then on the
// candles of the page are in the global variable candles.
func (d *dashboard) openChart(symbol, step string) {
	d.t.Helper()
	d.openPending(symbol, step)
	d.WaitFor(noteIs("") + ` && document.querySelector("#chart-canvas canvas") !== null`)
}

// openPending opens a chart and does not wait for it.
func (d *dashboard) openPending(symbol, step string) {
	d.t.Helper()
	d.Eval(`import("/candles.js").then(({Candles}) => {
		const {replace, settle, observe} = Candles.prototype;
		for (const [name, call] of Object.entries({replace, settle, observe})) {
			Candles.prototype[name] = function(...args) { globalThis.candles = this; return call.apply(this, args); };
		}
		location.hash = new URLSearchParams(`+fmt.Sprintf(`{chart: %s, step: %s}`, js(symbol), js(step))+`);
	})`, nil)
	d.WaitFor(`!document.getElementById("chart").hidden`)
}

// candlesAre is the JavaScript for the page having the candles of all of these
// trades from a time on.
func candlesAre(d *dashboard, trades []trade, from int64, step time.Duration) string {
	d.t.Helper()
	want := decoded(d.t, candlesOf(trades, question{from: from, to: 1 << 60, step: step.Microseconds()}))
	parts := make([]string, len(want))
	for i, c := range want {
		parts[i] = fmt.Sprintf("%d %s %s %s %s %s", c.TS, c.Open, c.High, c.Low, c.Close, c.Volume)
	}
	return fmt.Sprintf(`candles.list.map((c) => [c.ts, c.open, c.high, c.low, c.close, c.volume].join(" ")).join() === %s`,
		js(strings.Join(parts, ",")))
}

// traded is a record with a trade.
func traded(symbol string, seq int, t trade, more string) string {
	return fmt.Sprintf(`{"symbol":%s,"seq":%d,"last":%s,"lastSize":%d,"recv":%d%s}`, js(symbol), seq, cents(t.price), t.size, t.at, more)
}

func noteIs(text string) string { return textIs("chart-note", text) }

func legend(i int) string {
	return fmt.Sprintf(`document.querySelectorAll("#chart-legend b")[%d].textContent`, i)
}

func legendIs(i int, text string) string { return legend(i) + " === " + js(text) }

// ago is a time that the page takes for settled: history knows it already.
func ago(d time.Duration) int64 { return time.Now().Add(-d).UnixMicro() }

func withoutSeam(d *dashboard) {
	d.server.past.tell(walk(time.Now().Add(-time.Minute), time.Second, 200)...)
	first := trade{ago(20 * time.Second), 9_610_001, 3}
	d.quotes(traded("BTC-USD", 1, first, ""))
	d.openChart("BTC-USD", "1s")
	// These reach the page before history knows any of them; the one between is
	// conflated away.
	hidden := trade{ago(18 * time.Second), 9_999_999, 5}
	second := trade{ago(17 * time.Second), 9_610_502, 4}
	third := trade{ago(16 * time.Second), 9_610_603, 2}
	d.quotes(traded("BTC-USD", 3, second, ""))
	d.quotes(traded("BTC-USD", 4, third, ""))
	d.WaitFor(legendIs(4, "96106.03") + " && " + legendIs(5, "–"))
	all := d.server.past.tell(first, hidden, second, third)
	d.WaitFor(candlesAre(d, all, 0, time.Second))
	d.WaitFor(legendIs(4, "96106.03") + " && " + legendIs(5, "2"))
}

func lateCorrection(d *dashboard) {
	start := ago(time.Minute)
	d.server.past.tell(trade{start, 10_000, 5})
	d.quotes(quote("A", 1, "100.00", ""))
	d.openChart("A", "1m")
	d.WaitFor(legendIs(2, "100.00") + " && " + legendIs(5, "5"))
	all := d.server.past.tell(trade{start + 1, 11_250, 2}, trade{start + 2, 10_100, 1})
	d.WaitFor(candlesAre(d, all, 0, time.Minute))
	d.WaitFor(legendIs(2, "112.50") + " && " + legendIs(4, "101.00") + " && " + legendIs(5, "8"))
}

func missedTrades(d *dashboard) {
	all := d.server.past.tell(walk(time.Now().Add(-30*time.Second), time.Second, 100)...)
	d.quotes(traded("A", 900, all[len(all)-1], ""))
	d.openChart("A", "1s")
	d.server.turnAway.Store(true)
	d.server.past.fail(502, "", "")
	d.server.hangUp()
	d.WaitFor(noteIs("Not live: offline"))
	all = d.server.past.tell(trade{ago(3 * time.Second), 700, 1}, trade{ago(2 * time.Second), 99_999_900, 2})
	d.server.past.fail(0, "", "")
	d.server.turnAway.Store(false)
	// What comes first after a gap stands for trades at times unknown.
	d.server.session().quotes(traded("A", 3, trade{ago(0), 1_234, 1}, ""))
	d.WaitFor(cellIs("A", "last", "12.34"))
	d.Eval(`if (candles.list.some(({close}) => close === "12.34")) throw new Error("a candle was made up")`, nil)
	d.WaitFor(noteIs("") + " && " + candlesAre(d, all, 0, time.Second))
}

func notLive(d *dashboard) {
	all := d.server.past.tell(walk(time.Now().Add(-30*time.Second), time.Second, 50)...)
	d.quotes(traded("A", 1, trade{ago(9 * time.Second), 500, 1}, ""))
	d.openChart("A", "1s")
	d.WaitFor(`document.getElementById("chart").dataset.status === "live"`)
	d.quotes(traded("A", 2, trade{ago(8 * time.Second), 700, 1}, `,"status":"stale","reason":"silent"`))
	d.WaitFor(noteIs("Not live: stale (silent)") + ` && document.getElementById("chart").dataset.status === "stale"`)
	d.quotes(traded("A", 3, trade{ago(7 * time.Second), 800, 1}, `,"status":"halted"`))
	d.WaitFor(noteIs("Not live: halted") + " && " + candlesAre(d, all, 0, time.Second))
	d.WaitFor(`getComputedStyle(document.getElementById("chart-canvas")).filter.includes("grayscale(1)")`)
	d.close(4103, "")
	d.WaitFor(noteIs("Not live: offline") + " && " + candlesAre(d, all, 0, time.Second))
}

func withoutHistory(d *dashboard) {
	seq := 1
	trades := func(cents int) {
		seq++
		d.quotes(traded("A", seq, trade{time.Now().UnixMicro(), cents, seq}, ""))
		d.WaitFor(legendIs(4, fmt.Sprintf("%d.%02d", cents/100, cents%100)))
	}
	d.quotes(traded("A", seq, trade{time.Now().UnixMicro(), 100, 1}, ""))
	d.server.past.fail(404, "not_found", "no such symbol")
	d.openPending("A", "1m")
	d.WaitFor(noteIs("No history for A yet: live only"))
	trades(101)
	d.server.past.fail(503, "unavailable", "the store is away")
	d.WaitFor(noteIs("History is not available now: live only"))
	trades(102)
	d.server.past.fail(0, "", "")
	d.WaitFor(noteIs(""))
	trades(103)
	d.server.past.fail(503, "unavailable", "history is off on this server")
	d.WaitFor(noteIs("History is off on this service: live only"))
	d.server.past.fail(400, "bad_request", "step must be\u202e longer <b>")
	d.Eval(`document.querySelector("#chart-steps [value='1s']").click()`, nil)
	d.WaitFor(noteIs("History was refused (step must be\uFFFD longer <b>): live only"))
	// It would be half a minute to the next try, but a new session may be with
	// another service.
	d.server.past.fail(0, "", "")
	d.server.past.tell(trade{ago(time.Minute), 500, 1})
	d.close(1011, "")
	d.server.session().quotes(quote("A", 1, "5", ""))
	d.WaitFor(noteIs(""))
	d.WaitFor(`document.querySelector("#chart-canvas canvas") !== null`)
}

func noTrades(d *dashboard) {
	d.quotes(quote("A", 1, "5", ""))
	d.openPending("A", "1d")
	d.WaitFor(noteIs("No trades in this range") + ` && document.getElementById("chart-legend").hidden`)
	// A symbol may have rested for long: earlier pages are looked into, once.
	old := time.Now().Add(-500 * 24 * time.Hour).Truncate(24 * time.Hour)
	d.server.past.tell(trade{old.UnixMicro(), 500, 1})
	d.Eval(`document.querySelector("#chart-steps [value='1h']").click()`, nil)
	d.WaitFor(noteIs("No trades in this range") + ` && document.querySelector("#chart-canvas canvas") !== null`)
	hour := time.Hour.Microseconds()
	var pages []question
	for late := time.After(20 * time.Second); len(pages) < 5; {
		pages = slices.DeleteFunc(d.server.past.questions(), func(q question) bool { return q.step != hour || q.to-q.from < 200*hour })
		select {
		case <-late:
			d.t.Fatalf("only these pages were asked for: %v", pages)
		case <-time.After(10 * time.Millisecond):
		}
	}
	lengths := make([]int64, len(pages))
	for i, page := range pages {
		lengths[i] = (page.to - page.from) / hour
		if i > 0 && page.to != pages[i-1].from {
			d.t.Errorf("page %d ends at %d, the one before began at %d", i, page.to, pages[i-1].from)
		}
	}
	if diff := cmp.Diff([]int64{300, 300, 600, 1200, 2160}, lengths); diff != "" {
		d.t.Errorf("lengths of pages in hours (-want +got):\n%s", diff)
	}
}

func withToken(d *dashboard) {
	d.close(4101, "")
	d.WaitFor(`!document.getElementById("token-form").hidden`)
	d.Eval(`(() => {
		const form = document.getElementById("token-form");
		form.elements.token.value = "a.b.c";
		form.requestSubmit();
	})()`, nil)
	if c := d.server.session().next("auth"); c.Token != "a.b.c" {
		d.t.Errorf("the page signed in with %q", c.Token)
	}
	d.WaitFor(linkIs("connected"))
	d.server.past.tell(trade{ago(time.Minute), 500, 1})
	d.openPending("BTC/USD:X", "1m")
	d.WaitFor(`candles.list.length === 1`)
	for _, q := range d.server.past.questions() {
		if q.symbol != "BTC/USD:X" {
			d.t.Errorf("the page asked %+v", q)
		}
	}
}

func earlierPages(d *dashboard) {
	trades := d.server.past.tell(walk(time.Now().Add(-10*time.Second), time.Minute, 1000)...)
	d.quotes(quote("A", 1, "100.00", ""))
	d.openChart("A", "1m")
	d.WaitFor(`candles.list.length > 250 && candles.list.length <= 300`)
	d.Eval(`document.getElementById("chart-symbol").focus(), null`, nil)
	d.Eval(`globalThis.press = setInterval(() => document.activeElement.dispatchEvent(
		new KeyboardEvent("keydown", {key: "ArrowLeft", bubbles: true})), 20), null`, nil)
	d.WaitFor(candlesAre(d, trades, 0, time.Minute))
	d.Eval(`clearInterval(press)`, nil)
	for _, q := range d.server.past.questions() {
		if steps := (q.to - q.from) / q.step; steps > 2400 {
			d.t.Errorf("the page asked for %d steps at once", steps)
		}
	}
}

func legendDigits(d *dashboard) {
	at := ago(20 * time.Second)
	d.quotes(fmt.Sprintf(`{"symbol":"A","seq":1,"last":0.1,"lastSize":1,"recv":%d}`, at))
	d.openPending("A", "1m")
	d.WaitFor(noteIs("No trades in this range"))
	d.quotes(fmt.Sprintf(`{"symbol":"A","seq":2,"last":0.10000000000000000001,"lastSize":1,"recv":%d}`, at+1))
	d.quotes(fmt.Sprintf(`{"symbol":"A","seq":3,"last":12345678901234567890123456789012345678,"lastSize":1,"recv":%d}`, at+2))
	d.WaitFor(legendIs(1, "0.10000000000000000001") + " && " + legendIs(4, "12345678901234567890123456789012345678.00000000000000000000"))
	d.WaitFor(`document.querySelector("#chart-canvas canvas") !== null`)
}

func pointedAt(d *dashboard) {
	d.server.past.tell(walk(time.Now().Add(-10*time.Second), time.Second, 300)...)
	d.quotes(quote("A", 1, "5", ""))
	d.openChart("A", "1s")
	shows := func(place string) string {
		return `(() => { const c = candles.list.at(` + place + `); return ` + legend(4) + ` === c.close && ` + legend(5) + ` === c.volume; })()`
	}
	d.WaitFor(shows("-1"))
	// The view begins somewhere among the candles, six pixels apart. The pointer
	// keeps moving: the chart hears it only once it was drawn.
	d.Eval(`globalThis.point = (...types) => {
		for (const canvas of document.querySelectorAll("#chart-canvas canvas")) {
			const {left, top} = canvas.getBoundingClientRect();
			const at = {bubbles: true, view: window, clientX: left + 300, clientY: top + 50};
			for (const type of types) canvas.dispatchEvent(new MouseEvent(type, at));
		}
	}, globalThis.pointing = setInterval(() => point("mouseenter", "mousemove"), 50), null`, nil)
	d.WaitFor(`candles.list.slice(0, -30).some((_, i) => ` + shows("i") + `) && !(` + shows("-1") + `)`)
	d.Eval(`clearInterval(pointing), point("mouseleave"), null`, nil)
	d.WaitFor(shows("-1"))
}

func themesAndWidths(d *dashboard) {
	d.server.past.tell(walk(time.Now(), time.Second, 300)...)
	d.quotes(quote("BTC-USD", 1, "96123.45", ""), quote("LONG", 1, "0.00000001234567890123", ""))
	d.openChart("BTC-USD", "1s")
	checkContrast(d, "chart")
	d.quotes(quote("BTC-USD", 2, "96123.45", `,"status":"stale","reason":"disconnected"`))
	d.WaitFor(noteIs("Not live: stale (disconnected)"))
	checkContrast(d, "stale chart")
	d.Resize(390, 844)
	d.WaitFor(`document.documentElement.scrollWidth <= 390 && document.documentElement.scrollHeight <= 844`)
	d.WaitFor(`[...document.querySelectorAll("#chart button, #chart-canvas, #chart-symbol, #chart-note")].every((element) => {
		const {left, right, top, bottom} = element.getBoundingClientRect();
		return left >= 0 && right <= 390 && top >= 0 && bottom <= 844 && right > left;
	})`)
	// Neither the list nor the chart is squeezed to nothing.
	d.WaitFor(`document.getElementById("scroller").clientHeight > 150 && document.getElementById("chart-canvas").clientHeight > 200`)
}

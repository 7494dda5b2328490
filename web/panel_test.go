package web

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestPanel(t *testing.T) {
	t.Parallel()
	runRules(t, []rule{
		{name: "a click on a row opens its chart and another closes it", try: clickRow},
		{name: "the keyboard opens, moves and closes", try: byKeyboard},
		{name: "the focus stays with its symbol when rows move", try: focusStays},
		{name: "the address names the chart and opens it", try: deepLink},
		{name: "hostile names stay text", try: hostileNames},
		{name: "the library is loaded with the first chart and its logo is in sight", try: libraryLoaded},
		{name: "markup other than the logo is refused before and after", try: markupRefused},
		{name: "a closed chart leaves nothing behind", try: nothingLeft},
		{name: "a library that cannot be loaded is told", try: brokenLibrary},
	})
}

const chartOpen = `!document.getElementById("chart").hidden`

func isOpen(symbol string) string {
	return chartOpen + " && " + textIs("chart-symbol", symbol) + " && " + opener(symbol) + `.ariaExpanded === "true"`
}

// opener is the JavaScript for the button of a symbol's row.
func opener(symbol string) string { return row(symbol) + `.querySelector("button")` }

func clickRow(d *dashboard) {
	d.quotes(quote("A", 1, "1", ""), quote("B", 1, "2.5", `,"open":2`))
	d.WaitFor(statusIs("B", "live"))
	d.Eval(row("B")+`.querySelector(".c-bid").click()`, nil)
	d.WaitFor(isOpen("B") + ` && document.querySelectorAll("[aria-expanded='true']").length === 1`)
	const numbers = `[...document.querySelectorAll("#chart-numbers dd")].map((dd) => dd.textContent).join("|")`
	d.WaitFor(numbers + ` === "2.5|+25.00|2.5|2.5|1,234,567|live|sim"`)
	d.quotes(quote("B", 2, "3", `,"open":2`))
	d.WaitFor(numbers + ` === "3.0|+50.00|3.0|3.0|1,234,567|live|sim"`)
	d.Eval(opener("A")+`.click()`, nil)
	d.WaitFor(isOpen("A") + " && " + opener("B") + `.ariaExpanded === "false"`)
	// A click that ends the marking of text opens nothing.
	d.Eval(`getSelection().selectAllChildren(`+row("B")+`.querySelector(".c-bid")),
		`+row("B")+`.dispatchEvent(new MouseEvent("click", {bubbles: true, detail: 1}))`, nil)
	d.WaitFor(isOpen("A"))
	d.Eval(`getSelection().removeAllRanges(), `+row("A")+`.click()`, nil)
	d.WaitFor(`!(` + chartOpen + `) && ` + opener("A") + `.ariaExpanded === "false"`)
}

func byKeyboard(d *dashboard) {
	d.quotes(quote("A", 1, "1", ""), quote("B", 1, "2", ""), quote("C", 1, "2", ""))
	d.WaitFor(statusIs("C", "live"))
	d.Eval(opener("A")+`.focus()`, nil)
	d.Press("ArrowDown")
	d.Press("ArrowDown")
	d.Press("ArrowUp")
	focused := func(symbol string) string { return `document.activeElement === ` + opener(symbol) }
	d.WaitFor(focused("B") + ` && ` + opener("B") + `.getAttribute("aria-controls") === "chart"`)
	d.Eval(`document.activeElement.click()`, nil) // what Enter does to a button
	d.WaitFor(isOpen("B") + ` && document.activeElement.id === "chart-symbol"`)
	d.Eval(`document.querySelector("#chart-steps [value='5m']").click()`, nil)
	d.WaitFor(`document.querySelector("#chart-steps [aria-pressed='true']").value === "5m"`)
	d.Press("Escape")
	d.WaitFor(`!(` + chartOpen + `) && ` + focused("B"))
	// What a filter is left with is for the filter.
	d.Eval(opener("B")+`.click()`, nil)
	d.Press("/")
	d.Press("b")
	d.WaitFor(shown + `.join() === "B"`)
	d.Press("Escape")
	d.WaitFor(shown + `.join() === "A,B,C" && ` + isOpen("B"))
	d.WaitFor(`[...document.querySelectorAll("#chart button")].every((b) => b.textContent.trim() && b.tabIndex === 0)`)
	d.WaitFor(`document.querySelector("#chart-close").ariaLabel && document.querySelector("#chart-steps").ariaLabel`)
}

func focusStays(d *dashboard) {
	d.quotes(records(500, 1, "5")...)
	d.WaitFor(statusIs("S0003", "live"))
	d.Eval(`document.querySelector("th.c-last button").click(), `+opener("S0003")+`.focus()`, nil)
	d.quotes(quote("S0001", 2, "6", ""), quote("S0000", 2, "6", "")) // they go to the end
	d.WaitFor(shown + `[0] === "S0002" && document.activeElement === ` + opener("S0003"))
	d.quotes(quote("S0003", 2, "4", ""))
	d.WaitFor(shown + `[0] === "S0003" && document.activeElement === ` + opener("S0003"))
	d.Eval(`document.getElementById("scroller").scrollTop = 6000`, nil)
	d.WaitFor(`!(` + row("S0003") + `) && document.activeElement.id === "scroller"`)
}

func deepLink(d *dashboard) {
	d.quotes(quote("BTC/USD:X", 1, "1", ""), quote("A", 1, "1", ""))
	d.WaitFor(statusIs("A", "live"))
	d.Eval(`location.hash = "#chart=BTC%2FUSD:X&step=1h", null`, nil)
	d.WaitFor(isOpen("BTC/USD:X") + ` && document.querySelector("#chart-steps [aria-pressed='true']").value === "1h"`)
	d.Eval(opener("A")+`.click()`, nil)
	d.WaitFor(`location.hash === "#chart=A&step=1h"`)
	d.Eval(`document.querySelector("#chart-steps [value='1d']").click()`, nil)
	d.WaitFor(`location.hash === "#chart=A&step=1d"`)
	d.Eval(`location.reload()`, nil)
	d.server.session().quotes(quote("A", 1, "1", ""))
	d.WaitFor(isOpen("A") + ` && document.querySelector("#chart-steps [aria-pressed='true']").value === "1d"`)
	for _, address := range []string{"#chart=<b>", "#chart=a", "#", "#chart=" + strings.Repeat("A", 33)} {
		d.Eval(`location.hash = "#chart=A", null`, nil)
		d.WaitFor(isOpen("A"))
		d.Eval(`location.hash = `+js(address)+`, null`, nil)
		d.WaitFor(`!(` + chartOpen + `) && location.hash === ""`)
	}
	d.Eval(`location.hash = "#chart=NEVER&step=2w", null`, nil)
	d.WaitFor(chartOpen + " && " + noteIs("No trades in this range · Not live: pending"))
}

func hostileNames(d *dashboard) {
	const markup = `<img src=x onerror=hacked=1>`
	for i, symbol := range []string{markup, `../../x`, `"><script>hacked=1</script>`, "A?from=1#\u202eB"} {
		clean := strings.ReplaceAll(symbol, "\u202e", "\uFFFD")
		d.quotes(quote(symbol, 1, "1", ""))
		d.server.past.fail(404, "not_found", markup)
		d.WaitFor(statusIs(clean, "live"))
		d.Eval(opener(clean)+`.click()`, nil)
		d.WaitFor(isOpen(clean) + " && " + noteIs("No history for "+clean+" yet: live only"))
		if asked := d.server.past.questions(); len(asked) <= i || asked[len(asked)-1].symbol != symbol {
			d.t.Errorf("for %q the page asked %+v", symbol, asked)
		}
		d.server.past.fail(400, "bad_request", markup)
		d.Eval(`document.querySelector("#chart-steps [aria-pressed='false']").click()`, nil)
		d.WaitFor(noteIs("History was refused (" + markup + "): live only"))
	}
	d.WaitFor(`document.querySelector("#chart img, #chart script") === null && !("hacked" in window)`)
}

const libraryAsked = `performance.getEntriesByType("resource").filter(({name}) => name.includes("/vendor/")).length`

func libraryLoaded(d *dashboard) {
	d.quotes(quote("A", 1, "1", ""))
	d.WaitFor(statusIs("A", "live") + " && " + libraryAsked + " === 0")
	d.Eval(`globalThis.violations = [], addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective + " " + event.sample)), null`, nil)
	d.openPending("A", "1m")
	d.WaitFor(`(() => {
		const logo = document.getElementById("tv-attr-logo");
		const {left, top, width, height} = logo.getBoundingClientRect();
		const stage = document.getElementById("chart-canvas").getBoundingClientRect();
		return width === 35 && height === 19 && left >= stage.left && top >= stage.top && top + height <= stage.bottom
			&& new URL(logo.href).host === "www.tradingview.com" && logo.querySelector("svg");
	})()`)
	d.WaitFor(libraryAsked + " === 1 && " + `document.querySelector(".credit").textContent.includes("TradingView Lightweight Charts™")`)
	d.WaitFor(`[...document.querySelectorAll(".credit a")].map((a) => a.getAttribute("href")).join() ===
		"https://www.tradingview.com/,vendor/lightweight-charts/NOTICE,vendor/lightweight-charts/LICENSE"`)
	d.WaitFor(`violations.length === 0`)
}

// refused tries to make markup and scripts of text, in every way that a logo
// could be mistaken for, and lists what was let through.
const refused = `((logo) => {
	const through = [];
	const attempt = (name, act) => { try { act(); through.push(name); } catch (error) { if (!(error instanceof TypeError)) through.push(name + " " + error); } };
	const div = document.createElement("div");
	for (const text of ["", "<b>b</b>", logo + " ", logo.replace("<svg", "<svg onload=alert(1)"), logo.toUpperCase(), "<svg></svg>"]) {
		attempt("innerHTML " + text, () => { div.innerHTML = text; });
		attempt("insertAdjacentHTML " + text, () => div.insertAdjacentHTML("beforeend", text));
		attempt("srcdoc " + text, () => { document.createElement("iframe").srcdoc = text; });
		attempt("parse " + text, () => new DOMParser().parseFromString(text, "text/html"));
	}
	attempt("script text", () => { document.createElement("script").text = "1"; });
	attempt("script src", () => { document.createElement("script").src = "/app.js"; });
	attempt("eval", () => setTimeout("1"));
	attempt("a policy", () => trustedTypes.createPolicy("other", {createHTML: (x) => x}));
	if (trustedTypes.defaultPolicy) attempt("a second default policy", () => trustedTypes.createPolicy("default", {createHTML: (x) => x}));
	return through;
})`

func markupRefused(d *dashboard) {
	d.provoked = true
	check := func(when string) {
		var through []string
		d.Eval(refused+`(document.querySelector("#tv-attr-logo")?.innerHTML ?? "<svg>")`, &through)
		for _, way := range through {
			d.t.Errorf("%s a chart: %s was let through", when, way)
		}
	}
	check("before")
	d.openPending("A", "1m")
	d.WaitFor(`document.getElementById("tv-attr-logo") !== null`)
	check("with")
	d.Press("Escape")
	d.WaitFor(`!(` + chartOpen + `)`)
	check("after")
}

// counted replaces what starts listeners, timers, observers and requests by
// what also keeps count of those that have not ended.
const counted = `(() => {
	const held = globalThis.held = new Map();
	const count = (what, by) => held.set(what, (held.get(what) ?? 0) + by);
	const {addEventListener, removeEventListener} = EventTarget.prototype;
	const listening = new Map();
	const key = (target, type, listener) => {
		if (!listening.has(target)) listening.set(target, new Map());
		const of = listening.get(target);
		if (!of.has(type)) of.set(type, new Set());
		return of.get(type);
	};
	const kept = (target) => !(target instanceof Node) || target === document || target.isConnected;
	EventTarget.prototype.addEventListener = function(type, listener, options) {
		if (listener) key(this ?? window, type).add(listener);
		return addEventListener.call(this ?? window, type, listener, options);
	};
	EventTarget.prototype.removeEventListener = function(type, listener, options) {
		key(this ?? window, type).delete(listener);
		return removeEventListener.call(this ?? window, type, listener, options);
	};
	globalThis.listeners = () => [...listening].filter(([target]) => kept(target)).flatMap(([target, of]) =>
		[...of].flatMap(([type, set]) => [...set].map(() => (target.constructor.name) + " " + type))).sort();
	for (const [begin, end] of [["setTimeout", "clearTimeout"], ["setInterval", "clearInterval"]]) {
		const pending = new Set();
		const [start, stop] = [globalThis[begin], globalThis[end]];
		globalThis[begin] = (call, ms) => {
			const id = start(() => { if (begin === "setTimeout") pending.delete(id); call(); }, ms);
			pending.add(id);
			return id;
		};
		globalThis[end] = (id) => { pending.delete(id); stop(id); };
		globalThis[begin + "s"] = () => pending.size;
	}
	const observers = new Set();
	globalThis.observers = () => observers.size;
	globalThis.ResizeObserver = class extends ResizeObserver {
		observe(...args) { observers.add(this); super.observe(...args); }
		disconnect() { observers.delete(this); super.disconnect(); }
	};
	globalThis.leftovers = () => ({listeners: listeners(), timeouts: setTimeouts(), intervals: setIntervals(),
		observers: observers.size, canvases: document.querySelectorAll("canvas").length,
		inside: document.getElementById("chart-canvas").childNodes.length});
	return null;
})()`

func nothingLeft(d *dashboard) {
	d.server.past.tell(walk(time.Now(), time.Second, 300)...)
	d.quotes(quote("A", 1, "1", ""), quote("B", 1, "1", ""))
	d.WaitFor(statusIs("B", "live"))
	d.Eval(counted, nil)
	// The client looks for a heartbeat by a timer that it sets again and again.
	d.WaitFor(`setTimeouts() === 1`)
	d.Eval(`globalThis.before = JSON.stringify(leftovers()), null`, nil)
	for _, symbol := range []string{"A", "B", "A"} {
		d.openChart(symbol, "1s")
		d.Eval(`document.querySelector("#chart-canvas canvas").dispatchEvent(new MouseEvent("mouseenter", {clientX: 300, clientY: 600})), null`, nil)
	}
	var during struct {
		Listeners           []string
		Observers, Timeouts int
	}
	d.Eval(`leftovers()`, &during)
	if len(during.Listeners) < 2 || during.Observers == 0 || during.Timeouts == 0 {
		d.t.Errorf("an open chart is not seen to hold anything: %+v", during)
	}
	d.Press("Escape")
	d.WaitFor(`!(` + chartOpen + `)`)
	d.WaitFor(`JSON.stringify(leftovers()) === before`)
	const wait = `new Promise((resolve) => setTimeout(resolve, %d))`
	d.Eval(fmt.Sprintf(wait, 500), nil) // for what was under way
	asked := len(d.server.past.questions())
	d.Eval(fmt.Sprintf(wait, 2500), nil)
	if now := len(d.server.past.questions()); now != asked {
		d.t.Errorf("a closed chart asked for candles %d times", now-asked)
	}
}

func brokenLibrary(d *dashboard) {
	d.provoked = true
	d.server.withoutLibrary.Store(true)
	d.quotes(quote("A", 1, "1", ""))
	d.openPending("A", "1m")
	d.WaitFor(noteIs("The chart could not be loaded"))
	d.server.withoutLibrary.Store(false)
	d.Eval(`document.getElementById("chart-close").click()`, nil)
	d.openPending("A", "1m")
	d.WaitFor(`document.querySelector("#chart-canvas canvas") !== null`)
}

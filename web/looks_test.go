package web

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLooks(t *testing.T) {
	t.Parallel()
	runRules(t, []rule{
		{name: "text keeps a contrast of 4.5 in both themes and every state", try: contrast, options: granting("500ms")},
		{name: "a phone shows the columns that matter", try: phone},
		{name: "nothing moves for who wants no motion", try: reducedMotion},
		{name: "rendering waits for the animation frame, folding does not", try: oncePerFrame},
		{name: "a change of state is spoken, the countdown is not", try: spoken},
		{name: "the table is a table to assistive technology", try: semantics},
	})
}

// faint lists the texts whose contrast with what is behind them is under 4.5,
// with flashes frozen where they are strongest.
const faint = `(() => {
	for (const animation of document.getAnimations()) { animation.pause(); animation.currentTime = 0; }
	const parse = (color) => color.match(/[\d.]+/g).map(Number);
	const light = (color) => {
		const [r, g, b] = parse(color).map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const ground = (element) => {
		const color = getComputedStyle(element).backgroundColor;
		return parse(color)[3] === 0 ? ground(element.parentElement) : color;
	};
	const check = (element, color, text) => {
		const [low, high] = [light(color), light(ground(element))].sort((a, b) => a - b);
		const ratio = (high + 0.05) / (low + 0.05);
		if (!(ratio >= 4.5)) bad.add(ratio.toFixed(2) + " " + text + " " + color + " on " + ground(element));
	};
	const bad = new Set();
	for (const element of document.body.querySelectorAll("*")) {
		const own = [...element.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data.trim()).join("");
		if (own && element.checkVisibility()) check(element, getComputedStyle(element).color, own);
		if (element.placeholder) check(element, getComputedStyle(element, "::placeholder").color, element.placeholder);
	}
	return [...bad];
})()`

func contrast(d *dashboard) {
	d.send(`{"type":"error","id":"x","code":"internal","message":"a notice"}`)
	d.quotes(quote("UP", 1, "1", ""), quote("DOWN", 1, "1", ""),
		quote("STALE", 1, "1", `,"status":"stale","reason":"silent"`), quote("HALTED", 1, "1", `,"status":"halted"`))
	d.WaitFor(statusIs("UP", "live"))
	for seq, theme := range []string{"light", "dark"} {
		d.Media("prefers-color-scheme", theme)
		d.quotes(quote("UP", 2+seq, fmt.Sprint(2+seq), ""), quote("DOWN", 2+seq, fmt.Sprint(-1-seq), ""))
		d.WaitFor(cellIs("DOWN", "last", fmt.Sprint(-1-seq)) + ` && document.getAnimations().length > 0`)
		reportFaint(d, "live, "+theme)
	}
	d.server.turnAway.Store(true)
	d.server.hangUp()
	d.WaitFor(linkIs("disconnected") + " && " + statusIs("UP", "offline"))
	checkContrast(d, "disconnected")
	d.server.turnAway.Store(false)
	d.server.session().close(4101, "")
	d.WaitFor(linkIs("closed"))
	checkContrast(d, "refused")
}

func checkContrast(d *dashboard, state string) {
	d.t.Helper()
	for _, theme := range []string{"light", "dark"} {
		d.Media("prefers-color-scheme", theme)
		reportFaint(d, state+", "+theme)
	}
}

func reportFaint(d *dashboard, state string) {
	d.t.Helper()
	var texts []string
	d.Eval(faint, &texts)
	for _, text := range texts {
		d.t.Errorf("%s: contrast %s", state, text)
	}
}

func phone(d *dashboard) {
	const headings = `[...document.querySelectorAll("th")].filter((th) => th.checkVisibility()).map((th) => th.textContent)`
	d.quotes(quote("BTC-USD", 1, "96123.45", `,"status":"stale","reason":"disconnected"`))
	d.WaitFor(statusIs("BTC-USD", "stale"))
	var wide, narrow []string
	d.Eval(headings, &wide)
	d.Resize(390, 844)
	d.Eval(headings, &narrow)
	want := []string{"Symbol", "Trend", "Last", "Chg %", "Status"}
	if len(wide) != 15 || !cmp.Equal(narrow, want) {
		d.t.Errorf("headings are %q, and %q on a phone", wide, narrow)
	}
	d.WaitFor(`document.getElementById("scroller").scrollWidth <= document.getElementById("scroller").clientWidth`)
	d.quotes(quote("LONG", 1, "0.00000001234567890123", ""))
	d.WaitFor(cellIs("LONG", "last", "0.00000001234567890123") + ` && document.documentElement.scrollWidth <= 390`)
	// However wide the prices are: what they are prices of, and whether they
	// can be believed, is in sight.
	d.WaitFor(`[".c-symbol", ".c-status"].every((name) => {
		const {left, right} = ` + row("LONG") + `.querySelector(name).getBoundingClientRect();
		return left >= 0 && right <= 390 && right - left > 30;
	})`)
}

func reducedMotion(d *dashboard) {
	d.Media("prefers-reduced-motion", "reduce")
	d.quotes(quote("A", 1, "1", ""))
	d.WaitFor(cellIs("A", "last", "1"))
	d.quotes(quote("A", 2, "2", ""))
	last := row("A") + `.querySelector(".c-last")`
	d.WaitFor(last + `.className.includes("up-")`)
	d.WaitFor(`getComputedStyle(` + last + `).animationName === "none"`)
}

func oncePerFrame(d *dashboard) {
	d.quotes(quote("A", 1, "1", ""))
	d.WaitFor(cellIs("A", "last", "1"))
	// A hidden page gets no animation frames.
	d.Eval(`globalThis.frames_ = [], globalThis.requestAnimationFrame = (callback) => frames_.push(callback), null`, nil)
	for seq := 2; seq < 12; seq++ {
		d.quotes(quote("A", 2*seq, fmt.Sprint(seq), ""))
	}
	d.WaitFor(textIs("conflated", "11"))
	d.WaitFor(cellIs("A", "last", "1") + ` && frames_.length === 1`)
	d.Eval(`frames_[0](), null`, nil)
	d.WaitFor(cellIs("A", "last", "11"))
}

func spoken(d *dashboard) {
	d.Eval(`globalThis.spoken = [], new MutationObserver(() => spoken.push(document.getElementById("state").textContent))
		.observe(document.getElementById("state"), {childList: true, characterData: true, subtree: true}), null`, nil)
	d.server.turnAway.Store(true)
	d.close(1001, "")
	d.WaitFor(linkIs("disconnected"))
	d.WaitFor(`document.getElementById("state").ariaLive === "polite" && !document.querySelector("[aria-live] #retry")`)
	d.server.turnAway.Store(false)
	d.server.session()
	d.WaitFor(linkIs("connected"))
	var said []string
	d.Eval(`spoken`, &said)
	if first, last := said[0], said[len(said)-1]; first != "Disconnected: the server is going away (1001)" || last != "Live over WebSocket" {
		d.t.Errorf("spoken were %q", said)
	}
	if strings.Contains(strings.Join(said, " "), "retry in") {
		d.t.Errorf("the countdown was spoken: %q", said)
	}
}

func semantics(d *dashboard) {
	d.quotes(records(60, 1, "1")...)
	d.WaitFor(statusIs("S0003", "live") + ` && document.querySelector("table").ariaRowCount === "61"`)
	d.WaitFor(row("S0003") + `.ariaRowIndex === "5"`)
	d.WaitFor(`[...document.querySelectorAll("th")].every((th) => th.scope === "col" && th.ariaSort && th.querySelector("button"))`)
	d.WaitFor(`[...document.querySelectorAll("input, select")].every((field) => field.labels.length === 1 || field.ariaLabel)`)
}

package web

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestKeys(t *testing.T) {
	t.Parallel()
	runRules(t, []rule{
		{name: "the tabulator stops once in the list and at everything else", try: tabStops},
		{name: "the buttons of a row are reached by arrows", try: withinRow},
		{name: "help lists the keys and keeps them to itself", try: helpSheet},
		{name: "keys of a single character can be turned off", try: keysOff},
		{name: "what has the focus is seen", try: visibleFocus},
	})
}

// stops is the JavaScript for what the tabulator stops at, in its order.
const stops = `[...document.querySelectorAll("button, input, select, a[href], [tabindex]")]
	.filter((stop) => stop.tabIndex >= 0 && stop.checkVisibility())
	.map((stop) => stop.id || stop.ariaLabel || stop.textContent.trim())`

func tabStops(d *dashboard) {
	d.visit("#watch=A,B")
	d.wanted("250ms", "A", "B")
	d.quotes(quote("A", 1, "1", ""), quote("B", 1, "1", ""))
	d.WaitFor(statusIs("B", "live"))
	var got []string
	want := []string{
		"find", "interval", "open-ledger", "theme", "open-help", "show-all", "scroller",
		"Symbol", "Trend", "Bid size", "Bid", "Ask", "Ask size", "Spread", "Last", "Change", "Chg %", "Volume", "Rec/s", "Interval", "Age", "Status",
		"A",
	}
	d.Eval(stops, &got)
	if diff := cmp.Diff(want, got); diff != "" {
		d.t.Errorf("the tabulator stops at (-want +got):\n%s", diff)
	}
	d.Eval(opener("A")+`.focus()`, nil)
	d.Press("ArrowDown")
	d.WaitFor(`document.activeElement === ` + opener("B") + ` && ` + opener("B") + `.tabIndex === 0 && ` + opener("A") + `.tabIndex === -1`)
}

func withinRow(d *dashboard) {
	d.visit("#watch=A,BTC-*")
	d.wanted("250ms", "A", "BTC-*")
	d.quotes(quote("A", 1, "1", ""), quote("BTC-USD", 1, "1", ""))
	d.WaitFor(statusIs("BTC-USD", "live"))
	d.Eval(opener("A")+`.focus()`, nil)
	d.Press("ArrowRight")
	d.WaitFor(`document.activeElement === ` + row("A") + `.querySelector("select")`)
	d.Press("Escape")
	d.WaitFor(`document.activeElement === ` + opener("A"))
	d.Eval(row("A")+`.querySelector(".remove").focus()`, nil)
	d.Press("ArrowRight")
	d.WaitFor(`document.activeElement === ` + row("A") + `.querySelector(".remove")`)
	d.Press("ArrowLeft")
	d.WaitFor(`document.activeElement === ` + row("A") + `.querySelector("select")`)
	// A row of a pattern cannot be removed.
	d.Eval(opener("BTC-USD")+`.focus()`, nil)
	d.Press("Delete")
	d.Press("ArrowRight")
	d.Press("ArrowRight")
	d.WaitFor(`document.activeElement === ` + row("BTC-USD") + `.querySelector("select") && ` + hashIs("#watch=A,BTC-*"))
}

func helpSheet(d *dashboard) {
	d.Press("?")
	d.WaitFor(`document.getElementById("help").open && document.activeElement.id === "help-close"`)
	d.WaitFor(`["/", "a", "l", "t", "?", "Escape", "Delete", "Enter"].every((key) =>
		[...document.querySelectorAll("#help kbd")].some((kbd) => kbd.textContent === key))`)
	d.Press("l")
	d.Press("/")
	d.WaitFor(`document.getElementById("ledger").hidden && document.activeElement.id === "help-close"`)
	checkContrast(d, "help")
	d.Press("Escape")
	d.WaitFor(`!document.getElementById("help").open`)
	d.Eval(`document.getElementById("open-help").click()`, nil)
	d.WaitFor(`document.getElementById("help").open`)
	d.Eval(`document.getElementById("help-close").click()`, nil)
	d.WaitFor(`!document.getElementById("help").open`)
}

func keysOff(d *dashboard) {
	d.Eval(`document.getElementById("shortcuts").click()`, nil)
	d.Press("l")
	d.Press("/")
	d.Press("?")
	d.WaitFor(`document.getElementById("ledger").hidden && document.activeElement.id !== "find" && !document.getElementById("help").open`)
	d.Eval(`location.reload()`, nil)
	d.server.session()
	d.WaitFor(linkIs("connected") + ` && !document.getElementById("shortcuts").checked`)
	d.Eval(`document.getElementById("shortcuts").click()`, nil)
	d.Press("l")
	d.WaitFor(`!document.getElementById("ledger").hidden`)
}

func visibleFocus(d *dashboard) {
	d.visit("#watch=A,B*&chart=A")
	d.wanted("250ms", "A", "B*")
	d.quotes(quote("A", 1, "1", ""))
	d.WaitFor(statusIs("A", "live"))
	d.Press("l")
	var dark []string
	// A key was pressed, so that focus by script counts as by the keyboard.
	d.Eval(`[...document.querySelectorAll("button, input, select, a[href], [tabindex]")].filter((stop) => stop.checkVisibility()).filter((stop) => {
		stop.focus();
		const ringed = (element) => getComputedStyle(element).outlineStyle !== "none" && getComputedStyle(element).outlineWidth !== "0px";
		return !ringed(stop) && !ringed(stop.closest("tr") ?? stop);
	}).map((stop) => stop.outerHTML)`, &dark)
	for _, stop := range dark {
		d.t.Errorf("nobody sees that this has the focus: %s", stop)
	}
}

package web

import (
	"testing"
)

// blocked makes the server one that only plain HTTP gets through to.
func blocked() []func(*ticker) {
	return []func(*ticker){func(s *ticker) { s.withoutSocket = true }}
}

func TestTransport(t *testing.T) {
	t.Parallel()
	runRules(t, []rule{
		{name: "where WebSocket is blocked the page is live over SSE", try: overSSE, options: blocked()},
		{name: "a hidden page asks for less and catches up when it is shown", try: hiddenTab},
	})
}

func overSSE(d *dashboard) {
	d.WaitFor(textIs("state", "Live over SSE"))
	d.quotes(quote("A", 1, "1.50", ""), quote("B", 1, "1", ""))
	d.WaitFor(cellIs("A", "last", "1.50") + " && " + statusIs("A", "live"))
	d.server.past.tell(trade{ago(60e9), 500, 1})
	d.openPending("A", "1m")
	d.WaitFor(`candles.list.length === 1`)
	d.visit("#watch=B")
	again := d.server.session()
	if c := again.next("subscribe"); len(c.Symbols) != 1 || c.Symbols[0] != "B" {
		d.t.Errorf("the page asked for %q, want B", c.Symbols)
	}
	again.quotes(quote("B", 2, "2", ""))
	d.WaitFor(shown + `.join() === "B" && ` + cellIs("B", "last", "2"))
}

func hiddenTab(d *dashboard) {
	d.wanted("250ms", "*")
	d.Eval(`Object.defineProperty(document, "hidden", {value: true, configurable: true}),
		document.dispatchEvent(new Event("visibilitychange")), null`, nil)
	d.wanted("5s", "*")
	d.Eval(`delete document.hidden, document.dispatchEvent(new Event("visibilitychange")), null`, nil)
	d.wanted("250ms", "*")
	d.quotes(quote("A", 900, "9", ""))
	d.WaitFor(textIs("granted", "") + " && " + cellIs("A", "last", "9") + " && " + statusIs("A", "live"))
}

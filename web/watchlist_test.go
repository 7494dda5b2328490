package web

import (
	"fmt"
	"testing"
)

func TestWatchlist(t *testing.T) {
	t.Parallel()
	runRules(t, []rule{
		{name: "prices appear, move and flash", try: pricesMove},
		{name: "every digit is shown", try: everyDigit},
		{name: "change counts from open or else from the first price", try: changeBase},
		{name: "a row says when its record is stale or halted", try: staleAndHalted},
		{name: "conflated updates are counted", try: conflatedCount},
		{name: "a late record never moves a price back", try: lateRecord},
		{name: "filter takes a prefix in either case", try: filterPrefix},
		{name: "a click on a heading sorts by value, unknown last", try: sortByColumn},
		{name: "five thousand symbols need under a hundred rows", try: manySymbols},
		{name: "text from the server never becomes markup", try: hostileText},
	})
}

func pricesMove(d *dashboard) {
	if c := d.next("subscribe"); len(c.Symbols) != 1 || c.Symbols[0] != "*" || c.Interval != "250ms" {
		d.t.Errorf("the page subscribed with %+v, want * at 250ms", c)
	}
	d.quotes(quote("AAPL", 1, "189.98", ""), quote("MSFT", 1, "410.5", ""))
	d.WaitFor(shown + `.join() === "AAPL,MSFT"`)
	d.WaitFor(cellIs("AAPL", "bid", "189.98") + " && " + statusIs("AAPL", "live"))
	d.WaitFor(cellIs("AAPL", "bidSize", "300") + " && " + cellIs("AAPL", "volume", "1,234,567"))

	d.quotes(quote("AAPL", 2, "190.01", ""), quote("MSFT", 2, "410.25", ""))
	d.WaitFor(cellIs("AAPL", "bid", "190.01") + " && " + row("AAPL") + `.querySelector(".c-bid").className.includes("up-")`)
	d.WaitFor(cellIs("MSFT", "bid", "410.25") + " && " + row("MSFT") + `.querySelector(".c-bid").className.includes("down-")`)
	d.WaitFor(cellIs("AAPL", "change", "+0.03") + " && " + cellIs("AAPL", "percent", "+0.02"))
}

func everyDigit(d *dashboard) {
	d.quotes(
		quote("TINY", 1, "0.00000001234567890123", ""),
		quote("WIDE", 1, "12345678901234567890123456789012345678", ""),
		`{"symbol":"SPREAD","seq":1,"bid":0.1,"ask":0.30000000000000000001,"bidSize":9007199254740993}`,
	)
	d.WaitFor(cellIs("TINY", "bid", "0.00000001234567890123"))
	d.WaitFor(cellIs("WIDE", "last", "12345678901234567890123456789012345678"))
	d.WaitFor(cellIs("SPREAD", "spread", "0.20000000000000000001"))
	d.WaitFor(cellIs("SPREAD", "bidSize", "9,007,199,254,740,993"))
	// Shown means not cut off either.
	d.WaitFor(`[...document.querySelectorAll("td")].every((td) => td.scrollWidth <= td.clientWidth)`)
}

func changeBase(d *dashboard) {
	d.quotes(quote("OPEN", 1, "110", `,"open":100`), quote("NONE", 1, "8", ""))
	d.WaitFor(cellIs("OPEN", "percent", "+10.00") + " && " + cellIs("NONE", "percent", "0.00"))
	d.quotes(quote("OPEN", 2, "99.5", `,"open":100`), quote("NONE", 2, "7.99", ""))
	d.WaitFor(cellIs("OPEN", "change", "-0.5") + " && " + cellIs("OPEN", "percent", "-0.50"))
	d.WaitFor(cellIs("NONE", "change", "-0.01") + " && " + cellIs("NONE", "percent", "-0.13"))
	d.WaitFor(row("OPEN") + `.querySelector(".c-percent").classList.contains("fall")`)
}

func staleAndHalted(d *dashboard) {
	d.quotes(quote("A", 1, "1", ""), quote("B", 1, "1", ""))
	d.WaitFor(statusIs("A", "live"))
	d.quotes(quote("A", 2, "1", `,"status":"stale","reason":"disconnected"`), quote("B", 2, "1", `,"status":"halted"`))
	d.WaitFor(statusIs("A", "stale") + " && " + cellIs("A", "status", "stale (disconnected)"))
	d.WaitFor(statusIs("B", "halted") + " && " + cellIs("B", "status", "halted"))
	d.quotes(quote("A", 3, "1", `,"status":"live"`), quote("B", 3, "1", ""))
	d.WaitFor(statusIs("A", "live") + " && " + statusIs("B", "live"))
}

func conflatedCount(d *dashboard) {
	d.quotes(quote("A", 1000, "1", ""), quote("B", 7, "1", ""))
	d.quotes(quote("A", 1005, "2", ""))
	d.quotes(quote("A", 1006, "3", ""), quote("B", 17, "2", ""))
	d.WaitFor(textIs("conflated", "13"))
	d.WaitFor(textIs("symbols", "2"))
}

func lateRecord(d *dashboard) {
	d.quotes(quote("A", 5, "5", ""))
	d.quotes(quote("A", 4, "4", ""), quote("B", 1, "1", ""))
	d.WaitFor(cellIs("B", "last", "1") + " && " + cellIs("A", "last", "5"))
}

func filterPrefix(d *dashboard) {
	d.quotes(quote("AAPL", 1, "1", ""), quote("BTC-USD", 1, "1", ""), quote("BTC-EUR", 1, "1", ""))
	d.WaitFor(shown + `.length === 3`)
	d.Press("/")
	d.WaitFor(`document.activeElement.id === "find" && document.activeElement.value === ""`)
	for _, key := range []string{"b", "t", "C"} {
		d.Press(key)
	}
	d.WaitFor(shown + `.join() === "BTC-EUR,BTC-USD"`)
	d.quotes(quote("BTC-CHF", 1, "1", ""), quote("ETH-USD", 1, "1", ""))
	d.WaitFor(shown + `.join() === "BTC-CHF,BTC-EUR,BTC-USD"`)
	d.Press("x")
	d.WaitFor(textIs("empty", "No symbol in the list begins with BTCX"))
	d.Press("Escape")
	d.WaitFor(shown + `.length === 5 && document.getElementById("find").value === ""`)
}

func sortByColumn(d *dashboard) {
	d.quotes(
		quote("A", 1, "9", ""), quote("B", 1, "10.00000000000000000001", ""), `{"symbol":"C","seq":1}`,
		quote("D", 1, "-2", ""), quote("E", 1, "10.00000000000000000002", ""),
	)
	d.WaitFor(shown + `.join() === "A,B,C,D,E"`)
	click := `document.querySelector("th.c-last button").click()`
	d.Eval(click, nil)
	d.WaitFor(shown + `.join() === "D,A,B,E,C" && document.querySelector("th.c-last").ariaSort === "ascending"`)
	d.Eval(click, nil)
	d.WaitFor(shown + `.join() === "E,B,A,D,C" && document.querySelector("th.c-last").ariaSort === "descending"`)
	d.quotes(quote("D", 2, "11", ""))
	d.WaitFor(shown + `.join() === "D,E,B,A,C"`)
	d.Eval(`document.querySelector("th.c-symbol button").click()`, nil)
	d.WaitFor(shown + `.join() === "A,B,C,D,E" && document.querySelector("th.c-last").ariaSort === "none"`)
}

func manySymbols(d *dashboard) {
	d.quotes(records(5000, 1, "1.5")...)
	d.WaitFor(textIs("symbols", "5,000"))
	const fewRows = `document.querySelectorAll("tbody tr").length < 100`
	d.WaitFor(fewRows + ` && document.querySelectorAll("tbody tr").length > 20`)
	d.WaitFor(`document.querySelector("table").ariaRowCount === "5001"`)
	d.Press("End")
	d.WaitFor(cellIs("S4999", "last", "1.5") + ` && ` + row("S4999") + `.ariaRowIndex === "5001" && ` + fewRows)
	d.Press("PageUp")
	d.WaitFor(`!(` + row("S4999") + `) || ` + row("S4999") + `.getBoundingClientRect().bottom > innerHeight`)
	d.Press("Home")
	d.Press("ArrowDown")
	d.WaitFor(`document.getElementById("scroller").scrollTop === 24`)
	d.quotes(records(5000, 2, "1.75")...)
	d.WaitFor(cellIs("S0003", "last", "1.75") + ` && ` + fewRows)
}

func hostileText(d *dashboard) {
	const markup = `<img src=x onerror=hacked=1>`
	d.quotes(fmt.Sprintf(`{"symbol":%s,"seq":1,"source":%s,"status":"stale","reason":%s}`,
		js(markup), js(`"><script>hacked=1</script>`), js(markup)))
	d.WaitFor(cellIs(markup, "symbol", markup) + ` && ` + row(markup) + `.querySelector(".c-symbol").title.includes("<script>")`)
	d.WaitFor(cellIs(markup, "bid", "") + ` && ` + cell(markup, "status") + `.startsWith("stale (<img")`)
	d.quotes(quote("A\u202eB\u0007C", 1, "1", ""))
	d.WaitFor(cellIs("A\uFFFDB\uFFFDC", "last", "1"))
	d.send(`{"type":"error","id":"x","code":"internal","message":` + js(markup) + `}`)
	d.WaitFor(`document.getElementById("notice").textContent.includes("<img")`)
	d.close(4103, markup)
	d.WaitFor(linkIs("closed") + ` && document.getElementById("state").textContent.includes("<img")`)
	d.WaitFor(`document.querySelector("img") === null && !("hacked" in window)`)
}

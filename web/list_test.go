package web

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestList(t *testing.T) {
	t.Parallel()
	finding := func(s *ticker) { s.symbols = []string{"AAPL", "AMZN", "BTC-EUR", "BTC-USD", "BTC-USDT"} }
	runRules(t, []rule{
		{name: "a symbol is found by its beginning and begins a list", try: findAndAdd, options: []func(*ticker){finding}},
		{name: "a fast typist is waited for", try: typeAhead, options: []func(*ticker){finding}},
		{name: "a pattern is added and removed as a whole", try: addPattern, options: []func(*ticker){finding}},
		{name: "a symbol that nobody knows yet can be added", try: addUnknown},
		{name: "a row is removed by its button and by a key", try: removeRows},
		{name: "the address is the list, and opens it", try: linkToList},
		{name: "all symbols come back, and the list by the way back", try: allAgain},
		{name: "an address is not trusted", try: badAddresses},
		{name: "a row can have an interval of its own", try: ownInterval},
		{name: "a faster row keeps its pace beside all symbols", try: fasterRow},
		{name: "a symbol that is not for this client says so", try: forbiddenSymbol, options: []func(*ticker){func(s *ticker) { s.reject = "B" }}},
		{name: "the sides of a composite are named", try: compositeSource},
		{name: "a chart beside the list is live too", try: chartBeside},
		{name: "records a second are counted for each row", try: rowRate},
	})
}

func (d *dashboard) find(text string) {
	d.t.Helper()
	var typing bool
	d.Eval(`document.activeElement.id === "find"`, &typing)
	if !typing {
		d.Press("/")
	}
	d.WaitFor(`document.activeElement.id === "find"`)
	for _, key := range strings.Split(text, "") {
		d.Press(key)
	}
}

const offers = `[...document.querySelectorAll("#offers li")].map((li) => li.firstChild.data).join()`

func hashIs(hash string) string { return `location.hash === ` + js(hash) }

// visit goes to an address within the page.
func (d *dashboard) visit(hash string) {
	d.t.Helper()
	d.Eval(`location.hash = `+js(hash)+`, null`, nil)
}

// wanted waits until the page has asked for exactly these symbols at an
// interval, in any order.
func (d *dashboard) wanted(interval string, symbols ...string) {
	d.t.Helper()
	for {
		c := d.next("subscribe")
		slices.Sort(c.Symbols)
		if c.Interval == interval && slices.Equal(c.Symbols, symbols) {
			return
		}
	}
}

func findAndAdd(d *dashboard) {
	d.wanted("250ms", "*")
	d.quotes(quote("AAPL", 1, "1", ""), quote("MSFT", 1, "1", ""))
	d.find("a")
	d.WaitFor(offers + ` === "AAPL,AMZN,A*" && ` + shown + `.join() === "AAPL"`)
	d.Press("ArrowDown")
	d.WaitFor(`document.getElementById("find").getAttribute("aria-activedescendant") === document.querySelector("[aria-selected='true']").id`)
	d.WaitFor(`document.querySelector("[aria-selected='true']").firstChild.data === "AMZN"`)
	d.Press("Enter")
	if c := d.next("unsubscribe"); !slices.Equal(c.Symbols, []string{"*"}) {
		d.t.Errorf("the page left %q, want *", c.Symbols)
	}
	d.wanted("250ms", "AMZN")
	d.WaitFor(shown + `.join() === "AMZN" && ` + cellIs("AMZN", "status", "pending") + ` && ` + hashIs("#watch=AMZN"))
	d.WaitFor(`document.getElementById("offers").hidden && document.getElementById("find").value === ""`)
	d.quotes(quote("AMZN", 1, "7", ""))
	d.WaitFor(cellIs("AMZN", "last", "7") + " && " + statusIs("AMZN", "live"))
	d.find("aapl")
	d.WaitFor(offers + ` === "AAPL,AAPL*"`)
	d.Eval(`document.querySelector("#offers li").click()`, nil)
	d.WaitFor(shown + `.join() === "AAPL,AMZN" && ` + hashIs("#watch=AMZN,AAPL") + ` && ` + textIs("list-words", "Your list: 2 symbols"))
	d.find("a")
	d.WaitFor(`document.querySelector("#offers li span").textContent === "in the list"`)
	d.Press("Escape")
	d.WaitFor(`document.getElementById("offers").hidden && document.activeElement.id === "scroller"`)
}

func typeAhead(d *dashboard) {
	d.find("btc-eur")
	d.Press("Enter")
	d.WaitFor(hashIs("#watch=BTC-EUR"))
}

func addPattern(d *dashboard) {
	d.find("btc-*")
	d.WaitFor(offers + ` === "BTC-*,BTC-EUR,BTC-USD,BTC-USDT"`)
	d.Press("Enter")
	d.wanted("250ms", "BTC-*")
	d.quotes(quote("BTC-EUR", 1, "1", ""), quote("BTC-USD", 1, "2", ""), quote("ETH-USD", 1, "2", ""))
	d.WaitFor(shown + `.join() === "BTC-EUR,BTC-USD" && ` + hashIs("#watch=BTC-*"))
	d.WaitFor(row("BTC-EUR") + `.querySelector(".remove").hidden`)
	d.Eval(`document.querySelector("#patterns button").click()`, nil)
	d.WaitFor(shown + `.length === 0 && ` + textIs("empty", "Your list is empty: find a symbol to add") + ` && ` + hashIs("#watch="))
	d.WaitFor(`document.activeElement.id === "show-all"`)
}

func addUnknown(d *dashboard) {
	d.find("new")
	d.WaitFor(offers + ` === "NEW,NEW*"`)
	d.Press("Enter")
	d.WaitFor(cellIs("NEW", "status", "pending") + " && " + statusIs("NEW", "offline"))
	d.WaitFor(textIs("doubt", "1 of 1 not live"))
}

func removeRows(d *dashboard) {
	d.visit("#watch=A,B,C,D")
	d.wanted("250ms", "A", "B", "C", "D")
	d.quotes(quote("A", 1, "1", ""), quote("B", 1, "1", ""), quote("C", 1, "1", ""))
	d.WaitFor(statusIs("C", "live"))
	d.Eval(row("B")+`.querySelector(".remove").click()`, nil)
	d.WaitFor(shown + `.join() === "A,C,D" && ` + hashIs("#watch=A,C,D") + ` && document.getElementById("chart").hidden`)
	if c := d.next("unsubscribe"); !slices.Equal(c.Symbols, []string{"B"}) {
		d.t.Errorf("the page left %q, want B", c.Symbols)
	}
	d.Eval(opener("A")+`.focus()`, nil)
	d.Press("Delete")
	d.WaitFor(shown + `.join() === "C,D" && document.activeElement === ` + opener("C") + ` && ` + textIs("notice", "A was removed."))
	d.Eval(opener("D")+`.focus()`, nil)
	d.Press("Delete")
	d.WaitFor(shown + `.join() === "C"`)
}

func linkToList(d *dashboard) {
	d.visit("#watch=AAPL,BTC-*,MSFT@1s&interval=1s&chart=AAPL&step=5m")
	d.Eval(`location.reload()`, nil)
	again := d.server.session()
	asked := map[string]string{}
	for len(asked) < 3 {
		c := again.next("subscribe")
		for _, symbol := range c.Symbols {
			asked[symbol] = c.Interval
		}
	}
	if fmt.Sprint(asked) != "map[AAPL:1s BTC-*:1s MSFT:1s]" {
		d.t.Errorf("the page asked for %v", asked)
	}
	again.quotes(quote("AAPL", 1, "1", ""), quote("BTC-USD", 1, "1", ""))
	d.WaitFor(shown + `.join() === "AAPL,BTC-USD,MSFT" && ` + isOpen("AAPL"))
	d.WaitFor(`document.getElementById("interval").value === "1s" && ` + hashIs("#watch=AAPL,BTC-*,MSFT@1s&interval=1s&chart=AAPL&step=5m"))
	d.WaitFor(`document.querySelector("#patterns li").firstChild.data === "BTC-*"`)
}

func allAgain(d *dashboard) {
	d.visit("#watch=A,GONE")
	d.wanted("250ms", "A", "GONE")
	d.quotes(quote("A", 1, "1", ""))
	d.WaitFor(shown + `.join() === "A,GONE" && !document.getElementById("list").hidden`)
	d.Press("a")
	d.wanted("250ms", "*")
	d.quotes(quote("A", 2, "2", ""), quote("B", 1, "1", ""))
	// A name without a record was only of the list.
	d.WaitFor(shown + `.join() === "A,B" && location.hash === "" && document.getElementById("list").hidden`)
	d.Eval(`history.back()`, nil)
	d.WaitFor(shown + `.join() === "A,GONE" && ` + hashIs("#watch=A,GONE"))
}

func badAddresses(d *dashboard) {
	for hash, want := range map[string]string{
		"#watch=<b>,a,A":                       "A",
		"#watch=A@7s":                          "A",
		"#watch=A@1s@5s&interval=1h":           "A@1s",
		"#watch=A,A,A":                         "A",
		"#watch=__proto__,A":                   "A",
		"#watch=" + strings.Repeat("A", 33):    "",
		"#watch=A%0A,A*B,**,A":                 "A",
		"#watch=constructor&interval=toString": "",
	} {
		d.visit(hash)
		d.WaitFor(hashIs("#watch=" + want))
		d.visit("")
		d.WaitFor(hashIs(""))
	}
	many := make([]string, 600)
	for i := range many {
		many[i] = fmt.Sprintf("S%03d", i)
	}
	d.visit("#watch=" + strings.Join(many, ","))
	d.WaitFor(textIs("list-words", "Your list: 500 symbols"))
	d.find("xx")
	d.WaitFor(offers + ` === "XX,XX*"`)
	d.Press("Enter")
	d.WaitFor(textIs("notice", "The list is full."))
}

// choose sets the interval of a row.
func (d *dashboard) choose(symbol, interval string) {
	d.t.Helper()
	d.Eval(`((select) => {
		select.value = `+js(interval)+`;
		select.dispatchEvent(new Event("change", {bubbles: true}));
	})(`+row(symbol)+`.querySelector("select"))`, nil)
}

func ownInterval(d *dashboard) {
	d.visit("#watch=A,B")
	d.wanted("250ms", "A", "B")
	d.quotes(quote("A", 1, "1", ""), quote("B", 1, "1", ""))
	d.WaitFor(statusIs("B", "live") + ` && ` + row("A") + `.querySelector("select").selectedOptions[0].text === "250ms"`)
	d.choose("A", "5s")
	d.wanted("5s", "A")
	d.WaitFor(hashIs("#watch=A@5s,B") + ` && ` + row("A") + `.querySelector("select").value === "5s"`)
	d.quotes(quote("A", 2, "2", ""))
	d.WaitFor(cellIs("A", "last", "2") + " && " + statusIs("A", "live") + ` && document.getElementById("chart").hidden`)
	// The interval of the list is that of the others.
	d.Eval(`((select) => { select.value = "1s"; select.dispatchEvent(new Event("change")); })(document.getElementById("interval"))`, nil)
	d.wanted("1s", "B")
	d.WaitFor(hashIs("#watch=A@5s,B&interval=1s"))
	d.choose("A", "")
	d.wanted("1s", "A")
	d.WaitFor(hashIs("#watch=A,B&interval=1s"))
}

func fasterRow(d *dashboard) {
	d.wanted("250ms", "*")
	d.quotes(quote("A", 1, "1", ""), quote("B", 1, "1", ""))
	d.WaitFor(statusIs("B", "live"))
	d.choose("A", "50ms")
	d.wanted("50ms", "A")
	d.WaitFor(hashIs("#watch=*,A@50ms") + ` && document.getElementById("list").hidden`)
	d.quotes(quote("A", 3, "3", ""), quote("B", 2, "2", ""))
	d.WaitFor(cellIs("A", "last", "3") + " && " + cellIs("B", "last", "2"))
	// A record that two subscriptions share is one record, and counted once.
	d.WaitFor(textIs("conflated", "1"))
	d.choose("A", "")
	d.WaitFor(hashIs(""))
	d.quotes(quote("A", 4, "4", ""))
	d.WaitFor(cellIs("A", "last", "4"))
}

func forbiddenSymbol(d *dashboard) {
	d.visit("#watch=A,B")
	d.wanted("250ms", "A", "B")
	d.quotes(quote("A", 1, "1", ""))
	d.WaitFor(statusIs("A", "live") + " && " + statusIs("B", "offline") + " && " + cellIs("B", "status", "forbidden"))
	d.WaitFor(textIs("notice", "B was rejected: forbidden") + " && " + textIs("doubt", "1 of 2 not live"))
}

func compositeSource(d *dashboard) {
	d.quotes(
		`{"symbol":"A","seq":1,"last":1,"source":"best:kraken/coinbase"}`,
		`{"symbol":"B","seq":1,"last":1,"source":"best:/coinbase"}`,
		`{"symbol":"C","seq":1,"last":1,"source":"sim"}`,
	)
	for symbol, want := range map[string]string{
		"A": "best (bid kraken, ask coinbase)", "B": "best (bid none, ask coinbase)", "C": "sim",
	} {
		d.WaitFor(row(symbol) + `.querySelector(".c-symbol").title === ` + js(want))
	}
	d.Eval(opener("A")+`.click()`, nil)
	d.WaitFor(`document.querySelector("#chart-numbers [data-key='source'] dd").textContent === "best (bid kraken, ask coinbase)"`)
}

func chartBeside(d *dashboard) {
	d.visit("#watch=A&chart=X&step=1m")
	d.wanted("250ms", "A", "X")
	d.quotes(quote("A", 1, "1", ""), quote("X", 1, "8.5", ""))
	d.WaitFor(isOpenBeside("X") + ` && ` + shown + `.join() === "A" && document.getElementById("chart").dataset.status === "live"`)
	d.WaitFor(`document.querySelector("#chart-numbers [data-key='last'] dd").textContent === "8.5" && ` + textIs("doubt", ""))
	d.Eval(`document.getElementById("chart-close").click()`, nil)
	if c := d.next("unsubscribe"); !slices.Equal(c.Symbols, []string{"X"}) {
		d.t.Errorf("the page left %q, want X", c.Symbols)
	}
}

func isOpenBeside(symbol string) string { return chartOpen + " && " + textIs("chart-symbol", symbol) }

func rowRate(d *dashboard) {
	d.quotes(quote("A", 1, "1", ""), quote("B", 1, "1", ""))
	d.WaitFor(statusIs("A", "live"))
	// Each look sends one more record, until one of the row's seconds had some.
	for seq := 2; ; seq++ {
		var rate string
		d.quotes(quote("A", seq, fmt.Sprint(seq), ""))
		d.Eval(`new Promise((resolve) => setTimeout(() => resolve(`+cell("A", "rate")+`), 30))`, &rate)
		if seq > 20 && rate != "" && rate != "0.0" && rate != "1.0" {
			break
		}
		if seq > 2000 {
			d.t.Fatalf("the rate of a busy row is %q", rate)
		}
	}
	d.WaitFor(cellIs("B", "rate", "0.0") + " && " + cellIs("A", "rate", "0.0"))
}

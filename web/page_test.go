package web

import (
	"encoding/json"
	"fmt"
	"strconv"
	"testing"
	"time"

	"ticker/internal/browsertest"
)

// dashboard is an open page and its session.
type dashboard struct {
	*browsertest.Page
	*session
	server *ticker
	// provoked says that the test provokes the complaints of the page.
	provoked bool
}

// rule is one behaviour of the page, tried on a page and a server of its own.
type rule struct {
	name    string
	try     func(*dashboard)
	options []func(*ticker)
}

func runRules(t *testing.T, rules []rule) {
	t.Helper()
	browser := browsertest.Start(t)
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			r.try(openDashboard(t, browser, r.options))
		})
	}
}

// runOnOnePage tries rules about modules, which leave the page as it is, one
// after the other on the same page: to open one costs more than any of them.
func runOnOnePage(t *testing.T, rules []rule) {
	t.Helper()
	d := openDashboard(t, browsertest.Start(t), nil)
	for _, r := range rules {
		t.Log(r.name)
		r.try(d)
	}
}

// openDashboard opens the page and waits until it has met its server. When the
// test ends the page must have nothing to complain about.
func openDashboard(t *testing.T, browser *browsertest.Browser, options []func(*ticker)) *dashboard {
	t.Helper()
	server := newTicker(t, options...)
	page := browser.Open(t, server.url)
	d := &dashboard{Page: page, session: server.session(), server: server}
	t.Cleanup(func() {
		if d.provoked {
			return
		}
		for _, complaint := range page.Complaints() {
			t.Errorf("the page complains: %s", complaint)
		}
	})
	page.WaitFor(linkIs("connected"))
	return d
}

// row is the JavaScript for the row of a symbol, cell for the text of one of
// its cells.
func row(symbol string) string {
	return fmt.Sprintf(`[...document.querySelectorAll("tbody tr:not(.spacer)")]`+
		`.find((tr) => tr.querySelector(".c-symbol").textContent === %s)`, js(symbol))
}

func cell(symbol, column string) string {
	return row(symbol) + `.querySelector(".c-` + column + `").textContent`
}

func cellIs(symbol, column, text string) string { return cell(symbol, column) + " === " + js(text) }

func statusIs(symbol, kind string) string {
	return row(symbol) + `.dataset.status === ` + js(kind)
}

// textIs is the JavaScript for an element's text being this.
func textIs(id, text string) string {
	return `document.getElementById(` + js(id) + `).textContent === ` + js(text)
}

func linkIs(state string) string { return `document.documentElement.dataset.link === ` + js(state) }

// shown is the JavaScript for the symbols in the document, in their order.
const shown = `[...document.querySelectorAll("tbody .c-symbol")].map((td) => td.textContent)`

// js writes text, or a list of it, as a JavaScript literal.
func js(value any) string {
	literal, err := json.Marshal(value)
	if err != nil {
		panic(err) // what tests write always marshals
	}
	return string(literal)
}

// quote writes a record with a price; more holds further fields.
func quote(symbol string, seq int, price, more string) string {
	return fmt.Sprintf(`{"symbol":%s,"seq":%d,"bid":%s,"bidSize":300,"ask":%s,"askSize":200,"last":%s,"lastSize":5,"volume":1234567,"recv":%s,"source":"sim"%s}`,
		js(symbol), seq, price, price, price, strconv.FormatInt(time.Now().UnixMicro(), 10), more)
}

// records returns quotes of S0000, S0001, …
func records(count, seq int, price string) []string {
	list := make([]string, count)
	for i := range list {
		list[i] = quote(fmt.Sprintf("S%04d", i), seq, price, "")
	}
	return list
}

package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"ticker/internal/browsertest"
)

// The rules of the page are tested beside it, against a server that does as it is
// told. Here it meets the real one.

// tab is the dashboard in a browser.
type tab struct {
	*browsertest.Page
	t *testing.T
}

func openTab(t *testing.T, browser *browsertest.Browser, address string) *tab {
	t.Helper()
	return &tab{browser.Open(t, address), t}
}

// cell is the JavaScript for the text of one cell in the row of a symbol, empty if
// there is no such row.
func (p *tab) cell(symbol, column string) string {
	return fmt.Sprintf(`([...document.querySelectorAll("tbody tr:not(.spacer)")]`+
		`.find((tr) => tr.querySelector(".c-symbol").textContent === %q)?.querySelector(".c-%s").textContent ?? "")`, symbol, column)
}

// shows waits until a cell holds a text.
func (p *tab) shows(symbol, column, text string) {
	p.t.Helper()
	p.WaitFor(fmt.Sprintf(`%s.includes(%q)`, p.cell(symbol, column), text))
}

// moves waits until a cell holds another text than it does now.
func (p *tab) moves(symbol, column string) {
	p.t.Helper()
	p.WaitFor(p.cell(symbol, column) + ` !== ""`)
	var now string
	p.Eval(p.cell(symbol, column), &now)
	p.WaitFor(fmt.Sprintf(`%s !== %q`, p.cell(symbol, column), now))
}

// says waits until the light says something.
func (p *tab) says(text string) {
	p.t.Helper()
	p.WaitFor(fmt.Sprintf(`document.getElementById("state").textContent.startsWith(%q)`, text))
}

// last is a quote of a symbol that was traded at a price.
func last(symbol string, price int) string {
	return fmt.Sprintf(`{"symbol":%q,"last":%d}`, symbol, price)
}

// middlebox is a proxy that lets only some requests through.
type middlebox struct {
	*httptest.Server
	refused atomic.Int64
}

func newMiddlebox(t *testing.T, r *running, blocked func(*http.Request) bool) *middlebox {
	t.Helper()
	target, err := url.Parse(r.public)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite:       func(p *httputil.ProxyRequest) { p.SetURL(target); p.Out.Host = p.In.Host },
		FlushInterval: -1, // an event is passed on when it comes
	}
	m := &middlebox{}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if blocked(r) {
			m.refused.Add(1)
			http.Error(w, "not here", http.StatusForbidden)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		m.CloseClientConnections()
		m.Close()
	})
	return m
}

func TestTheDashboardInABrowser(t *testing.T) {
	t.Parallel()
	browser := browsertest.Start(t)
	for name, try := range map[string]func(*testing.T, *browsertest.Browser){
		"prices and candles move":                           dashboardMoves,
		"a server that restarts is found again":             dashboardRecovers,
		"a feed that is cut is seen, and its return":        dashboardTellsStale,
		"where WebSocket is blocked the page is live":       dashboardFallsBack,
		"where event streams are blocked too it polls":      dashboardPolls,
		"a symbol of a deep link is shown before its quote": dashboardWaits,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			try(t, browser)
		})
	}
}

func dashboardMoves(t *testing.T, browser *browsertest.Browser) {
	t.Helper()
	r := startServe(t, "--feed", "sim:?symbols=20&rate=2000")
	p := openTab(t, browser, r.public+"/#chart=SYM0001&step=1s")
	p.says("Live over WebSocket")
	p.moves("SYM0001", "last")
	// The chart follows the price, and history takes over from it within seconds.
	p.WaitFor(`/C [0-9.]+/.test(document.getElementById("chart-legend").innerText.replaceAll("\n", " "))`)
	p.WaitFor(`document.getElementById("chart-note").textContent === ""`)
	if complaints := p.Complaints(); len(complaints) > 0 {
		t.Errorf("the page complains: %q", complaints)
	}
}

func dashboardRecovers(t *testing.T, browser *browsertest.Browser) {
	t.Helper()
	first := startServe(t, "--feed", "push:", "--history", "off")
	first.push(last("AAA", 101))
	p := openTab(t, browser, first.public)
	p.says("Live over WebSocket")
	p.shows("AAA", "last", "101")
	first.end()
	p.WaitFor(`document.documentElement.dataset.link !== "connected"`)
	again := startServe(t, "--feed", "push:", "--history", "off", "--listen", strings.TrimPrefix(first.public, "http://"))
	again.push(last("AAA", 202))
	p.says("Live over WebSocket")
	p.shows("AAA", "last", "202")
	p.shows("AAA", "status", "live")
}

func dashboardTellsStale(t *testing.T, browser *browsertest.Browser) {
	t.Helper()
	cb := newCoinbase(t)
	r := startServe(t, "--history", "off", "--feed", cb.spec("coinbase", "&symbols=BTC-USD"))
	cb.told(t, "BTC-USD", coinbaseTicker(1))
	p := openTab(t, browser, r.public)
	p.shows("BTC-USD", "status", "live")
	p.WaitFor(`getComputedStyle(document.querySelector(".lamp")).backgroundColor !== ""`)
	cb.drop()
	p.shows("BTC-USD", "status", "stale")
	p.WaitFor(`document.body.innerText.includes("1 of 1 not live")`)
	cb.told(t, "BTC-USD", coinbaseTicker(7))
	p.shows("BTC-USD", "status", "live")
	p.shows("BTC-USD", "bid", "7")
}

func dashboardFallsBack(t *testing.T, browser *browsertest.Browser) {
	t.Helper()
	r := startServe(t, "--feed", "push:", "--history", "off")
	r.push(last("AAA", 101))
	box := newMiddlebox(t, r, func(req *http.Request) bool { return req.Header.Get("Upgrade") != "" })
	p := openTab(t, browser, box.URL)
	p.says("Live over SSE")
	p.shows("AAA", "last", "101")
	r.push(last("AAA", 102))
	p.shows("AAA", "last", "102")
	if box.refused.Load() == 0 {
		t.Error("the page never tried WebSocket")
	}
}

func dashboardPolls(t *testing.T, browser *browsertest.Browser) {
	t.Helper()
	r := startServe(t, "--feed", "push:", "--history", "off")
	r.push(last("AAA", 101))
	box := newMiddlebox(t, r, func(req *http.Request) bool {
		return req.Header.Get("Upgrade") != "" || req.URL.Path == "/v1/sse"
	})
	p := openTab(t, browser, box.URL)
	p.says("Live over long polling")
	p.shows("AAA", "last", "101")
	r.push(last("AAA", 102))
	p.shows("AAA", "last", "102")
}

func dashboardWaits(t *testing.T, browser *browsertest.Browser) {
	t.Helper()
	r := startServe(t, "--feed", "push:", "--history", "off")
	r.push(last("AAA", 101))
	p := openTab(t, browser, r.public+"/#watch=NEW,AAA@1s")
	p.shows("NEW", "status", "pending")
	p.shows("AAA", "last", "101")
	r.push(last("NEW", 5))
	p.shows("NEW", "last", "5")
	p.shows("NEW", "status", "live")
}

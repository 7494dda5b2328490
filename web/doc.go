// Package web is the dashboard: one page that shows a live watchlist of every
// symbol and a candle chart of one, and the handler that serves it.
//
// The page is plain HTML, CSS and JavaScript modules under assets, embedded in
// the program as they are: there is no build step, and it loads nothing from
// anywhere else. The modules, as the data flows:
//
//	connection.js   one WebSocket to /v1/ws: reconnects, watches the heartbeat
//	protocol.js     messages, close codes and durations of the protocol
//	clock.js        the server's clock as seen from here, for ages
//	store.js        the newest record of each symbol; counts what conflation does
//	decimal.js      exact arithmetic and comparison on decimals kept as text
//	columns.js      what a column shows, and how it sorts
//	rows.js         the cells of a row: text nodes, patched where they differ
//	table.js        the rows in view, placed once per animation frame
//	header.js       headings, order and column widths
//	light.js        the state of the connection, in words and colour
//	counters.js     totals and rates in the footer
//	app.js          wires them together: toolbar, keys, counters
//
// and, for the chart:
//
//	past.js         asks /v1/candles: first page, newest steps, earlier pages
//	candles.js      candles of history, and live trades on top until it has them
//	axis.js         times of candles, in the zone of the browser
//	chart.js        the edge to the library that draws
//	trust.js        the one piece of markup that is let through
//	view.js         one open chart: the four above, a legend, and words
//	panel.js        where it is shown: numbers, steps, opening and closing
//	place.js        the open chart in the page's address
//
// The library is TradingView Lightweight Charts, under assets/vendor with its
// licence. It is loaded with the first chart that is opened.
//
// # What the page promises
//
// A row is bright only while the connection is live and this very session has
// been sent the row's record. Otherwise the row is dim and its status says why,
// so that a frozen price never stands under a green light.
//
// Numbers are shown with the digits that were received; no price or size passes
// through floating point on its way to the screen. Only where candles stand, and
// the numbers along their axis, come from floating point.
//
// A chart moves with the live price at once. Because a record may stand for many
// trades, its newest candles are fetched again every two seconds: a few seconds
// after the fact they are those of every trade. What was missed by a lost
// connection, a hidden page or a sleeping machine is fetched too, so there is no
// gap between history and now. A record that is stale or halted, the first after
// a connection, and a lost connection draw no candle, and the chart says why it
// stands still. A closed chart holds no timer, listener, request or canvas.
//
// What comes from the server reaches the document as text nodes and as plain
// attributes, never as markup. The content security policy makes the browser
// refuse anything else, by Trusted Types. Two exceptions are written out letter
// by letter: the markup of the logo of the chart library, and its style sheet.
//
// # Concurrency
//
// Handler returns a handler that shares only immutable data and may be used
// from any number of goroutines.
//
// # What the caller must do
//
// Mount the handler at the root of the public listener, beside /v1/ws and
// /v1/candles/. The page finds its files and these relative to its own address,
// so it also works below a path prefix that a proxy strips. It tells a history
// that is off from one that is away by the detail of the problem, which begins
// with "history is off".
package web

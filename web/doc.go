// Package web is the dashboard: one page that shows a live watchlist and a
// candle chart of one symbol, and the handler that serves it, with the
// JavaScript client of package js beside it.
//
// The page is plain HTML, CSS and JavaScript modules under assets, embedded in
// the program as they are: there is no build step, and it loads nothing from
// anywhere else. All that it knows of the service it has from the client's
// public interface, sdk/ticker.js: connection, subscriptions, queries, the
// server's clock. The modules, as the data flows:
//
//	watchlist.js      what is watched: names, patterns, their intervals
//	address.js        the list and the open chart, in the page's address
//	subscriptions.js  what the client is asked for, kept in step with the list
//	store.js          the newest record of each symbol; what is not live
//	record.js         one record: change, spread, rate, source
//	trace.js          the last values of a symbol
//	decimal.js        how decimals are shown
//	columns.js        what a column shows, and how it sorts
//	cells.js          the cells of a row, patched where they differ
//	sparkline.js      a trace, drawn
//	rows.js           one row of the document
//	table.js          the rows in view, placed once per animation frame
//	header.js         headings, order and column widths
//	light.js          the state of the connection, in words and colour
//	counters.js       totals and rates in the footer
//	ledger.js         the server's account of the session
//	finder.js         the search field: filters rows, finds what can be added
//	listbar.js        what the list is, and its patterns
//	keys.js           shortcuts, and for whom they are
//	theme.js          light, dark, or that of the system; colours for canvases
//	choices.js        what the browser remembers: theme and shortcuts
//	text.js           text from outside, made fit to show
//	app.js            wires them together
//
// and, for the chart:
//
//	past.js         asks for candles: first page, newest steps, earlier pages
//	candles.js      candles of history, and live trades on top until it has them
//	axis.js         times of candles, in the zone of the browser
//	chart.js        the edge to the library that draws
//	trust.js        the one piece of markup that is let through
//	view.js         one open chart: the four above, a legend, and words
//	panel.js        where it is shown: numbers, steps, opening and closing
//
// The library is TradingView Lightweight Charts, under assets/vendor with its
// licence. It is loaded with the first chart that is opened.
//
// # What the page promises
//
// A row is bright only while the connection is live and the client vouches for
// its record: this very session was sent it, or resumed where it stood. Otherwise
// the row is dim and its status says why. The lamp in the header is green only
// while every row of the list is bright, so that a frozen price never stands
// under a green light.
//
// Numbers are shown with the digits that were received; no price or size passes
// through floating point on its way to the screen. Only where candles and
// sparklines stand, and the numbers along the axis of the candles, come from
// floating point.
//
// However many symbols there are, only the rows in view are in the document, with
// one small canvas each, and they are patched at most once per animation frame. A
// row whose record did not change is not touched, and a sparkline is drawn again
// only where it has something new.
//
// A symbol may be in several subscriptions: its row goes by the one of its own
// interval. What is in the list, at which intervals, and which chart is open is in
// the address, and in nothing else; what an address holds that is no symbol, no
// pattern or no interval is passed over.
//
// A chart moves with the live price at once. Because a record may stand for many
// trades, its newest candles are fetched again every two seconds: a few seconds
// after the fact they are those of every trade. What was missed by a lost
// connection, a hidden page or a sleeping machine is fetched too, so there is no
// gap between history and now. A record that is stale or halted, the first after
// a connection, and a lost connection draw no candle, and the chart says why it
// stands still. A closed chart holds no timer, listener, request or canvas, and a
// closed ledger no timer and no request.
//
// All of the page can be done by the keyboard; the sheet behind ? lists how.
// Shortcuts of a single character can be turned off. Text keeps a contrast of
// 4.5 : 1 in both themes, nothing moves for who wants no motion, and at the width
// of a phone the page scrolls in one direction only.
//
// What comes from the server reaches the document as text nodes and as plain
// attributes, never as markup. The content security policy makes the browser
// refuse anything else, by Trusted Types. Two exceptions are written out letter
// by letter: the markup of the logo of the chart library, and its style sheet.
//
// # Bounds
//
// A list has at most 500 entries, a trace 60 values, a chart 5,000 candles, the
// offers of the search field 12 lines.
//
// # Concurrency
//
// Handler returns a handler that shares only immutable data and may be used
// from any number of goroutines.
//
// # What the caller must do
//
// Mount the handler at the root of the public listener, beside the routes below
// /v1/. The page finds its files and these relative to its own address, so it
// also works below a path prefix that a proxy strips. It tells a history that is
// off from one that is away by the message of the error, which begins with
// "history is off".
package web

// Package web is the dashboard: one page that shows a live watchlist of every
// symbol, and the handler that serves it.
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
// # What the page promises
//
// A row is bright only while the connection is live and this very session has
// been sent the row's record. Otherwise the row is dim and its status says why,
// so that a frozen price never stands under a green light.
//
// Numbers are shown with the digits that were received; no price or size passes
// through floating point on its way to the screen.
//
// What comes from the server reaches the document as text nodes and as plain
// attributes, never as markup. The content security policy makes the browser
// refuse anything else, by Trusted Types.
//
// # Concurrency
//
// Handler returns a handler that shares only immutable data and may be used
// from any number of goroutines.
//
// # What the caller must do
//
// Mount the handler at the root of the public listener, beside /v1/ws. The page
// finds its files and the socket relative to its own address, so it also works
// below a path prefix that a proxy strips.
package web

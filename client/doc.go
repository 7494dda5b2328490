// Package client is the Go client of the service: one connection that is kept up,
// over WebSocket or what passes in its place, the subscriptions that belong to it,
// and the newest record of every symbol.
//
//	view := client.NewView()
//	c, err := client.New(client.Config{URL: "http://127.0.0.1:8080", OnQuotes: view.Apply})
//	…
//	go func() { done <- c.Run(ctx) }()
//	granted, err := c.Subscribe(ctx, client.Subscription{Symbols: []string{"BTC-*"}})
//
// # Data flow
//
// Run connects, waits for the welcome, subscribes the whole set of
// subscriptions and reads until the connection ends; then it waits, with
// backoff and full jitter or as long as the service asked for, and begins
// anew. It ends when its context is done, or when the service says that coming
// back unchanged is of no use.
//
// There is no queue of quotes. Every batch goes to OnQuotes before the next one
// is read, so a callback that takes its time slows the reading down, and the
// service conflates for this client: it gets fewer records, and newer ones. A
// View is the callback for everybody who looks at the newest values at a pace
// of his own: it merges what comes in, field differences too, into one record a
// symbol. Take hands out what changed since the last time, with the envelope of all
// trades in between, so that no extreme and no share is lost on whoever is slow.
//
// # Subscriptions
//
// The client keeps a set: each symbol or pattern with its options. Subscribe
// and Unsubscribe change the set, and one goroutine brings the service in line
// with it, one command after the other. So it makes no difference whether the
// connection is up, down or about to break: what was asked for while it was
// down goes out with everything else when it is up again.
//
// A symbol that comes back after a break resumes from the last cursor that came
// after its subscribe was answered. One whose first record may not have arrived
// yet is sent in full.
//
// # Transports
//
// Where WebSocket is blocked the client falls back to Server-Sent Events, and from
// those to long polling. A transport is left at once when something on the way
// answers in place of the service, or takes out what an upgrade needs; and when two
// connections in a row end without a word of the service within 5 s of their
// welcome, or before it, or stay silent instead. It is not left because the service
// cannot be reached, refuses or ends a connection itself, nor for a page of a gateway
// with status 502, 503 or 504 while plain requests get no answer either: that passes,
// and a Retry-After is kept to. What came through is used
// until a connection is made 5 minutes or more after the fallback: then the better
// ones are tried again, with one connection each to prove themselves. If all are
// blocked, one after the other, Run ends.
//
// All transports keep the same promises, as far as they have what it takes:
//
//   - SSE and Poll have a subscription in the address of a request. Every Subscribe
//     makes one more, divided where the address would be longer than 4 KiB; many for
//     the same options are put together. There are 32 at most: a subscribe that
//     needs another is rejected with too_many_symbols. Unsubscribe makes requests
//     again from their cursors.
//   - A heartbeat that is missed twice ends an event stream, and all others with it.
//   - Envelopes begin anew when a request is made again: over SSE on an Unsubscribe
//     of a name beside them, too, or when requests are put together. Poll has none,
//     as Granted says.
//   - A bandwidth is divided equally among the requests of SSE. Poll has none.
//   - Requests that are no subscription go to the HTTP routes of the service. What
//     has no route is refused with unavailable.
//
// Behind a balancer, requests of one client must reach services of one epoch. A
// request that tells another one ends the connection, which begins anew.
//
// # Concurrency
//
// The methods of Client and View may be called by any number of goroutines.
// The callbacks of Config are called on the goroutine that called Run, one at a
// time: they need no locks among themselves, and a panic in one unwinds through
// Run. They must not call a method of the Client that waits for an answer,
// because the answer would be read by the goroutine that waits. Over SSE and Poll
// each request has a goroutine that reads it, hands over one message and waits until
// that was taken; Run waits for all of them.
//
// # What the caller must do
//
// Call Run once, and end its context. A request that was sent when the
// connection broke may or may not have had its effect: it fails with
// ErrDisconnected, and only the caller knows whether to repeat it.
// Subscriptions and the bandwidth are exempt: they hold across connections.
package client

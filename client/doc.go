// Package client is the Go client of the service: one WebSocket connection
// that is kept up, the subscriptions that belong to it, and the newest record
// of every symbol.
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
// symbol.
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
// # Concurrency
//
// The methods of Client and View may be called by any number of goroutines.
// The callbacks of Config are called on the goroutine that called Run, one at a
// time: they need no locks among themselves, and a panic in one unwinds through
// Run. They must not call a method of the Client that waits for an answer,
// because the answer would be read by the goroutine that waits.
//
// # What the caller must do
//
// Call Run once, and end its context. A request that was sent when the
// connection broke may or may not have had its effect: it fails with
// ErrDisconnected, and only the caller knows whether to repeat it.
// Subscriptions are exempt: they hold across connections.
package client

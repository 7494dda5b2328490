// Package hub is the usual way to fan out with gorilla/websocket, as its example
// of a chat has it, for quotes: one goroutine that knows who wants what, a queue
// and two goroutines a client, and a frame for every update.
//
//	market ─► updates ─► hub ─► a queue a client (256 messages) ─► writePump ─► frame
//	                      ▲──── register, unregister ◄──── readPump ◄──── client
//
// An update is encoded once, as a whole message, for all of its subscribers.
// Nothing is conflated, so what a client costs grows with the rate of the
// market, and a client is not told what was before it came. When the hub cannot
// keep up, the market waits for it, and skips quotes.
//
// # Slow clients
//
// A client whose queue is full is dropped.
//
// # Concurrency
//
// The subscriptions belong to the hub's goroutine alone. It is the only one that
// puts something into a client's queue, and that closes it, which ends the
// writePump, which closes the connection, which ends the readPump.
package hub

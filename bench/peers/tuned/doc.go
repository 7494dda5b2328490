// Package tuned is the best that a careful team gets out of gorilla/websocket: a
// conflating server that uses the library for the handshake and for reading, and
// writes past it.
//
//	gorilla upgrade ─► reader (a goroutine a client, 512 bytes of buffer)
//	workers ─► phase groups ─► header and records in one buffer ─► one Write
//
// The handler returns after the upgrade, which frees what net/http holds for a
// request; writes of the library, which only its own control frames need, share
// a pool of buffers; a frame goes to the underlying connection as a whole, so it
// never stands within another.
//
// # Slow clients
//
// A write blocks its worker, at most for writeWait, and a client that takes
// longer is dropped. Until then those behind it in the round wait too: this is
// what the design costs, and why writeWait is short.
//
// # Concurrency
//
// A session's view belongs to whoever holds the lock of its phase group. The
// reader ends the session: a failed write closes the connection, which ends the
// reader.
package tuned

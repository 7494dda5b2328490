// Package peer is what the servers have in common: how they are set up, what
// they count, and how they serve HTTP until they are told to end.
//
// A server's Run blocks until ctx is done and all its goroutines have ended. It
// plays the market by itself, and calls ready once, with the URL of its
// WebSocket, when clients may come.
//
// Counts may be read and changed from any goroutine.
package peer

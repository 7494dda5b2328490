// Package link has what the engines have in common: how a connection is kept up, and
// what a node wants to hear over it.
//
//	Follow, Unfollow, Receive, Wanted ──Wish──► the engine's connection
//	                                               │
//	deliver ◄── at most 4,096 messages, 64 MiB ◄───┘ Take, Want
//
// An Intake stands between a node and its connections, of which one follows the other.
// It keeps the Wish of the node, which outlives them: each connection makes its
// subscriptions fit the wish as it is, and again when Wake says that it changed, and
// tells with Grant which version of it the server is known to have. Follow waits for
// that. A wish for messages is one only while Receive runs.
//
// Messages wait for Receive in a queue that is bounded in messages and in bytes. One
// that finds it full is dropped and counted, and a log line in ten seconds says so;
// the receiver sees a gap.
//
// Keep runs one connection after the other, with full jitter between 0 and a limit
// that grows from 100 ms to 2 s.
//
// # Concurrency
//
// Everything is safe for concurrent use. One Receive runs at a time. Nothing here
// starts a goroutine.
package link

// Package embedded runs a NATS server with JetStream in this process, for a relay of a
// few nodes that has no server of its own.
//
//	Server.Run ──► 127.0.0.1:4222 ◄── this node's engine, and those of others
//	                   └─► Config.Dir: snapshots, lease, term
//
// It is a real server, so the engine of package nats connects to it as to any other:
// Config.EngineURL says how. It ends with this node, and the others then wait for it:
// who wants them to live without this node runs servers of their own.
//
// An address that other machines reach is refused without a token, unless Open is set.
// There is no TLS. Memory and disk of JetStream are bounded; what finds no place is an
// error for who sends it. The server takes no signals and writes its log to Config.Logger.
//
// # Concurrency
//
// Run blocks until ctx is done and the server has ended. Ready may be waited for from
// any goroutine.
package embedded

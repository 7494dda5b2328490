// Package nats carries the relay over NATS: what is newest over core subjects, what has
// to be kept in JetStream.
//
//	Send  ──► PREFIX.b.0 … PREFIX.b.255, PREFIX.tick ──► Receive
//	              └─► stream PREFIX_backlog, in memory ──► Again
//	Keep  ──► PREFIX.kept.N, stream PREFIX_kept, on disk ──► Load
//	Wanted ◄── PREFIX.want.N ◄── Want
//	Acquire, Renew, Release ◄──► buckets PREFIX_lease and PREFIX_term
//
// An Engine has one connection, which Run makes, and makes again when it is lost. All
// that it hears comes over this one, so that the order between subjects is kept. The
// client library mends nothing and keeps nothing to be sent later: without a
// connection everything fails at once, and what a failed Send left in a connection goes
// with it, unless it is in the hands of a system already; a server that stood still may
// then read it behind what the next connection brings. A server that stands still is
// given up after some five seconds.
//
// # What is kept
//
// Streams and buckets are made by the node that leads, or means to, and brought to
// their configuration if they have another. Those who follow only read them. The stream of
// snapshots has one message for each partition, which is read directly from any server
// that has a copy. The backlog captures what is sent, two minutes of it and as many
// bytes as configured, the oldest going first; it is stored a moment after it was
// delivered, and a server that restarts begins with an empty one. Its times are those
// of the server.
//
// # Lease
//
// The lease is a key in a bucket whose values end after the lease's time, so all
// candidates must mean the same time: one that asks with another changes it for all.
// Who creates the key has it. The term stands in another bucket, whose values never
// end, and is raised while the key is held, by comparing revisions: two holders never
// have the same term. A lease that ended is not revived: Renew says ErrHeld.
//
// With several servers, Config.Replicas says how many have copies of all this. One copy
// is on one server: while it is away there are no new snapshots, and nobody can lead.
//
// # Concurrency
//
// Everything is safe for concurrent use. Run is called once; its goroutines end before
// it does. Messages wait for Receive as package link says: at most 4,096 of them, or
// 64 MiB. On their way there from the library they pass a second queue of 4,096, which
// fills only while this process gets no time to run; what finds either full is dropped
// and counted.
package nats

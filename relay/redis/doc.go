// Package redis carries the relay over Redis: what is newest over channels, what has to
// be kept in a hash and two keys.
//
//	Send  ──► PUBLISH PREFIX:b:0 … PREFIX:b:255, PREFIX:tick ──► Receive
//	Keep  ──► hash PREFIX:kept, a field for each partition ──► Load
//	Wanted ◄── PREFIX:want:N ◄── Want
//	Acquire, Renew, Release ◄──► PREFIX:lease, PREFIX:term
//
// An Engine has two connections, which Run makes, and makes again when either is lost:
// one for commands, and one for what is heard, so that the order between channels is
// kept. Nothing is tried twice, and without the connections everything fails at once. A
// Send is one pipeline. What a failed one left in its connection goes with that, unless
// it is in the hands of a system already; a server that stood still may then read it
// behind what the next connection brings. A server that stands still is given up after
// some four seconds.
//
// There is no backlog: what a follower missed it loads from the snapshots.
//
// # Lease
//
// The lease is a key that Redis lets go of after its time, taken and renewed by scripts,
// so that nothing comes between. The term is counted in a key of its own, which stays.
// A lease that ended is not revived: Renew says ErrHeld.
//
// # What Redis does not promise
//
// Whether snapshots and the term outlive a restart depends on how Redis is configured:
// they do with appendonly yes, but for the last second. Replication is asynchronous: a
// replica that takes over may not know of the newest lease, so two nodes can hold one
// for as long as it lasts, nor of the newest term, which it then gives again, unless the
// candidate asks for one above that. Whoever needs more than that uses NATS with
// several replicas. Redis Cluster is not supported: scripts use two keys.
//
// Redis keeps what a slow node does not read in memory, up to its
// client-output-buffer-limit for pubsub, 32 MB unless configured, and then ends the
// connection. The user needs the commands PUBLISH, SUBSCRIBE, UNSUBSCRIBE, PSUBSCRIBE,
// PING, HGET, HSET and EVAL, and in scripts EXISTS, GET, SET, INCR, PEXPIRE and DEL.
//
// # Concurrency
//
// Everything is safe for concurrent use; commands wait for each other. Run is called
// once; its goroutines end before it does. Messages wait for Receive as package link
// says: at most 4,096 of them, or 64 MiB.
package redis

// Package pipenet is a network in memory: a net.Listener and the connections
// to it, for tests inside a testing/synctest bubble, where no real socket may
// be waited for.
//
// A connection buffers what is on the way, up to a bound in each direction, as
// the kernel does: a writer waits only when its peer is that far behind. It has
// deadlines, and each side may end its own direction with CloseWrite. Bytes
// that were written before a Close still arrive.
//
// # Concurrency
//
// Everything is safe for concurrent use. Goroutines wait on condition variables
// and channels, and deadlines are timers of package time, so that time in a
// bubble stands still exactly while nobody could go on. The package starts no
// goroutine.
package pipenet

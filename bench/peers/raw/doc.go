// Package raw is the floor: servers without a library between them and the
// kernel, which do nothing for a client but what they are measured for.
//
//	accept ─► handshake, subscribe (a goroutine, then gone) ─► a bare descriptor
//	workers ─► phase groups ─► one non-blocking write(2) a client and interval
//
// A client costs a descriptor and its view: no goroutine, no buffer, no timer.
// There are two of them:
//
//   - Static writes the same frame to a client every time, made when it
//     subscribed, of the opening records of all its symbols. No market runs. It
//     shows what the kernel takes for itself. Its records do not get older in a
//     way that means anything.
//   - Conflating writes what has changed, the newest of it. It is what a service
//     of this kind cannot do without.
//
// # What is left out
//
// Nothing is read after the subscribe: no ping is answered, and that a client is
// gone shows when a write to it fails. There is no TLS, no check of what a
// client may do, no bound on the kernel's buffers. It is Linux only.
//
// # Slow clients
//
// A client that has no room for the first byte of a frame is left out for that
// interval, and nothing is noted as sent: it gets the newest when it has room.
// What was left over of a frame is kept, and goes first the next time. Nobody is
// ever dropped for being slow.
//
// # Concurrency
//
// A session is touched by whoever holds the lock of its phase group. Whoever
// removes it from the group closes its descriptor, so that none is written to
// after it was closed.
package raw

// Package fanout decides who gets what, and when.
//
// A Session is one client's subscriptions, whatever the transport; a Hub runs
// the flushes of all sessions. They own no socket: the bytes of a session go
// to a Conn that its transport provides.
//
// # Pull while busy, armed while idle
//
// A session keeps a lane for each interval it has subscriptions of. A lane has
// a slot for each symbol: the cell in the book, and the sequence last sent.
//
// A lane is busy while something changes: a timer wheel, shared by all, queues
// it when it is due; a worker compares the sequences of its slots with those
// of the cells, without locks, copies the records that changed, each encoded
// once for all sessions, into one frame, and writes it with one call. An
// update that nobody is due for costs nobody anything. A lane of very many slots
// of which few change asks the book which, in place of comparing them all.
//
// A lane is idle when a scan found nothing. It is then armed on its cells: the
// first change takes the registrations away, and a worker flushes the lane at
// once. That is the leading edge; the next frame is an interval away. A change
// in between waits for it, and only the newest survives: the trailing edge.
//
//	idle ──first change──► flush ──► due in one interval ──► flush … nothing? ──► idle
//
// To go idle without losing a change, the lane says that it is idle first,
// then registers with each cell under the cell's lock if the cell still has the
// sequence last sent. If one has not, the lane takes itself back and scans
// again, unless whoever changed the cell took it already.
//
// # Slow clients
//
// A flush writes what the client's buffers take and never waits. If they take
// nothing, the flush did not happen: the records count as unsent, and when the
// client reads again it gets the newest of each. If they take a part, the
// session keeps the rest, and one goroutine of its own writes it. A client that
// takes longer for that than its interval gets shorter frames, so that no record
// grows old on its way. All that a client can cost is its slots, its answers up to
// a bound, and one frame.
//
// # Bandwidth
//
// A session may have a cap. Its lanes then queue for turns, and a turn sends as much
// as there is room for, gathered when it comes. The records that subscribes ask for
// queue like one lane more.
//
// # Trades and cursors
//
// A slot whose client wants envelopes has a mark on the tape of its cell. A gather
// reads behind it; the mark moves when the write has succeeded, and stays if it has
// not. A cursor is a stamp of the book up to which the client has everything: a
// subscribe that names one makes slots of what changed later unsent, and of all else
// sent.
//
// # Entitlements
//
// Entitle says what a session's client may have. Names beyond that are rejected, a
// pattern gives what of its symbols is within, and rights that change later take away
// and give.
//
// # More than there is time for
//
// A flush is late when it begins after it was due. The hub counts the time in which
// something was late by more than 50 ms; Widen has it send less often, which each frame
// says. When to do so is for others to judge. See load.
//
// # Several hubs
//
// A book has one hub, but there may be several books: a hub beside another counts in the
// metrics and the load of that.
//
// # One writer
//
// Everything a client is sent goes through its session, in order: answers
// first, then the records that a subscribe asked for, then what is due.
// Nothing else may write to the connection, or it would land inside a frame.
//
// # Concurrency
//
// Sessions are safe for concurrent use. A session's lock is taken before any
// lock of the book; it is held over a write that cannot block, and over no
// other. Hub.Run owns the workers, the wheel and the writers of slow clients,
// and ends when all of them have.
package fanout

// Package book keeps one conflating buffer, a Cell, for each symbol: the
// newest record, and who waits for the next one.
//
//	feed ──Apply──► Cell ──Fire──► readers that were armed
//	                 │▲──Append────  readers that are due
//	                 └──Samples────► history
//
// A quote costs the same whether a symbol has one reader or ten thousand that
// are not due yet: Apply folds it into the cell under the lock of the cell's
// shard, gives it a place in order, and takes the list of armed readers away as
// one item. Readers do the rest, in their own time: they compare Cell.Seq with
// what they last saw, without a lock, and copy the record when it differs.
// Nothing is queued for anybody, so there is nothing to overflow.
//
// # Reading many
//
// A Reader copies the records of many cells and keeps a shard's lock from one to
// the next: in the order of their IDs cells share locks, ten thousand of them a
// few hundred. Who has more cells than change asks Changed, which walks each
// shard's list of its cells in the order of their last changes.
//
// # Arming
//
// A reader that found nothing new arms itself: Cell.Arm registers it for one
// wake-up if the cell still has the sequence that the reader saw, and says so
// if it has not. Both happen under the shard's lock, so a change cannot fall
// between the look and the registration. An Apply ends every registration of
// its cell at once. Book.Roster is armed in the same way for new symbols.
//
// # Taping
//
// A record tells the newest; who must hear of every trade besides has a Mark on the
// tape of the cell, and Append then tells the sum of the trades behind it. An update
// adds its trade to the tape once, however many marks there are. There are never more
// pieces of tape than marks, and without marks there is none.
//
// # Order
//
// An update older than the newest accepted one of the same symbol, source and
// channel is dropped: by the channel's sequence where both have one, else by
// the time at the source. Equal ones are accepted, but for a trade with the
// same sequence, which was counted already. A lower sequence on a new
// connection, with a later time or none, is a venue that began to count anew; so
// are eight in a row on the same connection, with later times. A time more than
// five seconds ahead of this machine's clock orders nothing: one bad clock
// upstream must not silence a symbol. See market.Order.
//
// # Stamps
//
// Every accepted update gets the next number of the book, its stamp. Safe is a
// stamp below which all is visible to readers; cursors are made of it. Cell.After
// tells what changed after one.
//
// # Samples
//
// A book that was made with Sampling keeps, beside each record, the bar of the
// trades since the symbol's last sample. Periods are cut by the time at which
// updates were accepted, under the lock that folds them: an update of another
// period first puts a sample of the record as it was aside. Samples takes those,
// and those of periods that ended without a further update. Sampled tells up to when
// that was everything. What nobody takes is bounded and counted. Restore goes the other
// way: it fills an empty book with what a history has.
//
// # Concurrency
//
// Everything is safe for concurrent use. Apply holds one shard's lock and
// never blocks on anything else. Under a shard's lock only the roster's may be
// taken, under the roster's none; a Reader that has one is closed before its owner
// takes any other. What Notify set is called from Apply, without a lock;
// Config.Encode from Append, under the shard's lock, so it must only encode.
package book

// Package history keeps what the book knew, and answers for any moment of it.
//
//	book ──Sample──► Recorder ──Batch──► Store
//	                    └──► spool ────────┘        when the store is slow or away
//	Store ──► Queries ──► clients, the dashboard, the book after a restart
//
// A Sample is the newest record of one symbol, with the bar of all trades since
// the sample before it. Samples are cut at multiples of the recording's period
// by the time of acceptance, so that no bar reaches over the end of a step of
// candles: candles of samples are candles of every trade.
//
// # Stores
//
// Store is the contract of a place where samples are kept. Package sqlite is
// the one that needs nothing, package postgres the one for installations that
// have a database; both pass the suite of package historytest, and answer
// alike.
//
// The order of samples is that of Position: the time of acceptance, then the
// sequence, then the epoch. One symbol, one position: Append leaves a sample
// alone that is there already, so a batch may be given to a store again when
// nobody knows what became of it.
//
// # The recorder
//
// Recorder.Run takes due samples from the book, gathers them into batches and
// hands these to the store, in order. It never makes the book wait: what the
// store does not take in time goes to a spool on disk and from there to the
// store, in the same order, also after the process was killed. Samples are lost
// only when the spool is at one of its bounds or the disk refuses, and are counted
// then.
//
// Three goroutines share a backlog, and none of them waits for another: the
// collector fills it, the keeper moves batches that are half a second old to the
// spool and brings them back, the storer gives the oldest to the store. So
//
//   - a store that stalls, fails or is slow costs the time of the storer only;
//     what was due is safe from the end of the process within two seconds;
//   - a disk that refuses, or takes longer than a second for a write, leaves
//     batches in memory, up to 16 of them. Beyond that the oldest that neither the
//     store nor the disk has in hand are lost. The store goes on being given
//     batches from memory, and the spool is used again as soon as it takes them;
//   - a disk that is slow, but moves, makes the collector leave samples with the
//     book while memory is full. The book has a bound of its own.
//
// Only the first look into the spool is waited for before anything is stored,
// because what is in there comes first. A batch that the store has when the spool
// gets it too is removed there; what is left of a segment after a restart may be
// given to the store twice. A batch that the spool drops at its bound counts as
// lost, though the store may have it in hand.
//
// The spool is bounded in bytes, and in age too where the store keeps days for a time
// only: a file goes, whole, once every sample in it has waited for that time and a
// day, because by then the store would have dropped their days. Waiting is measured
// on the steady clock, up to the newest batch that was spooled, and not by Recv, which
// follows a wall clock that is set ahead. Package spool says what counts after a
// restart.
//
// Recorder.StoredTo tells up to when nothing waits any more, for those who read along.
//
// # Queries
//
// Queries checks what is asked, bounds it, and asks the store. With a delay they answer
// as a store would that ended so long ago. Its errors are
// *Refusal for what the caller got wrong; ErrUnknown for a symbol that no store
// has heard of; ErrTimeout and ErrBusy; anything else means that the store could
// not answer.
//
// # Concurrency
//
// A Store's methods may be called from any goroutine, Append from one at a
// time. Recorder.Run owns every goroutine of the recording. Queries is safe for
// concurrent use and lets only so many questions at the store at one time.
package history

// Package past plays what the history of the service has recorded: a session of the
// past as a live feed, and what was a while ago, for those who may see no newer quotes.
//
//	Reader ──windows of samples──► Source (pace) ──► feed.Sink
//	                         └───► Follower      ──► Book
//
// # A session
//
// A dashboard cannot tell a session that a Source plays from the day itself. A run
// begins with the record that each symbol had just before Config.From, and
// goes on with every sample from there to Config.To, in the order and at the
// pace in which they were accepted, or so many times faster. Each sample is one
// update: the whole record, its status, and the trades that it stands for. At
// the end the source stays connected, as a recording does, and one log line says
// so.
//
// # Following
//
// A Follower keeps a book as the market was FollowConfig.Delay ago. It begins with the
// records as of then, and applies each sample when it has that age, never before. The
// source, the times and the status of a record are those that were recorded; the
// sequence is the book's own. Trades come with the sample that stands for them.
//
// It goes no further than history is complete, and leaves nothing out: after a stall it
// catches up, in order. While it is more than five seconds late the symbols are stale
// (disconnected). So are those of an earlier run of the service, from the time on at
// which this one began: nobody recorded that their feeds were gone. Ages are judged by
// the wall clock, as the times of acceptance are.
//
// # Windows
//
// Samples are read in windows of time, each as wide as gives some thousands of
// samples. A Source reads one ahead while it plays another, a Follower reads one before
// it is due. So memory is bounded by two windows, whatever there is to play.
//
// A Reader that fails ends the run of a Source, and the next run goes on where this one
// was. A Follower asks it again every second.
//
// # Concurrency
//
// Source.Run owns two goroutines, one that reads and the caller's, which plays;
// Follower.Run has the caller's alone. Follower.Lag may be called from any goroutine.
package past

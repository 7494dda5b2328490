// Package arbiter joins feeds that tell the same, its legs, into one that goes on
// when one of them is lost.
//
//	Source ──► Feed a ──► Leg a ─┐
//	                             ├─► Arbiter ──► Book
//	Source ──► Feed b ──► Leg b ─┘
//
// A Leg stands where a feed.Feed expects its book. The book behind the Arbiter
// sees one source, with the name of the Arbiter.
//
// # Whose word counts
//
// Of each update the copy that comes first passes on, whichever leg brings it.
// Order is judged within a symbol and channel, by the best that an update and
// the newest accepted one have in common:
//
//   - By the sequence of the venue. An equal one is a copy; the leg that brought
//     the newest may add to it, but never another trade. A leg whose copy has
//     other values disagrees: the first stays, and it is counted.
//   - By the time at the source. Several updates of one moment are told apart by
//     their position among those that their leg told of that moment.
//   - Without either, only the leg in charge is heard: the one that spoke first,
//     until it is marked stale, or Config.Patience went by without a word of it
//     when the other speaks. It does not come back by itself.
//
// A trade that was printed before its leg listened counts for nothing, and only
// sets the last price where no other leg is live.
//
// # A venue that counts anew
//
// A lower sequence is a new numbering if it comes on a new connection of its leg
// and tells of a later time than the newest accepted update; without times, if
// no other leg is live. The other legs are in the old numbering from then on, and
// only a later time makes them heard, until they have a new connection too. A new
// numbering that is above the old one already cannot be told from it.
//
// # Life and death
//
// A leg is live for a symbol from its first word about it until its line is
// marked stale, or it calls the symbol stale itself. A symbol turns stale when
// its last live leg goes, with the reason of that, and lives again with the next
// word of any leg, even if that is old news: then the record stays as it is.
//
// # What it cannot do
//
// Legs must tell of the same things in the same order, by the sequence or the
// time of the venue. With neither, a leg that takes over may repeat trades that
// the one before had told of. A halt without order is heard from the leg in
// charge only.
//
// # Concurrency
//
// Legs call at once, each from the goroutines of its feed. A symbol's updates
// are judged and given to the book under the lock of its shard, so that nothing
// overtakes; the book must not call back. Memory is bounded by the book: a symbol
// that it has no room for is forgotten.
package arbiter

// Package composite makes one quote out of those of several venues: the highest
// bid and the lowest ask of all that are live, with their sizes.
//
//	Source ──► Feed kraken ────► Leg ─┐
//	                                  ├─► Composite ──► Book
//	Source ──► Feed coinbase ──► Leg ─┘
//
// A Leg stands where a feed.Feed expects its book, and judges the order of its
// feed's updates as a book does: by sequence where there is one, else by time.
//
// # The best bid and offer
//
// Of equal prices the larger size is the better one, then the one that stands
// longer. A side of size 0 is no side. Left out, and counted when that begins,
// is a leg
//
//   - that is stale: what it told before is forgotten;
//   - that is halted;
//   - whose own bid is above its own ask;
//   - whose quote is the older of two that cross, the best bid of one leg being
//     above the best ask of another. That is repeated until nothing crosses.
//     Equal is no crossing.
//
// # What the book is told
//
// The four values, when one of them changes or another leg has it; nothing
// otherwise. The `source` of the record names the leg of each side: the composite
// is a source of the book for each pair of legs, as "bbo:kraken/coinbase", with
// an empty name for a side that was never there. A side without a size has the
// size 0 where the record had another one.
//
// Trades of every leg pass on, those that legs call trades; a last price that is
// none is some venue's view of the past, and is left out, as are open, high, low
// and volume, which mean nothing across venues. `ts` is that of the update which
// changed the record; as venues' clocks differ it may go back.
//
// # Status
//
// A symbol is stale when no leg is live for it, with the reason of the last that
// went, and halted when all that are live are halted. An update cannot say that a
// side became empty. So when the record has a side that no leg has any more the
// symbol is stale too, with the reason of the leg that went last, or
// disconnected. While it is not live its values stay as they are.
//
// # Concurrency
//
// Legs call at once, each from the goroutines of its feed. All that happens to a
// symbol happens under the lock of its shard, the call of the book included, so
// that nothing overtakes; the book must not call back. What the book is given
// has a sequence of the composite's own that rises over all its sources. Memory
// is bounded by the book, and by MaxLegs: a symbol of which the book was told
// nothing is forgotten.
package composite

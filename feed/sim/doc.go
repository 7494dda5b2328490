// Package sim is a simulated market: a random walk that a seed reproduces.
//
//	world (prices, Zipf, seed) ──► pacer (rate) ──► feed.Sink
//
// Symbols are SYM0001, SYM0002 and so on, with more digits from SYM10000.
// How often a symbol is updated falls with its number by Zipf's law with
// exponent 1: SYM0001 gets twice the updates of SYM0002 and a hundred times
// those of SYM0100. Three in ten updates are trades, at the bid or the ask, and
// seven are quotes. Prices move in ticks of 0.01 around a level of 10 to 500
// that differs by symbol, and never further from it than a quarter; the spread
// is 1 to 5 ticks. With Config.Active, only the first few symbols change after
// their first record, and share the whole rate.
//
// A run begins with a full record of every symbol at once: bid, ask and last
// with their sizes, open, high, low, and volume, which is 0. From there volume
// is the sum of the trades. So the record of a symbol is always complete.
//
// # Same seed, same market
//
// Config.Seed, Symbols and Active alone decide the sequence of updates, on every
// machine: integers only, from the PCG generator of math/rand/v2. The rate and
// the load of the machine decide when an update comes, which its TS tells, and
// nothing else.
//
// # Pace
//
// The pace is an open loop: update k is due at start + k/rate, whatever became
// of those before, and its TS is the time it was due. What is due is emitted
// about every millisecond. After a stall, or when the machine cannot keep up,
// up to 100 ms are caught up and the rest is skipped in time, not in sequence:
// it never bursts to make up for it. TS never goes back, and follows the wall
// clock when that is ahead, as after a night with the lid closed.
//
// # Concurrency
//
// Run uses one goroutine, that of the caller, and allocates nothing once the
// market is built. Each call of Run begins the same market anew.
package sim

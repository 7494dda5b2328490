// Package stream is the market that every peer fans out: the same simulated one
// that the product is measured with, its newest record of each symbol, and the
// frames that clients of the ticker dialect are sent.
//
//	feed/sim ──► Market (a cell a symbol) ──► View of a client ──► Frame
//	                      └─► watch: each update, for peers that do not conflate
//
// A record has the same bytes as the product's: the same encoder, the same set
// of fields and the same source. As with the product, an update that changes
// none of the fields asked for counts in seq and is not sent by itself.
//
// # Concurrency
//
// Run is the only writer. News and Append may be called from any goroutine. A
// cell's lock is held to fold an update or to copy a record's bytes, which the
// first reader of a seq makes for all. The seqs that readers compare lie side by
// side in memory, apart from the cells, so that a scan of a view touches few
// cache lines and takes no lock.
//
// A View and a Frame belong to one goroutine at a time.
package stream

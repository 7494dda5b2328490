package publish

import (
	"cmp"
	"math"
	"slices"

	"ticker/book"
	"ticker/market"
	"ticker/wire"
)

// maxBatch is how many records go into one Send.
const maxBatch = 1000

// reading is what a sink has of the book.
type reading struct {
	book     *book.Book
	patterns []market.Pattern

	// done is a stamp: of all that was stamped up to it, the sink has the newest.
	done uint64
	// sent holds, for each symbol, the Seq that the sink acknowledged last.
	sent map[*book.Cell]uint64

	cells   []*book.Cell // that may have changed
	records []Record
	seqs    []uint64 // of the records
	ends    []int    // of the records, in the text
	text    []byte
}

// begin finds the cells that changed, in an order in which they share locks. It
// returns the stamp up to which everything is done when they are.
func (r *reading) begin() uint64 {
	stamp := r.book.AdvanceSafe()
	r.cells = r.cells[:0]
	if stamp == r.done {
		return stamp
	}
	r.cells, _ = r.book.Changed(r.done, r.cells, math.MaxInt)
	r.cells = slices.DeleteFunc(r.cells, func(c *book.Cell) bool {
		return c.Seq() == r.sent[c] || !r.covers(c.Symbol())
	})
	slices.SortFunc(r.cells, func(a, b *book.Cell) int { return cmp.Compare(a.ID(), b.ID()) })
	return stamp
}

func (r *reading) covers(symbol market.Symbol) bool {
	return len(r.patterns) == 0 || slices.ContainsFunc(r.patterns, func(p market.Pattern) bool { return p.Match(symbol) })
}

// encode makes the records of some cells, as they are now.
func (r *reading) encode(cells []*book.Cell) []Record {
	// The form of a client that merges names the status also when it is live.
	want := book.Want{Codec: uint8(wire.JSON), Fields: market.AllValues, Delta: true, Always: true}
	r.text, r.ends, r.seqs, r.records = r.text[:0], r.ends[:0], r.seqs[:0], r.records[:0]
	var from book.Reader
	defer from.Close() // in case of a panic
	for _, c := range cells {
		var got book.Got
		r.text, got = from.Append(c, r.text, &want)
		r.ends, r.seqs = append(r.ends, len(r.text)), append(r.seqs, got.Seq)
	}
	from.Close()
	start := 0
	for i, c := range cells {
		r.records = append(r.records, Record{Symbol: c.Symbol(), JSON: r.text[start:r.ends[i]:r.ends[i]]})
		start = r.ends[i]
	}
	return r.records
}

// commit notes that the sink has the records that were encoded last. It returns how
// many updates they stood for besides themselves.
func (r *reading) commit(cells []*book.Cell) (conflated uint64) {
	for i, c := range cells {
		conflated += r.seqs[i] - r.sent[c] - 1
		r.sent[c] = r.seqs[i]
	}
	return conflated
}

// pending returns how many symbols of the last round the sink does not have yet.
func (r *reading) pending() int {
	n := 0
	for _, c := range r.cells {
		if c.Seq() != r.sent[c] {
			n++
		}
	}
	return n
}

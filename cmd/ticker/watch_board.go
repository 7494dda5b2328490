package main

import (
	"math/big"
	"strings"
	"time"

	"ticker/market"
)

const (
	// maxRows bounds the symbols of a board. One beyond it is not shown.
	maxRows = 100_000
	// flashTime is how long a cell shows that it changed.
	flashTime = 300 * time.Millisecond
	// A trend is trendPoints prices, one each pointTime.
	trendPoints = 12
	pointTime   = 5 * time.Second
)

// row is a symbol with all that was seen of it.
type row struct {
	quote  market.Quote
	taken  uint64         // the take that brought the quote
	first  market.Decimal // the last price that was seen first
	priced bool           // there is a first
	places int            // the most digits behind the point of any price
	moves  [market.NumValues]move
	points []*big.Rat // the trend, oldest first; nil for a price not known
	trend  string
}

// move is the last change of a number.
type move struct {
	direction int // -1, 0, 1
	at        time.Time
}

// flashes reports whether a change is still worth showing.
func (m move) flashes(now time.Time) bool {
	return m.direction != 0 && now.Sub(m.at) < flashTime
}

// take brings a newer quote into a row, and notes how its prices moved.
func (r *row) take(q *market.Quote, now time.Time) {
	for _, f := range priceNames {
		value, known := q.Value(f)
		if !known {
			continue
		}
		r.places = max(r.places, places(value.String()))
		if was, had := r.quote.Value(f); had {
			if direction := value.Cmp(was); direction != 0 {
				r.moves[f] = move{direction, now}
			}
		}
	}
	if last, known := q.Value(market.Last); known && !r.priced {
		r.first, r.priced = last, true
	}
	r.quote = *q
}

// priceNames are the fields that flash and share their digits behind the point.
var priceNames = [...]market.Field{market.Bid, market.Ask, market.Last}

// sample adds a point to the trend. A price that cannot be believed is a gap:
// a flat line would say that it stood still.
func (r *row) sample(believed bool) {
	var price *big.Rat
	if last, known := r.quote.Value(market.Last); known && believed && r.quote.Status == market.Live {
		price = exact(last)
	}
	if len(r.points) == trendPoints {
		copy(r.points, r.points[1:])
		r.points = r.points[:trendPoints-1]
	}
	r.points = append(r.points, price)
	r.trend = ""
}

// trendText draws the trend, once for each point.
func (r *row) trendText() string {
	if r.trend == "" {
		r.trend = trendLine(r.points)
	}
	return r.trend
}

// base returns what the change counts from: the open of the session if it is
// known, else the price that was seen first.
func (r *row) base() (price market.Decimal, open, known bool) {
	if price, open = r.quote.Value(market.Open); open {
		return price, true, true
	}
	return r.first, false, r.priced
}

// change returns the last price less its base, and in hundredths of that; nil
// if it is not known.
func (r *row) change() (amount, part *big.Rat) {
	last, hasLast := r.quote.Value(market.Last)
	base, _, hasBase := r.base()
	if !hasLast || !hasBase {
		return nil, nil
	}
	from := exact(base)
	amount = new(big.Rat).Sub(exact(last), from)
	return amount, percent(amount, from)
}

// spread returns ask less bid, nil if one of them is not known.
func (r *row) spread() *big.Rat {
	bid, hasBid := r.quote.Value(market.Bid)
	ask, hasAsk := r.quote.Value(market.Ask)
	if !hasBid || !hasAsk {
		return nil
	}
	return new(big.Rat).Sub(exact(ask), exact(bid))
}

// board is the state of the table: the quotes, what they were before, and what
// was chosen with the keys. It belongs to one goroutine, and knows time and the
// window only from what it is given, so that every picture can be made again.
type board struct {
	asked  []string      // names and patterns, as they were asked for
	fields market.Fields // that are subscribed
	still  bool          // a single picture: nothing was seen to move
	rows   map[market.Symbol]*row
	listed []*row // of the last take, by symbol
	takes  uint64

	sampled time.Time // when trends got their last point
	flashed time.Time // when something last began to flash

	lines    []line // what can be scrolled through, in order
	arranged time.Time
	untidy   bool // lines have to be made anew

	order    int // a column, or askedOrder
	turned   bool
	filter   string
	typing   bool
	paused   time.Time // since when; zero if it is not
	noLedger bool
	helping  bool
	top      int // the first line that is shown
	page     int // how many there was room for

	widths [numColumns]int
}

func newBoard(asked []string, fields market.Fields) *board {
	b := &board{
		asked: asked, fields: fields, rows: make(map[market.Symbol]*row),
		order: askedOrder, untidy: true, page: 1,
	}
	// What comes and goes has its place from the start.
	var usual [numColumns]span
	usual[markColumn].text = "?"
	usual[moveColumn].text = "▲"
	usual[trendColumn].text = strings.Repeat(" ", trendPoints)
	usual[ageColumn].text = "59s"
	usual[statusColumn].text = "waiting"
	b.widen(&usual)
	return b
}

// take takes all quotes that there are, sorted by symbol. What is not among them
// any more has gone.
func (b *board) take(quotes []market.Quote, now time.Time) {
	before := len(b.listed)
	b.takes++
	b.listed = b.listed[:0]
	for i := range quotes {
		q := &quotes[i]
		r := b.rows[q.Symbol]
		if r == nil {
			if len(b.rows) == maxRows {
				continue
			}
			r = new(row)
			b.rows[q.Symbol] = r
		}
		// Most symbols of a large list have not changed.
		if r.taken == 0 || r.quote.Seq != q.Seq || r.quote.Recv != q.Recv || r.quote.Status != q.Status {
			r.take(q, now)
			r.priced = r.priced && !b.still
			b.flashed = now
		}
		if r.taken != b.takes-1 || r.taken == 0 {
			b.untidy = true // it is new here
		}
		r.taken = b.takes
		b.listed = append(b.listed, r)
	}
	b.untidy = b.untidy || len(b.listed) != before
}

// sample adds a point to every trend when it is time to.
func (b *board) sample(now time.Time, believed bool) {
	if now.Sub(b.sampled) < pointTime {
		return
	}
	b.sampled = now
	for _, r := range b.listed {
		r.sample(believed)
	}
}

// fades reports whether the picture of then would look different now, though
// nothing has come in: something has stopped flashing.
func (b *board) fades(then, now time.Time) bool {
	end := b.flashed.Add(flashTime)
	return then.Before(end) && !now.Before(end)
}

package main

import (
	"cmp"
	"math/big"
	"slices"
	"strings"
	"time"

	"ticker/market"
)

// arrangeTime is how long lines stay where they are: an order by something that
// moves all the time would move them too fast to be read.
const arrangeTime = time.Second

// askedOrder is the order in which symbols were asked for.
const askedOrder = -1

// orderNames are the columns to sort by, in the order in which a key offers them.
var orderNames = [...]int{
	symbolColumn, lastColumn, changeColumn, percentColumn, spreadColumn, volumeColumn, ageColumn, statusColumn,
}

// line is one line of the table: a row, or a name that has no quote.
type line struct {
	name string
	row  *row
}

// arrange puts the lines in order, if it is time to.
func (b *board) arrange(now time.Time) {
	if !b.untidy && now.Sub(b.arranged) < arrangeTime {
		return
	}
	b.arranged, b.untidy = now, false
	b.lines = b.chosen()
	switch {
	case b.order != askedOrder:
		b.sort(now)
	case b.turned:
		slices.Reverse(b.lines)
	}
}

// chosen returns what passes the filter, in the order in which it was asked for;
// what a pattern covers is sorted by name.
func (b *board) chosen() []line {
	lines := make([]line, 0, len(b.asked)+len(b.listed))
	shown := make(map[string]bool, cap(lines))
	show := func(l line) {
		if !shown[l.name] && strings.HasPrefix(l.name, b.filter) {
			lines = append(lines, l)
		}
		shown[l.name] = true
	}
	for _, asked := range b.asked {
		pattern, err := market.ParsePattern(asked)
		if err != nil || !pattern.Prefix() {
			show(line{asked, b.present(market.Symbol(asked))})
			continue
		}
		found := false
		for _, r := range b.listed {
			if pattern.Match(r.quote.Symbol) {
				found = true
				show(line{string(r.quote.Symbol), r})
			}
		}
		if !found {
			show(line{name: asked})
		}
	}
	return lines
}

// present returns the row of a symbol, nil if there is no quote of it.
func (b *board) present(s market.Symbol) *row {
	if r := b.rows[s]; r != nil && r.taken == b.takes {
		return r
	}
	return nil
}

// ranked is a line with what it is sorted by.
type ranked struct {
	line

	rank *big.Rat // nil if it is not known
}

// sort sorts the lines. What is not known comes last either way, and equals stand
// in the order of their names.
func (b *board) sort(now time.Time) {
	all := make([]ranked, len(b.lines))
	for i, l := range b.lines {
		all[i].line = l
		if l.row != nil {
			all[i].rank = l.row.rank(b.order, now)
		}
	}
	down := b.falling()
	slices.SortFunc(all, func(x, y ranked) int {
		if b.order == symbolColumn && down {
			return cmp.Compare(y.name, x.name)
		}
		return cmp.Or(compareRanks(x.rank, y.rank, down), cmp.Compare(x.name, y.name))
	})
	for i := range all {
		b.lines[i] = all[i].line
	}
}

func compareRanks(x, y *big.Rat, down bool) int {
	switch {
	case x == nil && y == nil:
		return 0
	case x == nil:
		return 1
	case y == nil:
		return -1
	case down:
		return y.Cmp(x)
	}
	return x.Cmp(y)
}

// falling reports whether the greatest comes first. For numbers that is the
// usual order: what moved most is what one looks for.
func (b *board) falling() bool {
	return b.turned == (b.order == symbolColumn || b.order == askedOrder)
}

// rank returns what a row is sorted by in that order, nil if it is not known,
// and in the order of names.
func (r *row) rank(order int, now time.Time) *big.Rat {
	switch order {
	case changeColumn:
		amount, _ := r.change()
		return amount
	case percentColumn:
		_, part := r.change()
		return part
	case spreadColumn:
		return r.spread()
	case lastColumn:
		return r.number(market.Last)
	case volumeColumn:
		return r.number(market.Volume)
	case ageColumn:
		return big.NewRat(now.UnixMicro()-r.quote.Recv, 1)
	case statusColumn:
		return big.NewRat(int64(r.quote.Status), 1)
	}
	return nil
}

func (r *row) number(f market.Field) *big.Rat {
	if value, known := r.quote.Value(f); known {
		return exact(value)
	}
	return nil
}

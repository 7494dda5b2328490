package livetest

import (
	"sync"

	"ticker/book"
	"ticker/market"
)

// tally is a book that counts what it took.
type tally struct {
	*book.Book
	mu    sync.Mutex
	taken map[market.Symbol]*count
}

// count is what was taken of one symbol.
type count struct {
	tickers, replayed int
	trades            market.Envelope
	prices            []string // of the trades, in order
}

// Apply counts what the book accepts, but for changes of status.
func (y *tally) Apply(u *market.Update) market.Outcome {
	outcome := y.Book.Apply(u)
	if outcome != market.Accepted || u.Set&market.AllValues == 0 {
		return outcome
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	n := y.taken[u.Symbol]
	if n == nil {
		n = &count{}
		y.taken[u.Symbol] = n
	}
	switch {
	case u.Trade:
		n.trades.Trade(u.Values[market.Last], u.Values[market.LastSize])
		n.prices = append(n.prices, u.Values[market.Last].String())
	case u.Channel == market.Trades:
		n.replayed++
	default:
		n.tickers++
	}
	return outcome
}

// of returns what was taken of a symbol.
func (y *tally) of(symbol market.Symbol) count {
	y.mu.Lock()
	defer y.mu.Unlock()
	if n := y.taken[symbol]; n != nil {
		return *n
	}
	return count{}
}

// total returns how many updates were taken.
func (y *tally) total() int {
	y.mu.Lock()
	defer y.mu.Unlock()
	n := 0
	for _, c := range y.taken {
		n += c.tickers + c.replayed + len(c.prices)
	}
	return n
}

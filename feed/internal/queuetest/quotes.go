package queuetest

import (
	"fmt"
	"testing"

	"ticker/market"
)

// Bids returns n quotes of one symbol, whose bids count from first.
func Bids(symbol string, first, n int) []string {
	quotes := make([]string, n)
	for i := range quotes {
		quotes[i] = fmt.Sprintf(`{"symbol":%q,"bid":%d}`, symbol, first+i)
	}
	return quotes
}

// LastBid returns the last bid of Bids.
func LastBid(first, n int) string { return fmt.Sprint(first + n - 1) }

// Trades returns messages, each one trade of A of size 1 whose price is its number.
func Trades(from, to int) []string {
	var messages []string
	for n := from; n < to; n++ {
		messages = append(messages, fmt.Sprintf(`{"symbol":"A","last":%d,"lastSize":1}`, n))
	}
	return messages
}

// Quotes returns messages of every form that our own quotes may have.
func Quotes() []string {
	return []string{
		`{"symbol":"AAPL","bid":189.98,"bidSize":300,"ask":"190.0100000001","ts":1763740800000000}`,
		`[{"symbol":"MSFT","last":0.1,"lastSize":7},{"symbol":"AAPL","bid":189.99}]`,
		"{\"symbol\":\"BTC-USD\",\"bid\":-1e-9}\nnoise\n{\"symbol\":\"MSFT\",\"last\":0.3}",
		`{"symbol":"END","bid":1}`,
	}
}

// WantQuotes waits for the Quotes, and wants all that is in them in the book.
func (s *Service) WantQuotes(t *testing.T) {
	t.Helper()
	s.Await(t, "END", "1", market.Live)
	for _, want := range []struct {
		symbol market.Symbol
		field  market.Field
		value  string
		seq    uint64
	}{
		{"AAPL", market.Bid, "189.99", 2},
		{"AAPL", market.BidSize, "300", 2},
		{"AAPL", market.Ask, "190.0100000001", 2},
		{"MSFT", market.Last, "0.3", 2},
		{"BTC-USD", market.Bid, "-0.000000001", 1},
	} {
		q := s.Quote(t, want.symbol)
		if got := q.Values[want.field].String(); got != want.value || q.Seq != want.seq || q.Source != "queue" {
			t.Errorf("%s %s = %s at %d from %q, want %s at %d", want.symbol, want.field, got, q.Seq, q.Source, want.value, want.seq)
		}
	}
	if got := s.counted(); got.Trades != 2 || got.High.String() != "0.3" || got.Low.String() != "0.1" {
		t.Errorf("%d trades from %s to %s", got.Trades, got.Low, got.High)
	}
}

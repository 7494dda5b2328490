package composite

import (
	"testing"
	"time"

	"ticker/market"
)

func TestOrderOfALegIsThatOfABook(t *testing.T) {
	t.Parallel()
	future := time.Now().Add(48 * time.Hour).UnixMicro()
	type step struct {
		u    market.Update
		want market.Outcome
	}
	quote := func(line market.SourceID, link uint32, seq uint64, ts int64) market.Update {
		return market.Update{Source: line, Link: link, Seq: seq, TS: ts}
	}
	trade := func(seq uint64, ts int64) market.Update {
		return market.Update{Channel: market.Trades, Trade: true, Seq: seq, TS: ts}
	}
	for name, steps := range map[string][]step{
		"by sequence": {
			{quote(0, 1, 2, 9), market.Accepted},
			{quote(0, 1, 3, 8), market.Accepted},
			{quote(0, 1, 3, 8), market.Accepted},
			{quote(0, 1, 2, 9), market.Late},
		},
		"a trade once": {
			{trade(2, 0), market.Accepted},
			{trade(2, 0), market.Duplicate},
			{trade(1, 0), market.Late},
		},
		"by time": {
			{quote(0, 1, 0, 9), market.Accepted},
			{quote(0, 1, 0, 9), market.Accepted},
			{quote(0, 1, 0, 8), market.Late},
			{quote(0, 1, 0, 0), market.Accepted},
		},
		"channels are apart": {
			{quote(0, 1, 9, 9), market.Accepted},
			{trade(1, 1), market.Accepted},
		},
		"a new connection may count anew, with a later time": {
			{quote(0, 1, 9, 9), market.Accepted},
			{quote(0, 2, 3, 9), market.Late},
			{quote(0, 2, 3, 10), market.Accepted},
			{quote(0, 2, 2, 11), market.Late},
		},
		"another line is a new connection": {
			{quote(0, 1, 9, 0), market.Accepted},
			{quote(1, 1, 3, 0), market.Accepted},
		},
		"a time far in the future orders nothing": {
			{quote(0, 1, 0, future), market.Accepted},
			{quote(0, 1, 0, 9), market.Accepted},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var o order
			for i, s := range steps {
				if got := o.judge(&s.u, time.Now().UnixMicro()); got != s.want {
					t.Errorf("step %d is %s, want %s", i, got, s.want)
				}
			}
		})
	}
}

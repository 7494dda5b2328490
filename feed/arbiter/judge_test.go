package arbiter

import (
	"testing"
	"time"

	"ticker/book"
	"ticker/market"
)

// step is what a leg says, and what becomes of it. Without an update it is the
// end of the leg's line.
type step struct {
	leg  int
	u    market.Update
	want market.Outcome
}

const (
	ok  = market.Accepted
	dup = market.Duplicate
	old = market.Late
)

// on puts an update on another connection of its leg.
func on(link uint32, u market.Update) market.Update {
	u.Link = link
	return u
}

// after accepts an update that much later.
func after(d time.Duration, u market.Update) market.Update {
	u.At = time.Unix(1_700_000_000, 0).Add(d)
	return u
}

func replayed(seq uint64, price int64) market.Update {
	u := tradeOf(seq, 0, price)
	u.Trade = false
	return u
}

func TestOneCopyPasses(t *testing.T) {
	t.Parallel()
	death := market.Update{}
	for name, steps := range map[string][]step{
		"the first copy of a sequence": {
			{0, quoteOf(1, 0, 1), ok},
			{1, quoteOf(1, 0, 1), dup},
			{1, quoteOf(2, 0, 2), ok},
			{0, quoteOf(2, 0, 2), dup},
			{0, quoteOf(1, 0, 1), old},
		},
		"sequences go before times": {
			{0, quoteOf(5, 50, 5), ok},
			{0, quoteOf(6, 49, 6), ok},
			{1, quoteOf(6, 49, 6), dup},
		},
		"the winner may add to its quote": {
			{0, quoteOf(1, 0, 1), ok},
			{0, quoteOf(1, 0, 2), ok},
			{1, quoteOf(1, 0, 2), dup},
		},
		"but never to its trade": {
			{0, tradeOf(1, 0, 1), ok},
			{0, tradeOf(1, 0, 2), dup},
		},
		"channels are apart": {
			{0, quoteOf(9, 0, 1), ok},
			{1, tradeOf(1, 0, 1), ok},
			{0, tradeOf(1, 0, 1), dup},
		},
		"a trade that the leg before had told of stays counted": {
			{0, tradeOf(1, 0, 1), ok},
			{0, tradeOf(2, 0, 2), ok},
			{0, death, 0},
			{1, tradeOf(1, 0, 1), old},
			{1, tradeOf(2, 0, 2), dup},
			{1, tradeOf(3, 0, 3), ok},
		},
		"a print from before is in no trade's way": {
			{0, tradeOf(1, 0, 1), ok},
			{1, replayed(3, 3), dup},
			{0, tradeOf(2, 0, 2), ok},
			{0, tradeOf(3, 0, 3), ok},
			{0, death, 0},
			{1, death, 0},
			{1, replayed(3, 3), dup},
			{1, replayed(4, 4), ok},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, steps)
		})
	}
}

func TestTimesOrderWhatHasNoSequence(t *testing.T) {
	t.Parallel()
	death := market.Update{}
	future := time.Now().Add(48 * time.Hour).UnixMicro()
	for name, steps := range map[string][]step{
		"the first copy of a time": {
			{0, quoteOf(0, 10, 1), ok},
			{1, quoteOf(0, 10, 1), dup},
			{1, quoteOf(0, 20, 2), ok},
			{0, quoteOf(0, 10, 1), old},
			{0, quoteOf(0, 20, 2), dup},
		},
		"several trades of one moment": {
			{0, tradeOf(0, 10, 1), ok},
			{0, tradeOf(0, 10, 2), ok},
			{1, tradeOf(0, 10, 1), dup},
			{1, tradeOf(0, 10, 2), dup},
			{1, tradeOf(0, 10, 3), ok},
			{0, tradeOf(0, 10, 3), dup},
		},
		"a moment goes on after the leg that began it": {
			{0, tradeOf(0, 10, 1), ok},
			{0, death, 0},
			{1, tradeOf(0, 10, 1), dup},
			{1, tradeOf(0, 10, 2), ok},
		},
		"a new connection tells a moment anew": {
			{0, tradeOf(0, 10, 1), ok},
			{0, death, 0},
			{0, on(2, tradeOf(0, 10, 1)), dup},
			{0, on(2, tradeOf(0, 10, 2)), ok},
		},
		"a leg that missed the beginning of a moment counts nothing twice": {
			{0, tradeOf(0, 10, 2), ok},
			{1, tradeOf(0, 10, 1), dup},
			{1, tradeOf(0, 10, 2), dup},
			{0, tradeOf(0, 10, 3), ok},
			{1, tradeOf(0, 10, 3), dup},
		},
		"a time far in the future orders nothing": {
			{0, quoteOf(0, 10, 1), ok},
			{0, quoteOf(0, future, 2), ok},
			{1, quoteOf(0, 20, 3), ok},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, steps)
		})
	}
}

func TestWithoutOrderOneLegIsInCharge(t *testing.T) {
	t.Parallel()
	death := market.Update{}
	for name, steps := range map[string][]step{
		"the one that spoke first": {
			{1, quoteOf(0, 0, 1), ok},
			{0, quoteOf(0, 0, 1), dup},
			{0, quoteOf(0, 0, 2), dup},
			{1, quoteOf(0, 0, 2), ok},
		},
		"until it is stale, and it does not come back": {
			{0, quoteOf(0, 0, 1), ok},
			{1, quoteOf(0, 0, 1), dup},
			{0, death, 0},
			{1, quoteOf(0, 0, 2), ok},
			{0, quoteOf(0, 0, 2), dup},
		},
		"unless it is back before another spoke": {
			{0, quoteOf(0, 0, 1), ok},
			{0, death, 0},
			{0, quoteOf(0, 0, 2), ok},
			{1, quoteOf(0, 0, 2), dup},
		},
		"until it says nothing for too long": {
			{0, after(0, quoteOf(0, 0, 1)), ok},
			{1, after(defaultPatience, quoteOf(0, 0, 2)), dup},
			{1, after(defaultPatience+1, quoteOf(0, 0, 2)), ok},
			{0, after(defaultPatience+2, quoteOf(0, 0, 2)), dup},
		},
		"what it says with order counts as a word too": {
			{0, after(0, quoteOf(1, 0, 1)), ok},
			{0, after(defaultPatience, quoteOf(2, 0, 2)), ok},
			{1, after(defaultPatience+1, quoteOf(0, 0, 1)), dup},
		},
		"also for a halt that has none": {
			{0, quoteOf(1, 10, 1), ok},
			{1, statusOf(market.Halted, market.NoReason), dup},
			{0, statusOf(market.Halted, market.NoReason), ok},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, steps)
		})
	}
}

func TestLowerSequenceIsANewNumberingOnlyOnGoodGrounds(t *testing.T) {
	t.Parallel()
	death := market.Update{}
	for name, steps := range map[string][]step{
		"a new connection and a later time": {
			{0, quoteOf(100, 10, 1), ok},
			{1, quoteOf(100, 10, 1), dup},
			{0, on(2, quoteOf(5, 20, 2)), ok},
			{0, on(2, quoteOf(6, 30, 3)), ok},
		},
		"not on the old connection": {
			{0, quoteOf(100, 10, 1), ok},
			{0, quoteOf(5, 20, 2), old},
		},
		"not without a later time": {
			{0, quoteOf(100, 10, 1), ok},
			{1, quoteOf(99, 9, 1), old},
			{1, on(2, quoteOf(99, 9, 1)), old},
			{1, on(3, quoteOf(98, 10, 1)), old},
		},
		"the old numbering does not jump ahead": {
			{0, quoteOf(100, 10, 1), ok},
			{1, quoteOf(100, 10, 1), dup},
			{0, on(2, quoteOf(5, 30, 3)), ok},
			{1, quoteOf(101, 20, 2), old},
			{1, on(2, quoteOf(101, 20, 2)), old},
			{1, on(2, quoteOf(5, 30, 3)), dup},
			{1, on(2, quoteOf(6, 40, 4)), ok},
			{0, on(2, quoteOf(6, 40, 4)), dup},
		},
		"a numbering of one leg's own is heard by its times": {
			{0, quoteOf(100, 10, 1), ok},
			{1, quoteOf(100, 10, 1), dup},
			{0, on(2, quoteOf(5, 20, 2)), ok},
			{1, quoteOf(101, 20, 2), old},
			{1, quoteOf(102, 30, 3), ok},
			{0, on(2, quoteOf(6, 30, 3)), old},
			{0, on(2, quoteOf(7, 40, 4)), ok},
		},
		"without times only by the last leg": {
			{0, quoteOf(100, 0, 1), ok},
			{1, quoteOf(100, 0, 1), dup},
			{0, on(2, quoteOf(5, 0, 2)), old},
			{1, death, 0},
			{0, on(2, quoteOf(6, 0, 3)), ok},
			{1, quoteOf(101, 0, 1), old},
			{1, on(2, quoteOf(7, 0, 4)), ok},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, steps)
		})
	}
}

// play has two legs say what stands in the steps.
func play(t *testing.T, steps []step) {
	t.Helper()
	r := newRig(t, 2, book.Config{})
	for i, s := range steps {
		if s.u.Symbol == "" {
			r.kill(s.leg, market.Disconnected)
			continue
		}
		got := r.apply(s.leg, &s.u)
		if got == market.Behind {
			got = market.Late // whoever was first
		}
		if got != s.want {
			t.Errorf("step %d is %s, want %s", i, got, s.want)
		}
	}
}

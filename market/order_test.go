package market_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"ticker/market"
)

// told is one update as far as its order goes, and what becomes of it.
type told struct {
	link  uint64
	seq   uint64
	ts    int64
	trade bool
	want  market.Outcome
}

const (
	wall   = int64(1_000_000_000)
	second = int64(time.Second / time.Microsecond)
)

// run is so many updates in a row whose sequences and times rise by one.
func run(n int, first told) []told {
	all := make([]told, n)
	for i := range all {
		all[i] = first
		all[i].seq += uint64(i)
		all[i].ts += int64(i)
	}
	return all
}

func TestATimeAheadOfTheClockHoldsUpNothingForLongerThanALead(t *testing.T) {
	t.Parallel()
	for _, lead := range []time.Duration{6 * time.Second, time.Hour, 23 * time.Hour, 365 * 24 * time.Hour} {
		var o market.Order
		ahead := wall + lead.Microseconds()
		for i, step := range []told{
			{ts: wall},
			{ts: ahead},
			{ts: wall + 1},
			{ts: wall, want: market.Late},
			{ts: wall + 2},
			{ts: ahead},
			{ts: ahead + 1}, // a clock that stays ahead
			{ts: wall + 3},  // and is set right
		} {
			if got := o.Judge(&market.Update{TS: step.ts}, 1, wall); got != step.want {
				t.Errorf("%v ahead, step %d: %v, want %v", lead, i, got, step.want)
			}
		}
	}
	var o market.Order
	o.Judge(&market.Update{TS: wall + 4*second}, 1, wall)
	for passed := range int64(6) {
		now := wall + passed*second
		want := market.Accepted
		if passed < 4 {
			want = market.Late
		}
		if got := o.Judge(&market.Update{TS: now}, 1, now); got != want {
			t.Errorf("%d s after a time that was 4 s ahead: %v, want %v", passed, got, want)
		}
	}
}

func TestANumberingThatBeginsAnewOnOneConnectionIsFollowed(t *testing.T) {
	t.Parallel()
	late := func(steps []told) []told {
		for i := range steps {
			steps[i].want = market.Late
		}
		return steps
	}
	join := func(runs ...[]told) (all []told) {
		for _, r := range runs {
			all = append(all, r...)
		}
		return all
	}
	head := []told{{seq: 1000, ts: wall}}
	cases := map[string][]told{
		"the eighth in a row": join(head, late(run(7, told{seq: 1, ts: wall + 1})), run(3, told{seq: 8, ts: wall + 8})),
		"trades":              join(head, late(run(7, told{seq: 1, ts: wall + 1, trade: true})), run(3, told{seq: 8, ts: wall + 8, trade: true})),
		"of the old one in between": join(head, late(run(7, told{seq: 1, ts: wall + 1})), run(1, told{seq: 1001, ts: wall + 8}),
			late(run(7, told{seq: 8, ts: wall + 9}))),
		"not in order":            join(head, late(run(7, told{seq: 5, ts: wall + 1})), late(run(7, told{seq: 1, ts: wall + 10}))),
		"told again, from before": join(head, late(run(99, told{seq: 1, ts: wall - 100}))),
		"after a time that was ahead": join([]told{{seq: 1000, ts: wall + 60*second}}, late(run(7, told{seq: 1, ts: wall + 1})),
			run(1, told{seq: 8, ts: wall + 8})),
		"without times":                  join([]told{{seq: 1000}}, late([]told{{seq: 1}, {seq: 2}, {seq: 3}, {seq: 4}, {seq: 5}, {seq: 6}, {seq: 7}, {seq: 8}, {seq: 9}})),
		"on another connection, at once": {{seq: 1000, ts: wall}, {link: 1, seq: 1, ts: wall + 1}},
	}
	for name, steps := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var o market.Order
			for i, step := range steps {
				u := &market.Update{Seq: step.seq, TS: step.ts, Trade: step.trade}
				if got := o.Judge(u, step.link, wall); got != step.want {
					t.Fatalf("step %d, %+v: %v", i, step, got)
				}
			}
		})
	}
}

// TestWhatIsAcceptedIsInOrder holds judgements against what they promise, over
// connections whose clocks are right: by sequences that never begin anew nothing goes
// back, whatever is told again.
func TestWhatIsAcceptedIsInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var o market.Order
		timed := rapid.Bool().Draw(rt, "timed")
		newest, link, seen := uint64(0), uint64(1), make(map[uint64]bool)
		for range rapid.IntRange(1, 100).Draw(rt, "updates") {
			seq := newest + 1
			if rapid.Bool().Draw(rt, "again") {
				seq = rapid.Uint64Range(1, newest+1).Draw(rt, "seq")
			}
			if timed && rapid.IntRange(0, 9).Draw(rt, "reconnect") == 0 {
				link++
			}
			u := &market.Update{Seq: seq, Trade: true}
			if timed {
				u.TS = wall + int64(seq)
			}
			got := o.Judge(u, link, wall)
			if got == market.Accepted && seen[seq] {
				rt.Fatalf("trade %d was accepted twice", seq)
			}
			if want := seq > newest; (got == market.Accepted) != want {
				rt.Fatalf("%d behind %d: %v", seq, newest, got)
			}
			seen[seq] = true
			newest = max(newest, seq)
		}
	})
}

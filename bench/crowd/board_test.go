package crowd

import (
	"context"
	"errors"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"ticker/bench"
)

// counted is a Tally in plain numbers.
type counted struct {
	Clients                                    int
	Frames, Updates, Bytes, Checked, Disorder  uint64
	Lost                                       int
	Served                                     map[uint64]int
	Ages, Freshest, Slow                       int64
	UpdatesOfSecond, FramesOfSecond, AgesOfSec []int64
}

func plain(tally *bench.Tally) counted {
	c := counted{
		Clients: tally.Clients, Frames: tally.Frames, Updates: tally.Updates, Bytes: tally.Bytes,
		Checked: tally.Checked, Disorder: tally.Disorder, Lost: tally.Lost, Served: maps.Clone(tally.Served),
		Ages: tally.Ages.Count(), Freshest: tally.Freshest.Count(),
	}
	if tally.Slow != nil {
		c.Slow = tally.Slow.Count()
	}
	for _, s := range tally.Seconds {
		c.UpdatesOfSecond = append(c.UpdatesOfSecond, int64(s.Updates))
		c.FramesOfSecond = append(c.FramesOfSecond, int64(s.Frames))
		c.AgesOfSec = append(c.AgesOfSec, s.Ages.Count())
	}
	return c
}

// newTestCrowd returns a crowd whose clients the test plays itself.
func newTestCrowd(t testing.TB, clients int) *crowd {
	t.Helper()
	c, err := newCrowd(job(bench.Ticker, "ws://127.0.0.1:1", clients))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTallyIsOfTheWindowAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newTestCrowd(t, 40)
		for i := range 40 {
			c.board.place(i).join()
		}
		frame := &delivery{bytes: 100, at: 1000, times: []int64{400, 700}, checked: 2, disorder: 1}
		c.board.place(1).add(frame) // before the window
		c.board.place(2).leave()    // likewise
		at := func(after time.Duration, do func()) { time.AfterFunc(after, do) }
		at(500*ms, func() { c.board.place(0).add(frame) })
		at(900*ms, func() { c.board.place(16).add(frame) })
		at(1100*ms, func() { c.board.place(0).add(frame) })
		at(1200*ms, func() { c.board.place(0).add(frame) })
		at(1300*ms, func() { c.board.place(0).add(&delivery{bytes: 7, at: 1000}) }) // a heartbeat
		at(1400*ms, func() { c.board.place(3).add(&delivery{bytes: 50, at: 1000, times: []int64{1}, slow: true}) })
		at(2100*ms, func() { c.board.place(1).add(frame); c.board.place(1).leave() })
		at(2600*ms, func() { c.board.place(0).add(frame) }) // after the window
		tally, err := c.measure(t.Context(), 2500*ms)
		if err != nil {
			t.Fatal(err)
		}
		expect(t, "tally", plain(tally), counted{
			Clients: 38, Frames: 6, Updates: 11, Bytes: 557, Checked: 10, Disorder: 5, Lost: 1,
			Served: map[uint64]int{0: 35, 1: 2, 2: 1}, Ages: 10, Freshest: 5,
			UpdatesOfSecond: []int64{4, 5, 2}, FramesOfSecond: []int64{2, 3, 1}, AgesOfSec: []int64{4, 4, 2},
		})
		time.Sleep(time.Second)
		next, err := c.measure(t.Context(), time.Second)
		if err != nil {
			t.Fatal(err)
		}
		expect(t, "tally of the next window", plain(next), counted{
			Clients: 38, Served: map[uint64]int{0: 38},
			UpdatesOfSecond: []int64{0}, FramesOfSecond: []int64{0}, AgesOfSec: []int64{0},
		})
	})
}

func TestAgeIsFromTheTimeOfTheRecordToTheReadingOfItsFrame(t *testing.T) {
	t.Parallel()
	c := newCounts()
	c.add(&delivery{at: 1000, times: []int64{900, 990, 700}})
	c.add(&delivery{at: 2000, times: []int64{1950, 2010}}) // the clock was set back
	expect(t, "oldest and number of all", []int64{c.ages.Max() / 10, c.ages.Count()}, []int64{30, 5})
	expect(t, "newest of all", c.ages.Percentile(1), 1)
	expect(t, "of the freshest, the least and the most", []int64{c.freshest.Percentile(1), c.freshest.Max()}, []int64{1, 10})
}

func TestServedIsRoundedToAPowerOfTwoBelow(t *testing.T) {
	t.Parallel()
	for n, want := range map[uint64]uint64{0: 0, 1: 1, 2: 2, 3: 2, 4: 4, 199: 128, 1 << 63: 1 << 63} {
		expect(t, "rounded", powerBelow(n), want)
	}
}

func TestMeasurementEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 1500*ms)
		defer cancel()
		if _, err := newTestCrowd(t, 1).measure(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error is %v", err)
		}
	})
}

func TestFaultsAreToldOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newTestCrowd(t, 1)
		c.faults.add(t.Context(), fault("closed 1013"))
		for _, want := range []map[string]int{{"closed 1013": 1}, nil} {
			tally, err := c.measure(t.Context(), ms)
			if err != nil {
				t.Fatal(err)
			}
			expect(t, "faults", tally.Faults, want)
		}
	})
}

package fanout

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ticker/wire"
)

// TestTheTimeInWhichAFlushIsLateCountsOnce holds the account against one that has a
// mark for every millisecond. A wheel has what was due first begin first; several
// together may have less counted than there was.
func TestTheTimeInWhichAFlushIsLateCountsOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var l load
		var behind [2000]bool
		now, last, wheels := 0, 0, rapid.IntRange(1, 2).Draw(rt, "wheels")
		for range rapid.IntRange(0, 60).Draw(rt, "flushes") {
			now += rapid.IntRange(0, 30).Draw(rt, "pass")
			due := max(now-rapid.IntRange(0, 200).Draw(rt, "late"), 0)
			if wheels == 1 {
				due = max(due, last)
			}
			last = due
			l.late(time.Duration(due)*time.Millisecond, time.Duration(now)*time.Millisecond)
			for ms := due + int(tolerated/time.Millisecond); ms < now; ms++ {
				behind[ms] = true
			}
			var want time.Duration
			for _, b := range behind {
				if b {
					want += time.Millisecond
				}
			}
			if l.behind > want || l.behind < want && wheels == 1 {
				rt.Fatalf("%v behind, want %v", l.behind, want)
			}
		}
	})
}

func TestLatenessIsTheTimeBeyondWhatIsTolerated(t *testing.T) {
	t.Parallel()
	var l load
	for _, c := range []struct{ due, now, behind time.Duration }{
		{100, 100, 0},
		{100, 150, 0},    // as late as is tolerated
		{100, 151, 1},    // from 150 on
		{100, 161, 11},   // of the same wheel: it goes on
		{105, 161, 11},   // of another: that was counted
		{160, 205, 11},   // in time again
		{200, 400, 161},  // from 250 on
		{390, 450, 171},  // from 440 on
		{450, 1000, 671}, // from 500 on
	} {
		l.late(c.due*time.Millisecond, c.now*time.Millisecond)
		if l.behind != c.behind*time.Millisecond {
			t.Errorf("due at %d, begun at %d: %v behind, want %dms", c.due, c.now, l.behind, c.behind)
		}
	}
}

func TestWidenedIntervalsSendLessOftenAndSaySo(t *testing.T) {
	t.Parallel()
	for _, codec := range []wire.Codec{wire.JSON, wire.MsgPack} {
		t.Run(codec.Subprotocol(), func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(f *fixture) {
				c := f.open(codec, false)
				defer c.close()
				f.quote("A", 1)
				c.subscribe(100*time.Millisecond, "A", "B")
				pass(time.Second)
				c.events()
				cents := int64(1)
				for _, step := range []struct{ factor, widened, frames int }{
					{1, 0, 80}, {2, 2, 40}, {4, 4, 20}, {8, 8, 10}, {99, 8, 10}, {2, 2, 40}, {0, 0, 80},
				} {
					f.hub.Widen(step.factor)
					pass(time.Second) // what was due before comes when it was due
					c.events()
					for range 800 {
						cents++
						f.quote("A", cents)
						f.quote("B", cents)
						pass(10 * time.Millisecond)
					}
					events := c.events()
					if len(events) != step.frames+1 { // the first came at once
						t.Errorf("%d frames in 8s of intervals widened by %d, want %d", len(events), step.factor, step.frames+1)
					}
					for _, e := range events {
						if e.Widened != step.widened || len(e.Records) != 2 {
							t.Fatalf("widened by %d: %+v", step.factor, e)
						}
					}
				}
			})
		})
	}
}

func TestNoIntervalIsWidenedBeyondTheLongest(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		for _, c := range []struct {
			interval time.Duration
			factor   int
			want     time.Duration
		}{
			{100 * time.Millisecond, 1, 100 * time.Millisecond},
			{100 * time.Millisecond, 8, 800 * time.Millisecond},
			{20 * time.Second, 2, 40 * time.Second},
			{20 * time.Second, 8, time.Minute},
			{time.Minute, 8, time.Minute},
			{time.Hour, 8, time.Hour}, // of a plan
		} {
			f.hub.Widen(c.factor)
			if got := f.hub.Gap(c.interval); got != c.want {
				t.Errorf("%v widened by %d: %v, want %v", c.interval, c.factor, got, c.want)
			}
		}
	})
}

// lazyConn takes what it is given, but a while to do so while it is lazy.
type lazyConn struct {
	*fakeConn
	lazy *atomic.Bool
}

func (c lazyConn) TryWrite(p []byte) (int, error) {
	if c.lazy.Load() {
		time.Sleep(30 * time.Millisecond) // fake time: as if a processor was busy with it
	}
	return c.fakeConn.TryWrite(p)
}

// TestAHubThatCannotKeepUpIsBehindUntilItsIntervalsAreWidened has flushes that take
// 600 ms of three goroutines every 100 ms. It takes less than the time between two
// signs of life, which would wait for a lock that is held over a pause.
func TestAHubThatCannotKeepUpIsBehindUntilItsIntervalsAreWidened(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		f.quote("A", 1)
		var clients []*client
		var lazy atomic.Bool
		for range 20 {
			c := &client{t: t, codec: wire.JSON, conn: newFakeConn(false)}
			c.Session = f.hub.Open(Options{
				Conn: lazyConn{c.conn, &lazy}, Framing: prefixed{}, Codec: wire.JSON, Failed: func(error) {},
			})
			clients = append(clients, c)
			c.subscribe(100*time.Millisecond, "A")
		}
		stop := make(chan struct{})
		var churn sync.WaitGroup
		churn.Go(func() {
			for cents := int64(2); ; cents++ {
				select {
				case <-stop:
					return
				case <-time.After(10 * time.Millisecond):
					f.quote("A", cents)
				}
			}
		})
		grown := func(d time.Duration) time.Duration {
			before := f.hub.Behind()
			pass(d)
			return f.hub.Behind() - before
		}
		settle()
		lazy.Store(true)
		pass(time.Second)
		if got := grown(4 * time.Second); got < 3500*time.Millisecond {
			t.Errorf("behind for %v of 4s with more to do than it can", got)
		}
		f.hub.Widen(8)
		pass(2 * time.Second)
		if got := grown(4 * time.Second); got > 0 {
			t.Errorf("behind for %v of 4s with intervals that leave it time", got)
		}
		lazy.Store(false)
		close(stop)
		churn.Wait()
		pass(2 * time.Second)
		for _, c := range clients {
			c.close()
		}
	})
}

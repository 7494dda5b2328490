package throttle

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestGrantClampsAndDefaults(t *testing.T) {
	t.Parallel()
	bounds := Intervals{Default: 100 * time.Millisecond, Min: 20 * time.Millisecond, Max: time.Minute}
	if err := bounds.Validate(); err != nil {
		t.Fatal(err)
	}
	if got := bounds.Grant(nil); got != bounds.Default {
		t.Errorf("not asked: %v", got)
	}
	for asked, want := range map[time.Duration]time.Duration{
		-time.Second: bounds.Min, 0: bounds.Min, time.Millisecond: bounds.Min,
		250 * time.Millisecond: 250 * time.Millisecond, time.Hour: bounds.Max,
	} {
		if got := bounds.Grant(&asked); got != want {
			t.Errorf("asked for %v: %v, want %v", asked, got, want)
		}
	}
}

func TestContradictoryIntervalsAreRefused(t *testing.T) {
	t.Parallel()
	for name, bounds := range map[string]Intervals{
		"zero":          {},
		"max below min": {Default: time.Second, Min: time.Second, Max: time.Millisecond},
		"default below": {Default: time.Millisecond, Min: time.Second, Max: time.Minute},
		"default above": {Default: time.Hour, Min: time.Second, Max: time.Minute},
	} {
		if bounds.Validate() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestPaceNeverExceedsItsRate holds a pace against what it promises: whatever
// the delays of its caller, in no span are there more frames than the span has
// intervals, and one more.
func TestPaceNeverExceedsItsRate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		interval := time.Duration(rapid.IntRange(1, 2000).Draw(rt, "interval")) * time.Millisecond
		p := NewPace(interval)
		delay := rapid.Custom(func(rt *rapid.T) time.Duration {
			return time.Duration(rapid.Int64Range(0, int64(3*interval)).Draw(rt, "delay"))
		})
		now, first, sent := time.Second, time.Second, 0
		for range 50 {
			gap := interval * time.Duration(rapid.SampledFrom([]int{1, 2, 8}).Draw(rt, "widened"))
			due := p.Sent(now, gap)
			sent++
			if due <= now {
				rt.Fatalf("due again at %v, and it is %v", due, now)
			}
			if late := due - now; late > gap+maxGrain {
				rt.Fatalf("next frame %v after this one, with a gap of %v", late, gap)
			}
			if allowed := int((now-first)/interval) + 1; sent > allowed {
				rt.Fatalf("%d frames in %v, with an interval of %v", sent, now-first, interval)
			}
			now = due
			switch rapid.IntRange(0, 2).Draw(rt, "next") {
			case 0:
				now += delay.Draw(rt, "late")
			case 1:
				p.Rest()
				now += delay.Draw(rt, "idle")
			}
		}
	})
}

func TestPaceCountsFromTheInstantBefore(t *testing.T) {
	t.Parallel()
	p := NewPace(100 * time.Millisecond)
	now := p.Sent(time.Second, p.Interval())
	for i := range 100 {
		if want := time.Second + time.Duration(i+1)*100*time.Millisecond; now != want {
			t.Fatalf("due at %v, want %v: lateness adds up", now, want)
		}
		now = p.Sent(now+3*time.Millisecond, p.Interval())
	}
}

func TestCommandsRefuseThenHangUp(t *testing.T) {
	t.Parallel()
	c := NewCommands(20, 50)
	judge := func(now time.Duration, n int) map[Verdict]int {
		verdicts := make(map[Verdict]int)
		for range n {
			verdicts[c.Judge(now)]++
		}
		return verdicts
	}
	if got := judge(0, 50); got[Pass] != 50 {
		t.Errorf("a burst within the limit: %v", got)
	}
	if got := judge(0, 50); got[Refuse] != 50 {
		t.Errorf("beyond the burst: %v", got)
	}
	if got := judge(0, 1); got[HangUp] != 1 {
		t.Errorf("still going on: %v", got)
	}
	if got := judge(time.Second, 21); got[Pass] != 20 || got[Refuse] != 1 {
		t.Errorf("a second later: %v", got)
	}
}

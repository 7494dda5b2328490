package throttle

import (
	"errors"
	"fmt"
	"time"
)

// Intervals bounds the rates that clients may ask for.
type Intervals struct {
	// Default is granted to those who do not ask. Min and Max clamp the rest.
	Default, Min, Max time.Duration
}

// Validate reports bounds that contradict each other.
func (i Intervals) Validate() error {
	switch {
	case i.Min < time.Millisecond:
		return fmt.Errorf("min %v is below 1ms", i.Min)
	case i.Max < i.Min:
		return fmt.Errorf("max %v is below min %v", i.Max, i.Min)
	case i.Default < i.Min || i.Default > i.Max:
		return errors.New("default is not between min and max")
	}
	return nil
}

// Grant returns the interval for one that was asked for, nil for none.
func (i Intervals) Grant(asked *time.Duration) time.Duration {
	if asked == nil {
		return i.Default
	}
	return min(max(*asked, i.Min), i.Max)
}

// Pace keeps the instants at which one lane is due.
type Pace struct {
	interval time.Duration
	grain    time.Duration
	due      time.Duration
}

// grains is into how many phases an interval is divided. Lanes of one phase
// are flushed together, which is cheaper than each at its own instant; with one
// phase only, the median client would wait for half of a burst. Twenty make a
// flush at most a twentieth of the interval late.
const (
	grains   = 20
	maxGrain = 5 * time.Millisecond
	minGrain = time.Millisecond
)

// NewPace makes the pace of a lane that sends at most once in an interval.
func NewPace(interval time.Duration) Pace {
	return Pace{interval: interval, grain: min(max(interval/grains, minGrain), maxGrain)}
}

// Interval returns the time between two instants.
func (p *Pace) Interval() time.Duration { return p.interval }

// Sent notes that the lane sent something at now, and returns when it is due
// again: a gap after it was due before if it was due then, a gap from now if it was
// woken out of turn or missed its turn altogether. The gap is the interval, or longer
// while there is no processor for that.
func (p *Pace) Sent(now, gap time.Duration) time.Duration {
	late := now - p.due
	if p.due == 0 || late < 0 || late >= gap {
		p.due = p.round(now + gap)
	} else {
		p.due += gap
	}
	return p.due
}

// Rest notes that the lane was due and had nothing to send: whatever wakes it
// may be sent at once, and the instants are counted from there.
func (p *Pace) Rest() { p.due = 0 }

// round brings an instant up to the next boundary of a phase.
func (p *Pace) round(t time.Duration) time.Duration {
	return (t + p.grain - 1) / p.grain * p.grain
}

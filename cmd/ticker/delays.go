package main

import (
	"fmt"
	"slices"
	"time"
)

const (
	// maxDelays is how many delayed plans there may be. Each has a book of its own.
	maxDelays = 4
	minDelay  = time.Second
	maxDelay  = 24 * time.Hour
	// edgeDelay is the least at a node that reads what another records: see storedTo.
	edgeDelay = time.Minute
	// storing is how long history may take to store what was recorded, for a plan not to
	// be later than it says.
	storing = time.Second
)

// delaysValue is the list of delays of plans.
type delaysValue []time.Duration

func (v *delaysValue) set(items []string) error {
	if len(items) > maxDelays {
		return fmt.Errorf("%d delays: want %d at most", len(items), maxDelays)
	}
	var delays []time.Duration
	for _, item := range items {
		var d time.Duration
		if err := (&durationValue{at: &d, least: minDelay, most: maxDelay}).set([]string{item}); err != nil {
			return err
		}
		if slices.Contains(delays, d) {
			return fmt.Errorf("%v is given twice", d)
		}
		delays = append(delays, d)
	}
	*v = delays
	return nil
}

func (v *delaysValue) get() []string {
	var items []string
	for _, d := range *v {
		items = append(items, d.String())
	}
	return items
}
func (v *delaysValue) list() bool { return true }

// checkDelays notes what is wrong with delayed plans: they are made of what history
// records.
func (c *configuration) checkDelays() {
	s := c.settings
	delays, h := s.auth.delays, s.history
	for _, d := range delays {
		c.demand("auth.delays", d >= h.every+storing, "%v is too short: want history.every, which is %v, and %v more", d, h.every, storing)
		c.demand("auth.delays", d >= edgeDelay || s.relay.role != roleEdge, "%v is too short for an edge, which does not record: want %v", d, edgeDelay)
		c.demand("auth.delays", h.retention == 0 || d <= h.retention, "%v is longer than history.retention, which is %v", d, h.retention)
	}
	for i, key := range s.auth.keys {
		c.demand("auth.keys", key.Delay == 0 || slices.Contains(delays, key.Delay), "entry %d: delay: %v is none of auth.delays", i+1, key.Delay)
	}
	if len(delays) == 0 {
		return
	}
	c.demand("auth.delays", h.url != historyOff, "needs a history, and history.url is off")
	c.demand("auth.delays", !s.playsHistory(), "needs a history that is recorded, and a feed plays it")
}

// playsHistory reports whether a feed plays the history, which is then not recorded.
func (s *settings) playsHistory() bool {
	return slices.ContainsFunc(s.feeds, func(f feedSpec) bool { return f.kind == "history" })
}

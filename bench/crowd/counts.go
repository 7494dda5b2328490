package crowd

import (
	"ticker/bench"
)

// counts is what was counted in a while.
type counts struct {
	frames, updates, bytes uint64
	checked, disorder      uint64
	lost                   int
	ages, freshest, slow   *bench.Ages
}

func newCounts() *counts {
	return &counts{ages: bench.NewAges(), freshest: bench.NewAges(), slow: bench.NewAges()}
}

func (c *counts) reset() {
	c.ages.Reset()
	c.freshest.Reset()
	c.slow.Reset()
	*c = counts{ages: c.ages, freshest: c.freshest, slow: c.slow}
}

// add counts what one message brought. One without records, as a heartbeat, is
// bytes and nothing else.
func (c *counts) add(d *delivery) {
	c.bytes += uint64(d.bytes)
	c.checked += d.checked
	c.disorder += d.disorder
	if len(d.times) == 0 {
		return
	}
	c.frames++
	c.updates += uint64(len(d.times))
	if d.slow {
		addAges(c.slow, d)
		return
	}
	c.freshest.Add(d.at - addAges(c.ages, d))
}

// addAges adds the ages of all records and returns the time of the newest.
func addAges(ages *bench.Ages, d *delivery) (newest int64) {
	for _, ts := range d.times {
		ages.Add(d.at - ts)
		newest = max(newest, ts)
	}
	return newest
}

// mergeInto adds all but the ages, which are in the second alone, to both.
func (c *counts) mergeInto(tally *bench.Tally, second *bench.Second) {
	second.Frames += c.frames
	second.Updates += c.updates
	second.Ages.Merge(c.ages)
	tally.Frames += c.frames
	tally.Updates += c.updates
	tally.Bytes += c.bytes
	tally.Checked += c.checked
	tally.Disorder += c.disorder
	tally.Lost += c.lost
	tally.Freshest.Merge(c.freshest)
	if tally.Slow != nil {
		tally.Slow.Merge(c.slow)
	}
}

package feed

// recvClock turns readings of the wall clock and the monotonic clock, both in
// nanoseconds, into times of acceptance that never go back.
//
// They are the wall clock's as long as it runs forward. When it was set back
// they go on from the last one at half speed until it has caught up: they
// neither stand still, which would pile an hour's records onto one instant of
// history, nor keep the error for ever.
type recvClock struct {
	recv, mono int64
}

// at returns the time of acceptance in nanoseconds.
func (c *recvClock) at(wall, mono int64) int64 {
	c.recv = max(wall, c.recv+(mono-c.mono)/2)
	c.mono = mono
	return c.recv
}

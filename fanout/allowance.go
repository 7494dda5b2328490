package fanout

import "time"

// leastFrame is what even the slowest client is sent in one frame. With it, what
// waits for a client on its way, unsent and in its own buffers, is older than
// the frame that is being written.
const leastFrame = 8 << 10

// allowance judges how long the frames of a session may be. A frame is gathered
// at once and written for as long as the client takes: its last record is as old
// then as that took. So a client that needs longer than its interval gets less
// in a frame, and its symbols take turns. The zero value allows all.
type allowance struct {
	bytes int // of a frame; 0 is no limit
}

// limit returns the most bytes of a frame, out of most.
func (a *allowance) limit(most int) int {
	if a.bytes == 0 {
		return most
	}
	return min(a.bytes, most)
}

// took notes how long the client took for what it was given while it was blocked.
func (a *allowance) took(bytes int, time, interval time.Duration, least int) {
	switch {
	case bytes == 0 || interval == 0:
	case time > interval:
		// One pause, as of a laptop that was asleep, must not cost much: half of it
		// at a time is soon little enough.
		a.bytes = max(least, bytes/2, int(float64(bytes)*float64(interval)/float64(time)))
	case bytes > a.bytes/2: // less may have found room in the kernel's buffers
		a.grow(a.bytes + a.bytes/2)
	}
}

// passed notes a frame that the client's buffers took at once. That tells little
// of its speed, so the allowance grows slowly.
func (a *allowance) passed(bytes int) {
	if bytes > a.bytes/2 {
		a.grow(a.bytes + a.bytes/8)
	}
}

// grow raises the limit, and lifts it when no frame is as long.
func (a *allowance) grow(bytes int) {
	if a.bytes = max(a.bytes, bytes); a.bytes >= maxFrameBytes {
		a.bytes = 0
	}
}

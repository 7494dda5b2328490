package throttle

import (
	"time"

	"golang.org/x/time/rate"
)

// Verdict is what becomes of a command.
type Verdict uint8

// The verdicts.
const (
	// Pass: within the rate.
	Pass Verdict = iota
	// Refuse: beyond the rate, tell the client.
	Refuse
	// HangUp: beyond the rate for so long that the client is not listening.
	HangUp
)

// Commands limits the commands of one client.
type Commands struct {
	bucket  *rate.Limiter
	epoch   time.Time
	burst   int
	refused int
}

// NewCommands allows perSecond commands a second and burst at once.
func NewCommands(perSecond float64, burst int) *Commands {
	return &Commands{bucket: rate.NewLimiter(rate.Limit(perSecond), burst), burst: burst}
}

// Judge judges one command. A client that was refused as often as its burst,
// without a single command that passed in between, is hung up on.
func (c *Commands) Judge(now time.Duration) Verdict {
	if c.bucket.AllowN(c.epoch.Add(now), 1) {
		c.refused = 0
		return Pass
	}
	c.refused++
	if c.refused > c.burst {
		return HangUp
	}
	return Refuse
}

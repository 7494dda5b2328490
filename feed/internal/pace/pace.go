package pace

import (
	"context"
	"time"
)

// slack is how early a record may be played, which spares a timer for each
// record of a burst.
const slack = time.Millisecond

// Pace plays records at the times they are due. The clock runs from the first
// record that has a time. A Pace with a Speed is ready.
type Pace struct {
	Speed Speed

	first int64 // recorded time of the first record, nanoseconds
	start time.Time
}

// Wait returns when the record of the given time, in nanoseconds, is due, or ctx is done. A
// record without a time, 0, is due at once.
func (p *Pace) Wait(ctx context.Context, at int64) error {
	early := p.early(at)
	if early < slack {
		return ctx.Err()
	}
	timer := time.NewTimer(early)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func (p *Pace) early(at int64) time.Duration {
	switch {
	case p.Speed == Max || at == 0:
		return 0
	case p.first == 0:
		p.first, p.start = at, time.Now()
		return 0
	}
	return p.Speed.Played(time.Duration(at-p.first)) - time.Since(p.start)
}

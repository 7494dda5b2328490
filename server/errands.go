package server

import (
	"context"
	"slices"
	"sync"

	"ticker/wire"
)

// maxErrands is how many queries of the past a session may have under way: the
// one that history thinks about, and those behind it.
const maxErrands = 8

// errands are the queries of one session that history has to answer, which may
// take it seconds. A goroutine brings them to it, one after the other, and lives
// for as long as there are any; the session goes on meanwhile.
//
// The goroutine that attends to the client begins errands and ends them.
type errands struct {
	running sync.WaitGroup     // of the goroutine
	stop    context.CancelFunc // of its context; nil if there never was one

	mu      sync.Mutex
	waiting []wire.Request // history thinks about the first
}

// sendErrand begins an errand, unless there are too many.
func (c *client) sendErrand(req wire.Request) *wire.Error {
	e := &c.errands
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.waiting) == maxErrands {
		return refuse(wire.CodeRateLimited, "a session has at most %d queries of the past at one time", maxErrands)
	}
	e.waiting = append(e.waiting, req)
	if len(e.waiting) == 1 {
		ctx, stop := context.WithCancel(context.Background())
		e.stop = stop
		e.running.Go(func() {
			defer stop()
			if err := c.runErrands(ctx); err != nil {
				c.end(endingOf(err)) //nolint:contextcheck // a session is attended to for its own sake
			}
		})
	}
	return nil
}

// runErrands answers queries until there are none. An error has to end the
// session.
func (c *client) runErrands(ctx context.Context) (err error) {
	defer c.srv.survive(c.id, &err)
	// Answers are long: the next is not asked for before the client took the last.
	for more := true; more && c.flow.WaitRoom(); more = c.errands.done() {
		req := c.errands.first()
		result, refusal := c.srv.view(c.granted()).past.answer(ctx, c.granted(), req.Body)
		if ctx.Err() != nil {
			return nil
		}
		if refusal == nil {
			refusal = c.respond(req.ID, result)
		}
		c.finish(req, refusal)
	}
	return nil
}

func (e *errands) first() wire.Request {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.waiting[0]
}

// done forgets the errand that was answered, and reports whether there are more.
func (e *errands) done() (more bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.waiting = slices.Delete(e.waiting, 0, 1)
	return len(e.waiting) > 0
}

// cancel ends the errand that goes on, and with it the goroutine; the session
// is closed.
func (e *errands) cancel() {
	if e.stop != nil {
		e.stop()
	}
}

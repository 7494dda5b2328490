package crowd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"golang.org/x/time/rate"

	"ticker/bench"
)

const (
	// maxHandshakes is how many clients may be between dialing and being
	// subscribed. More at once would measure how a server ramps up, and make
	// its answers late for each.
	maxHandshakes = 64
	// checkedShare of the clients, one in so many, read every record in full.
	checkedShare = 100
)

// crowd is all clients of one job.
type crowd struct {
	job    *bench.Job
	target *target
	// dial makes the connection of the client of that number.
	dial    func(ctx context.Context, number int) (net.Conn, error)
	board   *board
	faults  faults
	buffers bufferPool
	slots   chan struct{} // holds one for each handshake under way
	clients sync.WaitGroup
}

func newCrowd(job *bench.Job) (*crowd, error) {
	if job == nil {
		return nil, errors.New("the first order must be to connect")
	}
	if err := validate(job); err != nil {
		return nil, err
	}
	target, err := parseTarget(job.URL)
	if err != nil {
		return nil, err
	}
	c := &crowd{job: job, target: target, board: newBoard(job.Clients), slots: make(chan struct{}, maxHandshakes)}
	c.dial = func(ctx context.Context, number int) (net.Conn, error) {
		receiveBuffer := 0
		if c.slow(number) {
			receiveBuffer = job.Load.ReadBuffer
		}
		return target.dial(ctx, number, receiveBuffer)
	}
	return c, nil
}

func validate(job *bench.Job) error {
	switch {
	case job.Clients < 1 || job.First < 0 || job.First > bench.MaxClients-job.Clients:
		return fmt.Errorf("clients must be 1 to %d, and their numbers below that", bench.MaxClients)
	case job.ConnectRate < 1:
		return errors.New("connect rate must be 1 or more")
	}
	if err := job.Load.Validate(); err != nil {
		return err
	}
	_, err := newDialect(job, job.First)
	return err
}

// connect starts all clients and returns when each has subscribed or failed.
func (c *crowd) connect(ctx context.Context) error {
	// Timers are no finer than some tens of microseconds: a hundredth of a
	// second's clients may start together.
	pace := rate.NewLimiter(rate.Limit(c.job.ConnectRate), max(1, c.job.ConnectRate/100))
	var settled sync.WaitGroup
	for i := range c.job.Clients {
		if err := pace.Wait(ctx); err != nil {
			break
		}
		settled.Add(1)
		c.clients.Go(func() { c.live(ctx, i, settled.Done) })
	}
	settled.Wait()
	return ctx.Err()
}

// live is the life of one client, counted from 0 in this crowd. It calls settled
// once the client has subscribed, or will not.
func (c *crowd) live(ctx context.Context, i int, settled func()) {
	cl, err := c.enter(ctx, c.job.First+i)
	if err != nil {
		c.faults.add(ctx, err)
		settled()
		return
	}
	cl.place = c.board.place(i)
	cl.place.join()
	settled()
	err = cl.read()
	cl.place.leave()
	c.faults.add(ctx, err)
	cl.hangUp()
}

// slow returns whether a client is one of those that read slowly.
func (c *crowd) slow(number int) bool { return number < c.job.Load.Slow }

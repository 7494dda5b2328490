package server

import (
	"errors"
	"net"
	"os"
	"runtime"
	"sync"
	"time"

	"ticker/wire"
)

// minLook and maxLook bound the time between two looks at what parked clients
// have not done.
const (
	minLook = 100 * time.Millisecond
	maxLook = 5 * time.Second
)

// mayPark reports whether the client's connection can be waited for without a
// goroutine.
func (c *client) mayPark() bool {
	_, ok := bottom(c.line.Conn).(*net.TCPConn)
	return ok && c.srv.parking != nil
}

// park leaves a client that has nothing to say until it has, or has to end. An
// error means that it is not parked. Without one it may be somebody else's by
// now: it must not be touched.
func (c *client) park() error {
	conn, _ := bottom(c.line.Conn).(*net.TCPConn) // see mayPark
	c.parked.Store(int64(c.srv.now()))
	err := c.srv.parking.park(conn, c.number)
	switch {
	case err != nil && c.unpark():
		return err
	case c.ending.Load() != nil:
		c.wake() // whoever ended it may have looked before it was parked
	}
	return nil
}

// unpark reports whether the client was parked. It then is the caller's, who
// has it attended to.
func (c *client) unpark() bool { return c.parked.Swap(0) != 0 }

// wake has the client attended to, unless it is already.
func (c *client) wake() {
	if c.unpark() {
		c.resume()
	}
}

// resume attends to a client that was parked, whose place is in the group still.
func (c *client) resume() { c.srv.clients.group.Go(func() { c.attend(true) }) }

// judge ends a parked client that gave no sign of life for too long.
func (c *client) judge(now time.Duration) {
	since := c.parked.Load()
	switch {
	case since == 0 || now-time.Duration(since) < c.line.silence:
	case c.line.sock.Alive():
		c.parked.CompareAndSwap(since, int64(now))
	case c.parked.CompareAndSwap(since, 0): // it has said nothing in this moment either
		c.end(endWith(wire.CloseStalled))
		c.resume()
	}
}

// openParking opens the parking for the clients of a TCP listener. Leave closes
// it, once all of them have ended.
func (s *Server) openParking(ln net.Listener) (leave func() error, err error) {
	if ln.Addr().Network() != "tcp" {
		return func() error { return nil }, nil
	}
	if s.parking, err = openParking(); s.parking == nil || err != nil {
		return func() error { return nil }, err
	}
	var watching sync.WaitGroup
	watching.Go(s.watchParking)
	return func() error {
		defer watching.Wait()
		return s.parking.close()
	}, nil
}

// watchParking has parked clients attended to when they have something to say,
// and ends those that are silent for too long, until the parking is closed.
func (s *Server) watchParking() {
	step := min(max(s.cfg.Limits.Stall/8, minLook), maxLook)
	for {
		err := s.wakeParked(time.Now().Add(step))
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			if !s.clients.stopped() {
				s.log.Error("parking failed: every session is cut", "error", err)
			}
			s.cut() // nobody would be woken any more
			return
		}
		s.judgeParked()
	}
}

// wakeParked has parked clients attended to until a deadline.
func (s *Server) wakeParked(until time.Time) error {
	if err := s.parking.waitUntil(until); err != nil {
		return err
	}
	var numbers []uint64
	for {
		var err error
		if numbers, err = s.parking.wait(numbers[:0]); err != nil {
			return err
		}
		for _, c := range s.clients.find(numbers) {
			c.wake()
		}
		// Those that were woken come first. Otherwise each of 4,000 that answer a
		// ping at one time has a goroutine at once, instead of a few hundred.
		runtime.Gosched()
	}
}

// judgeParked looks for clients that are silent.
func (s *Server) judgeParked() {
	now := s.now()
	for _, c := range s.clients.all() {
		if c, ok := c.(*client); ok {
			c.judge(now)
		}
	}
}

package pipenet

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// pipe is one direction of a connection: the bytes on the way.
type pipe struct {
	mu      sync.Mutex
	changed sync.Cond
	buf     []byte
	room    int // of buf, in bytes
	// ended: the writer said that nothing follows. left: the reader is gone.
	// Each also says that this side's own calls must fail.
	ended, left     bool
	toRead, toWrite deadline
}

func newPipe(room int) *pipe {
	p := &pipe{room: room}
	p.changed.L = &p.mu
	return p
}

func (p *pipe) read(dst []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case p.left:
			return 0, net.ErrClosed
		case p.toRead.passed:
			return 0, os.ErrDeadlineExceeded
		case len(p.buf) > 0:
			n := copy(dst, p.buf)
			p.buf = p.buf[:copy(p.buf, p.buf[n:])]
			p.changed.Broadcast()
			return n, nil
		case p.ended:
			return 0, io.EOF
		}
		p.changed.Wait()
	}
}

func (p *pipe) write(src []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for done := 0; ; {
		switch {
		case p.ended:
			return done, net.ErrClosed
		case p.left:
			return done, syscall.EPIPE
		case p.toWrite.passed:
			return done, os.ErrDeadlineExceeded
		}
		n := min(len(src)-done, p.room-len(p.buf))
		if n > 0 {
			p.buf = append(p.buf, src[done:done+n]...)
			done += n
			p.changed.Broadcast()
		}
		if done == len(src) {
			return done, nil
		}
		p.changed.Wait()
	}
}

// end says that nothing follows what was written.
func (p *pipe) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	p.toWrite.stop()
	p.changed.Broadcast()
}

// leave says that nobody reads any more.
func (p *pipe) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left = true
	p.buf = nil
	p.toRead.stop()
	p.changed.Broadcast()
}

// set sets one of the pipe's deadlines.
func (p *pipe) set(d *deadline, t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	d.stop()
	d.passed = false
	if t.IsZero() {
		return
	}
	wait := time.Until(t)
	if wait <= 0 {
		d.passed = true
		p.changed.Broadcast()
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(wait, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		// A timer that was stopped too late belongs to an earlier deadline.
		if d.timer == timer {
			d.passed = true
			p.changed.Broadcast()
		}
	})
	d.timer = timer
}

// deadline is guarded by the mutex of its pipe.
type deadline struct {
	timer  *time.Timer
	passed bool
}

func (d *deadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}

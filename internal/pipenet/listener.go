package pipenet

import (
	"context"
	"net"
	"sync"
	"syscall"
	"time"
)

// Listener accepts connections from the same process. Make one with Listen.
type Listener struct {
	room     int
	incoming chan *Conn
	closed   chan struct{}
	close    sync.Once
}

// Listen makes a Listener whose connections hold at most room bytes on the way
// in each direction.
func Listen(room int) *Listener {
	return &Listener{room: room, incoming: make(chan *Conn), closed: make(chan struct{})}
}

// Dial makes a connection and returns the client's end of it once the other
// was accepted. The error is ECONNREFUSED when the listener is closed, else
// that of ctx.
func (l *Listener) Dial(ctx context.Context) (*Conn, error) {
	there, back := newPipe(l.room), newPipe(l.room)
	select {
	case l.incoming <- &Conn{in: there, out: back}:
		return &Conn{in: back, out: there}, nil
	case <-l.closed:
		return nil, syscall.ECONNREFUSED
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept returns the server's end of the next connection, or net.ErrClosed.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.incoming:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close refuses connections from now on. Those that were made live on.
func (l *Listener) Close() error {
	l.close.Do(func() { close(l.closed) })
	return nil
}

// Addr returns an address that says nothing.
func (l *Listener) Addr() net.Addr { return addr{} }

type addr struct{}

func (addr) Network() string { return "pipe" }
func (addr) String() string  { return "pipe" }

// Conn is one end of a connection.
type Conn struct{ in, out *pipe }

// Read reads what has arrived, and waits for something.
func (c *Conn) Read(p []byte) (int, error) { return c.in.read(p) }

// Write waits until all of p is on the way.
func (c *Conn) Write(p []byte) (int, error) { return c.out.write(p) }

// CloseWrite ends the direction to the peer, which reads io.EOF behind what
// was written.
func (c *Conn) CloseWrite() error {
	c.out.end()
	return nil
}

// Close ends both directions.
func (c *Conn) Close() error {
	c.out.end()
	c.in.leave()
	return nil
}

// LocalAddr returns an address that says nothing.
func (c *Conn) LocalAddr() net.Addr { return addr{} }

// RemoteAddr returns an address that says nothing.
func (c *Conn) RemoteAddr() net.Addr { return addr{} }

// SetDeadline sets both deadlines; the zero time means none.
func (c *Conn) SetDeadline(t time.Time) error {
	c.in.set(&c.in.toRead, t)
	c.out.set(&c.out.toWrite, t)
	return nil
}

// SetReadDeadline sets when Read fails with os.ErrDeadlineExceeded.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.in.set(&c.in.toRead, t)
	return nil
}

// SetWriteDeadline sets when Write fails with os.ErrDeadlineExceeded.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.out.set(&c.out.toWrite, t)
	return nil
}

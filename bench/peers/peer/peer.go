package peer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"ticker/bench/peers/pace"
	"ticker/bench/peers/stream"
)

// Path is where servers of the ticker dialect take WebSockets.
const Path = "/v1/ws"

// headerTimeout is how long a client may take to send its request.
const headerTimeout = 10 * time.Second

// Config is what every server is told.
type Config struct {
	// Listen is the address to listen on, host and port; port 0 picks one.
	Listen string
	Market *stream.Market
	// Plan says when clients are sent what has changed.
	Plan pace.Plan
}

// Counts is what a server tells of itself.
type Counts struct {
	// Clients that are connected; Dropped are those that were cut off for being
	// slow.
	Clients, Dropped int64
}

// Counter counts for a server.
type Counter struct{ Clients, Dropped atomic.Int64 }

// Counts returns what was counted so far.
func (c *Counter) Counts() Counts { return Counts{c.Clients.Load(), c.Dropped.Load()} }

// Listener opens the server's listener.
func (c *Config) Listener(ctx context.Context) (net.Listener, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return nil, fmt.Errorf("open listener: %w", err)
	}
	return ln, nil
}

// URL returns the URL of the WebSocket behind a listener.
func URL(ln net.Listener) string { return "ws://" + ln.Addr().String() + Path }

// ServeHTTP serves requests until ctx is done. Connections that handlers have
// taken over are theirs to end.
func ServeHTTP(ctx context.Context, ln net.Listener, handler http.Handler) error {
	s := &http.Server{Handler: handler, ReadHeaderTimeout: headerTimeout}
	stop := context.AfterFunc(ctx, func() { _ = s.Close() }) // ends Serve, which is all that matters
	defer stop()
	if err := s.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve requests: %w", err)
	}
	return nil
}

// Crew is a set of goroutines that anybody may add to until somebody waits for
// its end.
type Crew struct {
	mu     sync.Mutex
	closed bool
	wg     sync.WaitGroup
}

// Go starts f, and reports whether it did: not after Wait was called.
func (c *Crew) Go(f func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.wg.Go(f)
	return true
}

// Wait waits until every f that was started has returned.
func (c *Crew) Wait() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.wg.Wait()
}

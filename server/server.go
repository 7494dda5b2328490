package server

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"
)

const (
	headerTimeout = 5 * time.Second
	// requestTimeout is how long a request and its body may take to come in, and
	// answerTimeout its answer to go out. Sessions are not subject to them.
	requestTimeout = time.Minute
	answerTimeout  = time.Minute
	idleTimeout    = 75 * time.Second // above the 60 s of common proxies
	// handshakeBurst is how many seconds' worth of handshakes may come at once.
	handshakeBurst = 2
	// headerBytes is 16 KiB less what package net/http allows on top.
	headerBytes = 12 << 10
)

// Server is the public and the admin face of the service. Make one with New.
type Server struct {
	cfg        Config
	log        *slog.Logger
	live       atomic.Pointer[live] // what Reconfigure replaces
	metrics    *metrics
	views      map[time.Duration]*view // by their delay
	clients    *clients
	handshaker handshaker
	handshakes *rate.Limiter
	arrivals   *buckets // handshakes of each address
	pressure   pressure
	proxies    proxies
	rates      *rates
	bodies     *bodies
	judging    *semaphore.Weighted // of credentials
	complaints rate.Sometimes      // about credentials that are not for this server
	buffers    sync.Pool           // of *bytes.Buffer, for messages
	readers    sync.Pool           // of *reader, that serve nobody
	start      time.Time
	parking    *parking // nil where sessions keep the goroutine that reads

	http        *http.Server
	connections connections  // that the HTTP server has
	polls       atomic.Int64 // which are sessions, and stay with the HTTP server

	mu       sync.Mutex
	listener net.Listener // nil before Serve
}

// New makes a Server. It starts nothing. The error names what is wrong with
// the configuration.
func New(cfg Config) (*Server, error) {
	if err := cfg.complete(); err != nil {
		return nil, fmt.Errorf("configure server: %w", err)
	}
	initial, err := cfg.live().complete()
	if err != nil {
		return nil, fmt.Errorf("configure server: %w", err)
	}
	counts, err := newMetrics(cfg.Registry)
	if err != nil {
		return nil, err
	}
	s := &Server{
		cfg:        cfg,
		log:        cfg.Logger,
		metrics:    counts,
		views:      newViews(&cfg),
		clients:    newClients(),
		handshaker: handshaker{metrics: counts},
		handshakes: rate.NewLimiter(rate.Limit(initial.handshakes), handshakeBurst*initial.handshakes),
		arrivals:   newBuckets(initial.arrivals()),
		rates:      newRates(&cfg.Limits),
		bodies:     newBodies(),
		judging:    semaphore.NewWeighted(maxJudging),
		complaints: rate.Sometimes{First: 1, Interval: complaintGap},
		start:      time.Now(),
		proxies:    cfg.Proxies,
		pressure: pressure{
			watched: watch(cfg.Resources), shedLines: rate.Sometimes{First: 1, Interval: complaintGap},
		},
		connections: connections{
			proxies: cfg.Proxies, addresses: make(map[netip.Prefix]int),
			refusals: rate.Sometimes{First: 1, Interval: complaintGap},
		},
	}
	s.live.Store(initial)
	s.http = &http.Server{
		Handler:           s.router(),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       requestTimeout,
		WriteTimeout:      answerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    headerBytes,
		ErrorLog:          log.New(&httpLog{log: cfg.Logger, lines: rate.Sometimes{First: 1, Interval: complaintGap}}, "", 0),
		BaseContext:       reachOf,
		ConnState:         s.connections.count,
	}
	return s, nil
}

// now is the time that sessions count in; it never goes back.
func (s *Server) now() time.Duration { return time.Since(s.start) }

// Serve serves the public listener, and closes it. It returns once everything
// has ended: after StopAccepting and Drain, or when ctx is done, which cuts
// every connection. The error is that of the listener.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	leave, err := s.openParking(ln)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	stop := s.cutAfter(ctx)
	stopLooking := s.keepLooking()
	s.listen(ln)
	err = s.http.Serve(gate{ln, s})
	if s.clients.stopped() {
		err = nil
	} else {
		s.cut()
	}
	s.connections.group.Wait()
	s.clients.wait()
	stopLooking()
	stop()
	if err := errors.Join(err, leave()); err != nil {
		return fmt.Errorf("serve %s: %w", ln.Addr(), err)
	}
	return nil
}

// cut ends everything at once.
func (s *Server) cut() {
	s.clients.stop()
	_ = s.http.Close() // the listener's error: it is being given up
	for _, c := range s.clients.all() {
		c.cut()
	}
}

// cutAfter ends everything when ctx is done. Stop keeps it from that, or waits
// for it and reports it.
func (s *Server) cutAfter(ctx context.Context) (stop func() (cut bool)) {
	ended := make(chan struct{})
	keep := context.AfterFunc(ctx, func() {
		s.cut()
		close(ended)
	})
	return func() bool {
		if keep() {
			return false
		}
		<-ended
		return true
	}
}

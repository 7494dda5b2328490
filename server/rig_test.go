package server_test

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"ticker/book"
	"ticker/fanout"
	"ticker/internal/pipenet"
	"ticker/market"
	"ticker/server"
	"ticker/throttle"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const heartbeat = 15 * time.Second

// patience is how long a test over real sockets waits for what must come. It
// bounds a failure; nothing is measured by it.
const patience = 30 * time.Second

// rig is a whole service but for its feeds: book, hub and server, running.
type rig struct {
	t      testing.TB
	book   *book.Book
	source market.SourceID
	srv    *server.Server
	addr   string
	dial   func() (net.Conn, error)
	stop   func()     // ends the context of Serve
	served chan error // what Serve returned
}

// change changes the configuration of a rig.
type change func(testing.TB, *server.Config)

// overTCP runs a service on a real socket until the test ends.
func overTCP(t testing.TB, changes ...change) *rig {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, ln, changes...)
	r.addr = ln.Addr().String()
	r.dial = func() (net.Conn, error) {
		return (&net.Dialer{}).DialContext(context.WithoutCancel(t.Context()), "tcp", r.addr)
	}
	return r
}

// pipeRoom is what a connection in memory holds in each direction.
const pipeRoom = 16 << 10

// inBubble runs a service over connections in memory, in fake time.
func inBubble(t *testing.T, test func(r *rig), changes ...change) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ln := pipenet.Listen(pipeRoom)
		r := newRig(t, ln, changes...)
		r.addr = "pipe"
		r.dial = func() (net.Conn, error) { return ln.Dial(context.WithoutCancel(t.Context())) }
		test(r)
	})
}

func newRig(t testing.TB, ln net.Listener, changes ...change) *rig {
	t.Helper()
	registry := prometheus.NewRegistry()
	log := slog.New(slog.DiscardHandler)
	cfg := server.Config{
		Book:      book.New(book.Config{Encode: fanout.Encode}),
		Intervals: throttle.Intervals{Default: 100 * time.Millisecond, Min: 20 * time.Millisecond, Max: time.Minute},
		Heartbeat: heartbeat,
		Logger:    log,
		Registry:  registry,
	}
	for _, change := range changes {
		change(t, &cfg)
	}
	hub, err := fanout.New(fanout.Config{
		Book: cfg.Book, Intervals: cfg.Intervals, Heartbeat: cfg.Heartbeat, MaxSymbols: cmp.Or(cfg.Limits.Symbols, 1000),
		Logger: log, Registerer: registry,
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Hub = hub
	srv, err := server.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, book: cfg.Book, source: cfg.Book.Source("test"), srv: srv, served: make(chan error, 1)}
	r.run(hub, ln)
	return r
}

// run runs the service until the test ends: first the server, then the hub.
func (r *rig) run(hub *fanout.Hub, ln net.Listener) {
	hubCtx, stopHub := context.WithCancel(context.WithoutCancel(r.t.Context()))
	var ctx context.Context
	ctx, r.stop = context.WithCancel(hubCtx)
	var hubs, servers sync.WaitGroup
	hubs.Go(func() {
		if err := hub.Run(hubCtx); err != nil {
			r.t.Error(err)
		}
	})
	servers.Go(func() { r.served <- r.srv.Serve(ctx, ln) })
	r.t.Cleanup(func() {
		r.stop()
		servers.Wait()
		stopHub()
		hubs.Wait()
	})
}

// apply folds an update into the book.
func (r *rig) apply(symbol market.Symbol, fields map[market.Field]int64) {
	r.t.Helper()
	u := market.Update{Symbol: symbol, Source: r.source}
	for f, cents := range fields {
		u.Put(f, market.NewDecimal(cents, 2))
	}
	if got := r.book.Apply(&u); got != market.Accepted {
		r.t.Fatalf("Apply: %v", got)
	}
}

// quote applies an update of a bid in cents.
func (r *rig) quote(symbol market.Symbol, cents int64) {
	r.t.Helper()
	r.apply(symbol, map[market.Field]int64{market.Bid: cents})
}

// answer is an HTTP answer, read.
type answer struct {
	status int
	header http.Header
	body   string
}

// request makes an HTTP request on a connection of its own.
func (r *rig) request(method, target, body string, headers ...string) answer {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, "http://"+r.addr+target, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
		if headers[i] == "Host" {
			req.Host = headers[i+1]
		}
	}
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) {
		return r.dial()
	}}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(text)}
}

func (r *rig) get(target string, headers ...string) answer {
	r.t.Helper()
	return r.request(http.MethodGet, target, "", headers...)
}

// admin asks the admin listener.
func (r *rig) admin(target string) answer {
	r.t.Helper()
	w := httptest.NewRecorder()
	r.srv.Admin().ServeHTTP(w, httptest.NewRequestWithContext(r.t.Context(), http.MethodGet, target, nil))
	return answer{w.Code, w.Header(), w.Body.String()}
}

// metric returns the value of a metric as /metrics has it, "" if it is not there.
func (r *rig) metric(name string) string {
	r.t.Helper()
	for line := range strings.Lines(r.admin("/metrics").body) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// eventually waits for something that another goroutine brings about.
func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	overdue := time.After(patience)
	for !done() {
		select {
		case <-tick.C:
		case <-overdue:
			t.Fatal("not in time: " + what)
		}
	}
}

// begin opens a connection and writes the beginning of a request on it.
func (r *rig) begin(t *testing.T, request string) net.Conn {
	t.Helper()
	conn, err := r.dial()
	if err != nil {
		t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = conn.Close() })
	if _, err := conn.Write([]byte(request)); err != nil {
		t.Fatal(err)
	}
	return conn
}

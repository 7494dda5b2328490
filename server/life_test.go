package server_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ticker/book"
	"ticker/fanout"
	"ticker/market"
	"ticker/server"
	"ticker/throttle"
	"ticker/wire"
)

func TestDrainTellsEverySessionAndClosesItWithGoingAway(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		const sessions = 10
		clients := make([]*raw, sessions)
		for i := range clients {
			clients[i] = r.connect(wire.JSON)
			clients[i].subscribe(20*ms, "A")
		}
		r.srv.StopAccepting()
		if got := r.admin("/readyz"); got.status != http.StatusServiceUnavailable || !strings.Contains(got.body, "draining") {
			t.Errorf("readiness %+v", got)
		}
		if conn, err := r.dial(); err == nil {
			t.Errorf("a connection after StopAccepting: %v", conn)
		}
		r.quote("A", 1) // sessions live on until Drain
		for _, c := range clients {
			c.quotes()
		}
		var draining sync.WaitGroup
		draining.Go(func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(r.t.Context()), 8*time.Second)
			defer cancel()
			if err := r.srv.Drain(ctx); err != nil {
				t.Error(err)
			}
		})
		start := time.Now()
		ends, waits := make(map[time.Duration]bool), make(map[time.Duration]bool)
		var reading sync.WaitGroup
		var mu sync.Mutex
		for _, c := range clients {
			reading.Go(func() {
				told, ok := c.next().(*wire.Draining)
				end := c.closed()
				mu.Lock()
				defer mu.Unlock()
				if !ok || end.code != wire.CloseGoingAway {
					t.Errorf("told %v, closed with %+v", ok, end)
					return
				}
				waits[told.ReconnectAfter], ends[time.Since(start)] = true, true
			})
		}
		reading.Wait()
		draining.Wait()
		if len(waits) < sessions/2 {
			t.Errorf("all are asked to come back together: %v", waits)
		}
		for d := range waits {
			if d < 500*ms || d > 5*time.Second {
				t.Errorf("one is asked to come back after %v", d)
			}
		}
		if len(ends) < sessions/2 {
			t.Errorf("all were closed together: %v", ends)
		}
		if err := <-r.served; err != nil {
			t.Errorf("Serve: %v", err)
		}
		if got := r.metric(`ticker_session_closes_total{code="1001"}`); got != strconv.Itoa(sessions) {
			t.Errorf("%s closed with 1001", got)
		}
	})
}

func TestDrainDoesNotWaitForAClientThatDoesNotRead(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		c := r.connect(wire.JSON)
		c.subscribe(20*ms, "S*")
		for range 20 {
			for i := range 300 {
				r.quote(symbolOf(i), 1)
			}
			sleep(20 * ms)
		}
		r.srv.StopAccepting()
		ctx, cancel := context.WithTimeout(r.t.Context(), 10*time.Second)
		defer cancel()
		start := time.Now()
		if err := r.srv.Drain(ctx); err != nil || time.Since(start) > 5*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

func TestDrainCutsWhatIsLeftWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		c := r.connect(wire.JSON)
		ctx, cancel := context.WithCancel(r.t.Context())
		cancel()
		if err := r.srv.Drain(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Drain: %v", err)
		}
		if err := <-r.served; err != nil {
			t.Errorf("Serve: %v", err)
		}
		if _, err := io.ReadAll(c.in); err != nil {
			t.Errorf("the connection is not closed: %v", err)
		}
	})
}

func TestRequestsEndBeforeTheServerDoes(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		conn := r.begin(t, "POST /v1/quotes HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n[")
		synctest.Wait()
		r.srv.StopAccepting()
		time.AfterFunc(time.Second, func() { _, _ = conn.Write([]byte("]")) })
		if err := r.srv.Drain(r.t.Context()); err != nil {
			t.Error(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		if resp.StatusCode != http.StatusOK || !resp.Close {
			t.Errorf("%s", resp.Status)
		}
	}, withPush(true))
}

func TestHandshakeThatComesLateIsRefused(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		conn, err := r.dial()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		begin, end := "GET /v1/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n",
			"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
		if _, err := conn.Write([]byte(begin)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		r.srv.StopAccepting()
		if _, err := conn.Write([]byte(end)); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" || !resp.Close {
			t.Errorf("%s %v", resp.Status, resp.Header)
		}
	})
}

func TestServeAfterStopAcceptingEndsAtOnce(t *testing.T) {
	t.Parallel()
	srv, err := server.New(minimal(t))
	if err != nil {
		t.Fatal(err)
	}
	srv.StopAccepting()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Serve(t.Context(), ln); err != nil {
		t.Errorf("Serve: %v", err)
	}
	if err := srv.Drain(t.Context()); err != nil {
		t.Errorf("Drain: %v", err)
	}
}

// brokenListener is a listener whose socket failed.
type brokenListener struct{ net.Listener }

var errSocket = errors.New("socket is gone")

func (brokenListener) Accept() (net.Conn, error) { return nil, errSocket }

func TestServeReturnsTheErrorOfTheListener(t *testing.T) {
	t.Parallel()
	cfg := minimal(t)
	srv, err := server.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Serve(t.Context(), brokenListener{ln}); !errors.Is(err, errSocket) {
		t.Errorf("Serve: %v", err)
	}
}

func minimal(t *testing.T) server.Config {
	t.Helper()
	bk := book.New(book.Config{Encode: fanout.Encode})
	intervals := throttle.Intervals{Default: 100 * ms, Min: 20 * ms, Max: time.Minute}
	registry := prometheus.NewRegistry()
	hub, err := fanout.New(fanout.Config{
		Book: bk, Intervals: intervals, Heartbeat: heartbeat, MaxSymbols: 10,
		Logger: slog.New(slog.DiscardHandler), Registerer: registry,
	})
	if err != nil {
		t.Fatal(err)
	}
	return server.Config{
		Book: bk, Hub: hub, Intervals: intervals, Heartbeat: heartbeat,
		Logger: slog.New(slog.DiscardHandler), Registry: registry,
	}
}

func TestConfigurationThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*server.Config){
		"a server needs":         func(cfg *server.Config) { cfg.Book = nil },
		"heartbeat":              func(cfg *server.Config) { cfg.Heartbeat = 0 },
		"interval":               func(cfg *server.Config) { cfg.Intervals.Min = 0 },
		"limit of sessions -1":   func(cfg *server.Config) { cfg.Limits.Sessions = -1 },
		"limit of command burst": func(cfg *server.Config) { cfg.Limits.CommandBurst = -1 },
		"stall limit 1ms":        func(cfg *server.Config) { cfg.Limits.Stall = ms },
		`"example.com"`:          func(cfg *server.Config) { cfg.AllowedOrigins = []string{"example.com"} },
		`"https://*.a.com/"`:     func(cfg *server.Config) { cfg.AllowedOrigins = []string{"https://*.a.com/"} },
		`"null"`:                 func(cfg *server.Config) { cfg.AllowedOrigins = []string{"null"} },
		"register metrics": func(cfg *server.Config) {
			if _, err := server.New(*cfg); err != nil {
				t.Fatal(err)
			}
		},
	} {
		cfg := minimal(t)
		change(&cfg)
		if _, err := server.New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not tell of %s", err, want)
		}
	}
}

func TestSessionsOverTheLimitAreRefused(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		first := r.connect(wire.JSON)
		r.connect(wire.JSON)
		_, got := r.shake()
		if p := got.problem(t); p.Status != http.StatusServiceUnavailable || p.Code != wire.CodeUnavailable {
			t.Errorf("%+v", got)
		}
		if _, err := strconv.Atoi(got.header.Get("Retry-After")); err != nil {
			t.Errorf("retry after %q", got.header.Get("Retry-After"))
		}
		first.write(frame(closing, ""))
		if end := first.closed(); end.code != 1005 {
			t.Errorf("closed with %+v", end)
		}
		synctest.Wait()
		r.connect(wire.JSON)
	}, func(_ testing.TB, cfg *server.Config) { cfg.Limits.Sessions = 2 })
}

func TestHandshakesOverTheRateAreRefusedAndPassLater(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		for range 20 {
			r.connect(wire.JSON)
		}
		if _, got := r.shake(); got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
			t.Errorf("%+v", got)
		}
		sleep(time.Second)
		r.connect(wire.JSON)
	}, func(_ testing.TB, cfg *server.Config) { cfg.Limits.Handshakes = 10 })
}

func TestPanicEndsItsSessionAlone(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.quote("FINE", 1)
		r.quote("PANIC", 1)
		other := r.connect(wire.JSON)
		other.subscribe(20*ms, "FINE")
		other.quotes()

		reading := r.connect(wire.JSON) // in the answer to its own command
		reading.ask("s", &wire.Subscribe{Symbols: []string{"PANIC"}})
		if got := reading.closed(); got.code != wire.CloseInternal {
			t.Errorf("closed with %+v", got)
		}
		flushed := r.connect(wire.JSON) // in a flush
		flushed.subscribe(20*ms, "PANIC-LATER")
		r.quote("PANIC-LATER", 1)
		if got := flushed.closed(); got.code != wire.CloseInternal {
			t.Errorf("closed with %+v", got)
		}
		r.quote("FINE", 2)
		other.quotes()
		synctest.Wait()
		if got := r.metric(`ticker_session_closes_total{code="1011"}`); got != "2" {
			t.Errorf("%s closed with 1011", got)
		}
	}, func(_ testing.TB, cfg *server.Config) {
		cfg.Book = book.New(book.Config{Encode: func(codec uint8, dst []byte, q *market.Quote, set market.Fields, trades *market.Envelope) []byte {
			if strings.HasPrefix(string(q.Symbol), "PANIC") {
				panic("a bug")
			}
			return fanout.Encode(codec, dst, q, set, trades)
		}})
	})
}

func TestAdminTellsOperators(t *testing.T) {
	t.Parallel()
	r := overTCP(t, withPush(true))
	for target, want := range map[string]string{
		"/healthz":                  "ok",
		"/readyz":                   "ready",
		"/metrics":                  "ticker_delivery_age_seconds_bucket",
		"/debug/pprof/":             "goroutine",
		"/debug/pprof/goroutine":    "",
		"/debug/pprof/heap?debug=1": "heap profile",
		"/debug/pprof/cmdline":      "",
	} {
		if got := r.admin(target); got.status != http.StatusOK || !strings.Contains(got.body, want) || got.body == "" {
			t.Errorf("%s: %d %.200s", target, got.status, got.body)
		}
	}
	if got := r.admin("/v1/symbols"); got.status != http.StatusNotFound {
		t.Errorf("the admin listener serves clients: %d", got.status)
	}
	if got := r.get("/metrics"); got.status != http.StatusNotFound {
		t.Errorf("the public listener shows metrics: %d", got.status)
	}
}

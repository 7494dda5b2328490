package server_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ticker/internal/pipenet"
	"ticker/wire"
)

// serveAdmin serves a rig's admin listener until the test ends, or stop is called. The rig
// that it returns makes its requests there.
func (r *rig) serveAdmin(t *testing.T, ln net.Listener, dial func() (net.Conn, error)) (admin *rig, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := r.srv.ServeAdmin(ctx, ln); err != nil {
			t.Error(err)
		}
	})
	stop = func() { cancel(); serving.Wait() }
	t.Cleanup(stop)
	client := *r
	client.addr, client.dial = ln.Addr().String(), dial
	return &client, stop
}

// adminOverTCP serves the admin listener of a service on an address.
func adminOverTCP(t *testing.T, address string, changes ...change) *rig {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", address+":0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	admin, _ := overTCP(t, changes...).serveAdmin(t, ln, func() (net.Conn, error) {
		return (&net.Dialer{}).DialContext(context.WithoutCancel(t.Context()), "tcp", "127.0.0.1:"+port)
	})
	return admin
}

// adminInBubble serves an admin listener in memory, in fake time.
func adminInBubble(t *testing.T, test func(t *testing.T, admin *rig, stop func())) {
	t.Helper()
	inBubble(t, func(r *rig) {
		t := r.t.(*testing.T)
		ln := pipenet.Listen(pipeRoom)
		admin, stop := r.serveAdmin(t, ln, func() (net.Conn, error) { return ln.Dial(context.WithoutCancel(t.Context())) })
		admin.addr = "admin"
		test(t, admin, stop)
	})
}

func TestTheAdminListenerOfThisMachineIsReachedByItsNamesAlone(t *testing.T) {
	t.Parallel()
	local := adminOverTCP(t, "127.0.0.1", withOrigins("*"), behind("127.0.0.1/32"))
	public := adminOverTCP(t, "0.0.0.0")
	for host, served := range map[string]bool{
		local.addr: true, "localhost:9090": true, "ops.localhost": true, "[::1]:9090": true,
		"evil.com": false, "evil.com:9090": false, "localhost.evil.com": false, "192.0.2.1:9090": false,
	} {
		for _, target := range []string{"/healthz", "/readyz", "/metrics", "/debug/pprof/", "/debug/pprof/cmdline", "/debug/pprof/heap", "/nothing"} {
			got := local.get(target, "Host", host)
			if refused := got.status == http.StatusForbidden; refused == served {
				t.Errorf("%s for %s: %d", target, host, got.status)
			} else if refused && got.problem(t).Code != wire.CodeForbidden {
				t.Errorf("%s for %s: %+v", target, host, got)
			}
		}
		// Whoever monitors it from elsewhere does so by a name or an address of its own.
		if got := public.get("/healthz", "Host", host); got.status != http.StatusOK {
			t.Errorf("where others come, for %s: %+v", host, got)
		}
	}
}

func TestAdminConnectionsThatDoNothingAreClosed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sent string
		want time.Duration
	}{
		"nothing sent":       {"", 5 * time.Second},
		"half a head":        {"GET /healthz HTTP/1.1\r\nHost: x\r\n", 5 * time.Second},
		"idle after request": {"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 75 * time.Second},
		"half a body":        {"POST /debug/pprof/symbol HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n0x", time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			adminInBubble(t, func(t *testing.T, admin *rig, _ func()) {
				start := time.Now()
				conn := admin.begin(t, c.sent)
				if err := conn.SetReadDeadline(start.Add(time.Hour)); err != nil {
					t.Fatal(err)
				}
				if _, err := io.ReadAll(conn); err != nil {
					t.Error(err)
				}
				if got := time.Since(start); got < c.want || got > c.want+time.Second {
					t.Errorf("closed after %v, want %v", got, c.want)
				}
			})
		})
	}
}

// TestProfilesMayTakeLongerThanAnswers asks for one that is longer than every time-out.
func TestProfilesMayTakeLongerThanAnswers(t *testing.T) {
	t.Parallel()
	adminInBubble(t, func(t *testing.T, admin *rig, _ func()) {
		start := time.Now()
		got := admin.get("/debug/pprof/mutex?seconds=300")
		if got.status != http.StatusOK || !strings.HasPrefix(got.body, "\x1f\x8b") || time.Since(start) < 5*time.Minute {
			t.Errorf("%d with %d bytes after %v", got.status, len(got.body), time.Since(start))
		}
	})
}

func TestABodyForTheAdminListenerIsBounded(t *testing.T) {
	t.Parallel()
	admin := adminOverTCP(t, "127.0.0.1")
	if got := admin.request(http.MethodPost, "/debug/pprof/symbol", "0x1"); got.status != http.StatusOK || strings.Contains(got.body, "too large") {
		t.Errorf("%+v", got)
	}
	got := admin.request(http.MethodPost, "/debug/pprof/symbol", strings.Repeat("0x1+", 1<<18)+"0x1")
	if !strings.Contains(got.body, "request body too large") {
		t.Errorf("%d: %d bytes that end with %q", got.status, len(got.body), got.body[max(0, len(got.body)-40):])
	}
}

func TestAnAdminAnswerThatNobodyReadsIsGivenUp(t *testing.T) {
	t.Parallel()
	adminInBubble(t, func(t *testing.T, admin *rig, _ func()) {
		conn := admin.begin(t, strings.Repeat("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 100))
		sleep(2 * time.Minute)
		text, err := io.ReadAll(conn)
		if err != nil || len(text) == 0 || len(text) > pipeRoom {
			t.Errorf("%d bytes and %v, want what the connection held and its end", len(text), err)
		}
	})
}

// isHealthy asks for the health on a connection that stays open, and reports whether it is
// answered. One that is closed at once may or may not take the question.
func (r *rig) isHealthy(t *testing.T) (net.Conn, bool) {
	t.Helper()
	conn, err := r.dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_, _ = conn.Write([]byte("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"))
	line, _ := bufio.NewReader(conn).ReadString('\n')
	return conn, line == "HTTP/1.1 200 OK\r\n"
}

func TestAdminConnectionsBeyondTheBoundAreClosedAtOnceAndCounted(t *testing.T) {
	t.Parallel()
	admin := adminOverTCP(t, "127.0.0.1")
	const bound = 64
	var conns []net.Conn
	for range bound {
		conn, ok := admin.isHealthy(t)
		if !ok {
			t.Fatal("no answer below the bound")
		}
		conns = append(conns, conn)
	}
	for range 3 {
		conn, err := admin.dial()
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(conn); err != nil || len(text) > 0 {
			t.Errorf("%q, %v instead of the end", text, err)
		}
		_ = conn.Close()
	}
	if got := admin.metric(`ticker_refusals_total{reason="admin"}`); got != "3" {
		t.Errorf("%s connections were counted", got)
	}
	_ = conns[0].Close()
	eventually(t, "there is room again", func() bool {
		conn, ok := admin.isHealthy(t)
		_ = conn.Close()
		return ok
	})
}

func TestTheEndOfTheAdminListenerEndsWhatItServes(t *testing.T) {
	t.Parallel()
	adminInBubble(t, func(t *testing.T, admin *rig, stop func()) {
		start := time.Now()
		conn := admin.begin(t, "GET /debug/pprof/mutex?seconds=300 HTTP/1.1\r\nHost: x\r\n\r\n")
		synctest.Wait()
		stop()
		if _, err := io.ReadAll(conn); err != nil {
			t.Error(err)
		}
		if time.Since(start) > time.Second {
			t.Errorf("ended after %v", time.Since(start))
		}
		if _, err := admin.dial(); err == nil {
			t.Error("the listener is open")
		}
	})
}

func TestServeAdminReturnsTheErrorOfTheListener(t *testing.T) {
	t.Parallel()
	if err := overTCP(t).srv.ServeAdmin(t.Context(), brokenListener{pipenet.Listen(pipeRoom)}); !errors.Is(err, errSocket) {
		t.Errorf("ServeAdmin: %v", err)
	}
}

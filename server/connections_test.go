package server_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ticker/internal/pipenet"
	"ticker/server"
	"ticker/wire"
)

func connections(sessions, all int) change {
	return func(_ testing.TB, cfg *server.Config) { cfg.Limits.Sessions, cfg.Limits.Connections = sessions, all }
}

// expectCut expects that the server closes a connection within a time, and not much
// before it.
func expectCut(t *testing.T, conn net.Conn, after time.Duration) {
	t.Helper()
	began := time.Now()
	if err := conn.SetReadDeadline(began.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	_, err := io.Copy(io.Discard, conn)
	if took := time.Since(began); err != nil || took < after-time.Second || took > after {
		t.Errorf("%v after %v, want the end after %v", err, took, after)
	}
}

func TestAConnectionThatSaysNothingIsClosedAfterFiveSeconds(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		expectCut(t, r.begin(t, ""), 5*time.Second)
		expectCut(t, r.begin(t, "G"), 5*time.Second)
	})
}

func TestAHandshakeOfTLSThatIsNeverFinishedIsClosedAfterFiveSeconds(t *testing.T) {
	t.Parallel()
	lender := httptest.NewUnstartedServer(nil) // of a certificate
	lender.StartTLS()
	lender.Close()
	synctest.Test(t, func(t *testing.T) {
		ln := pipenet.Listen(pipeRoom)
		config := &tls.Config{Certificates: lender.TLS.Certificates, MinVersion: tls.VersionTLS12}
		r := newRig(t, tls.NewListener(ln, config), connections(1, 2))
		r.dial = func() (net.Conn, error) { return ln.Dial(context.WithoutCancel(t.Context())) }
		for _, beginning := range []string{"", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"} {
			conn := r.begin(t, beginning)
			synctest.Wait()
			if got := r.metric(`ticker_sessions{transport="websocket"}`); got != "0" {
				t.Errorf("%s sessions", got)
			}
			expectCut(t, conn, 5*time.Second)
		}
	})
}

func TestABodyThatDripsIsCutAfterAMinute(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		conn := r.begin(t, "POST /v1/quotes HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
		began := time.Now()
		go func() {
			for _, err := conn.Write([]byte("1\r\n[\r\n")); err == nil; _, err = conn.Write([]byte("1\r\n \r\n")) {
				sleep(time.Second)
			}
		}()
		if err := conn.SetReadDeadline(began.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		if took := time.Since(began); resp.StatusCode != http.StatusRequestTimeout || took != time.Minute || !resp.Close {
			t.Errorf("%s after %v", resp.Status, took)
		}
		_ = conn.Close()
	}, withPush(true))
}

func TestConnectionsOverTheLimitAreClosedAndThoseBelowItAreServed(t *testing.T) {
	t.Parallel()
	var log logText
	inBubble(t, func(r *rig) {
		session := r.connect(wire.JSON)
		r.events("symbols=A")
		silent := []net.Conn{r.begin(t, ""), r.begin(t, "GET /v1/ws")}
		synctest.Wait()
		for range 3 {
			conn, err := r.dial()
			if err != nil {
				t.Fatal(err)
			}
			if text, err := io.ReadAll(conn); err != nil || len(text) > 0 {
				t.Errorf("%q, %v", text, err)
			}
			_ = conn.Close()
		}
		if got := r.metric(`ticker_refusals_total{reason="connections"}`); got != "3" {
			t.Errorf("%s refused", got)
		}
		session.ask("1", &wire.Ping{})
		session.next()
		_ = silent[0].Close()
		synctest.Wait()
		if got := r.get("/v1/symbols"); got.status != http.StatusOK {
			t.Errorf("%+v", got)
		}
	}, connections(3, 4), func(_ testing.TB, cfg *server.Config) {
		cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
	})
	if strings.Count(log.String(), "there are too many") != 1 {
		t.Errorf("not once in\n%s", log.String())
	}
}

func TestWhenSessionsAreFullOthersAreStillAnswered(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		for range 3 {
			go r.get("/v1/poll?symbols=A&wait=30s")
		}
		synctest.Wait()
		if _, got := r.shake(); got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
			t.Errorf("%+v", got)
		}
		if got := r.metric(`ticker_refusals_total{reason="full"}`); got != "1" {
			t.Errorf("%s refused", got)
		}
		sleep(time.Minute)
	}, connections(3, 5)) // a poll takes one of each, not two
}

func TestConnectionsOfOneAddressLeaveRoomForOthers(t *testing.T) {
	t.Parallel()
	onStreet(t, func(r *rig, from func(string) *rig) {
		attacker, other := from("203.0.113.9"), from("203.0.113.10")
		for range 50 {
			attacker.begin(t, "")
		}
		synctest.Wait()
		if got := r.metric(`ticker_refusals_total{reason="address"}`); got != "34" {
			t.Errorf("%s refused", got)
		}
		other.connect(wire.JSON)
		sleep(5 * time.Second)
		synctest.Wait()
		attacker.connect(wire.JSON)
	}, perAddress(2), connections(20, 30))
}

func TestManyBrokenHandshakesLeaveOneLineInTheLog(t *testing.T) {
	t.Parallel()
	var log logText
	r := overTLS(t, func(_ testing.TB, cfg *server.Config) { cfg.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	for range 20 {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", r.addr)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write([]byte("GET / HTTP/1.1\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, conn); err != nil {
			t.Log(err) // a reset is an end, too
		}
		_ = conn.Close()
	}
	if n := strings.Count(log.String(), "trouble with a connection"); n != 1 {
		t.Errorf("%d lines\n%s", n, log.String())
	}
}

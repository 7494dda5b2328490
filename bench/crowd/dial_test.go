package crowd

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ticker/bench"
)

func TestTargetIsAWebSocketAddress(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		address    string
		tls, local bool
		problem    string
	}{
		"ws://127.0.0.1:8080/v1/ws":   {address: "127.0.0.1:8080", local: true},
		"ws://127.0.0.1/":             {address: "127.0.0.1:80", local: true},
		"ws://[::1]:8080":             {address: "[::1]:8080"},
		"wss://quotes.test":           {address: "quotes.test:443", tls: true},
		"wss://10.0.0.1:8443/v1/ws":   {address: "10.0.0.1:8443", tls: true},
		"http://127.0.0.1:8080/v1/ws": {problem: `parse URL: scheme is "http", not ws or wss`},
		"ws://127.0.0.1:port":         {problem: `parse URL: parse "ws://127.0.0.1:port": invalid port ":port" after host`},
	} {
		got, err := parseTarget(text)
		if err != nil || want.problem != "" {
			if err == nil || err.Error() != want.problem {
				t.Errorf("%s: error %v, want %s", text, err, want.problem)
			}
			continue
		}
		if got.address != want.address || (got.tls != nil) != want.tls || got.local != want.local {
			t.Errorf("%s: %+v", text, got)
		}
		if want.tls && got.tls.InsecureSkipVerify {
			t.Errorf("%s: certificate of another machine is not checked", text)
		}
	}
}

func TestNoSourceAddressHoldsMoreThanAThousandClients(t *testing.T) {
	t.Parallel()
	clients := make(map[netip.Addr]int)
	for n := range bench.MaxClients {
		source := sourceOf(n)
		if clients[source]++; clients[source] > 1000 || !source.IsLoopback() {
			t.Fatalf("client %d comes from %s, the one in %d", n, source, clients[source])
		}
	}
}

// conversation is a connection to a server whose answer is known before.
type conversation struct {
	io.Reader
	said bytes.Buffer
}

func (c *conversation) Write(p []byte) (int, error) { return c.said.Write(p) }

// serve answers a request for an upgrade once it is there.
func serve(answer func(key string) string) *conversation {
	c := new(conversation)
	c.Reader = readerFunc(func(p []byte) (int, error) {
		request, err := http.ReadRequest(bufio.NewReader(&c.said))
		if err != nil {
			return 0, io.EOF
		}
		return copy(p, answer(request.Header.Get("Sec-WebSocket-Key"))), nil
	})
	return c
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func switching(key, more string) string {
	sum := sha1.Sum([]byte(key + acceptSalt))
	return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		base64.StdEncoding.EncodeToString(sum[:]) + "\r\n" + more
}

func TestHandshakeKeepsWhatCameBehindTheAnswer(t *testing.T) {
	t.Parallel()
	conn := serve(func(key string) string { return switching(key, "\r\n\x81\x02hi") })
	ahead, err := handshake(conn, &url.URL{Scheme: "ws", Host: "h", Path: "/"}, "")
	if err != nil || string(ahead) != "\x81\x02hi" {
		t.Errorf("%q, %v", ahead, err)
	}
}

func TestHandshakeIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer func(key string) string
		want   string
	}{
		"by the wrong path":       {func(string) string { return "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n" }, "handshake: status 404"},
		"by a page":               {func(string) string { return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" }, "handshake: status 200"},
		"by an answer to another": {func(string) string { return switching("other", "\r\n") }, "handshake: wrong answer to the key"},
		"by another subprotocol": {
			func(key string) string { return switching(key, "Sec-WebSocket-Protocol: chat\r\n\r\n") },
			`handshake: subprotocol "chat"`,
		},
		"by silence": {func(string) string { return "" }, "connection ended"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := handshake(serve(c.answer), &url.URL{Host: "h"}, "ticker.v1.json")
			expectFault(t, err, c.want)
		})
	}
}

func TestBusyServerSaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]time.Duration{"Retry-After: 3\r\n": 3 * time.Second, "": 0, "Retry-After: soon\r\n": 0} {
		conn := serve(func(string) string {
			return "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n" + header + "\r\n"
		})
		_, err := handshake(conn, &url.URL{Host: "h"}, "")
		var busy *busyError
		if !errors.As(err, &busy) || busy.after != want {
			t.Errorf("%q: %v", header, err)
		}
	}
}

func TestPauseIsWhatWasAskedForAndUpToHalfMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for asked, least := range map[time.Duration]time.Duration{
			0: shortPause, -time.Hour: shortPause, 3 * time.Second: 3 * time.Second, time.Hour: longPause,
		} {
			start := time.Now()
			if err := pause(t.Context(), asked); err != nil {
				t.Fatal(err)
			}
			if got := time.Since(start); got < least || got >= least*3/2 {
				t.Errorf("asked for %v, it took %v", asked, got)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := pause(ctx, time.Hour); !errors.Is(err, context.Canceled) {
			t.Errorf("the end of ctx: %v", err)
		}
	})
}

func TestConnectionComesFromTheAddressOfItsClient(t *testing.T) {
	t.Parallel()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	target, err := parseTarget("ws://" + ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for number, want := range map[int]string{0: "127.0.1.1:", 1999: "127.0.1.2:", 250_000: "127.0.2.1:"} {
		conn, err := target.dial(t.Context(), number, 4<<10)
		if err != nil {
			t.Fatal(err)
		}
		if got := conn.LocalAddr().String(); !strings.HasPrefix(got, want) {
			t.Errorf("client %d comes from %s", number, got)
		}
		_ = conn.Close()
	}
}

func TestSlowReaderReadsAtItsRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, bytesPerSecond := range []int{100, 10_000, 1 << 20} {
			const total = 100_000
			source := io.LimitReader(readerFunc(func(p []byte) (int, error) { return len(p), nil }), total)
			slow := newSlowReader(t.Context(), source, bytesPerSecond)
			start, largest, read, buf := time.Now(), 0, 0, make([]byte, 64<<10)
			for {
				n, err := slow.Read(buf)
				read, largest = read+n, max(largest, n)
				if err != nil {
					break
				}
			}
			if read != total || largest > slowPiece || largest > bytesPerSecond {
				t.Errorf("at %d B/s: %d bytes, %d of them at once", bytesPerSecond, read, largest)
			}
			// The first piece is free, and the timers round to nanoseconds.
			free := min(slowPiece, bytesPerSecond)
			want := time.Duration(float64(total-free) / float64(bytesPerSecond) * float64(time.Second))
			if off := time.Since(start) - want; off.Abs() > ms {
				t.Errorf("at %d B/s: %v off the %v that it takes", bytesPerSecond, off, want)
			}
		}
	})
}

func TestSlowReaderIsInterrupted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		source := readerFunc(func(p []byte) (int, error) { return len(p), nil })
		slow, start := newSlowReader(ctx, source, 10), time.Now()
		for err := error(nil); err == nil; {
			_, err = slow.Read(make([]byte, 100))
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("it took %v after the end of ctx", took-time.Second)
		}
	})
}

package client_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ticker/client"
	"ticker/client/clienttest"
	"ticker/wire"
)

func TestLostConnectionIsMadeAgainWithinTheBounds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := client.Config{MinReconnectDelay: time.Second, MaxReconnectDelay: 4 * time.Second}
		r := run(t, cfg, func(c *clienttest.Conn) { c.Welcome() })
		time.Sleep(time.Minute)
		waits := r.in(client.Waiting)
		if len(waits) < 10 {
			t.Fatalf("%d connections in a minute, want at least 10", len(waits))
		}
		for i, w := range waits {
			ceiling := min(time.Second<<min(i, 2), 4*time.Second)
			if w.state.Delay < 0 || w.state.Delay > ceiling {
				t.Errorf("wait %d is %v, want at most %v", i, w.state.Delay, ceiling)
			}
			if w.state.Err == nil {
				t.Errorf("wait %d has no reason", i)
			}
		}
		expect(t, "connections", r.Stats().Connections, uint64(len(r.in(client.Online))))
		if err := r.end(); err != nil {
			t.Errorf("Run returned %v, want nil at the end of its context", err)
		}
	})
}

func TestServiceThatIsNotThereIsTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var tries atomic.Int32
		refuse := func(context.Context, string, string) (net.Conn, error) {
			tries.Add(1)
			return nil, errors.New("refused by the test")
		}
		r := run(t, client.Config{NetDial: refuse}, idle)
		time.Sleep(10 * time.Minute)
		if n := tries.Load(); n < 20 {
			t.Errorf("%d tries in ten minutes, want at least one in 30 s", n)
		}
		expectError(t, r.in(client.Waiting)[0].state.Err, "connect to ticker.test: refused by the test")
	})
}

func TestSilenceForTwoHeartbeatsEndsTheConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := run(t, client.Config{}, func(c *clienttest.Conn) {
			w := clienttest.DefaultWelcome()
			w.Heartbeat = 10 * time.Second
			c.Send(w)
			drain(c)
		})
		time.Sleep(25 * time.Second)
		waits := r.in(client.Waiting)
		if len(waits) != 1 {
			t.Fatalf("%d connections ended, want 1", len(waits))
		}
		expect(t, "time of the end", waits[0].at, 20*time.Second)
		expectError(t, waits[0].state.Err, "nothing received for too long")
	})
}

func TestPingsAreAnsweredAndKeepTheConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pongs := make(chan string, 100)
		r := run(t, client.Config{}, func(c *clienttest.Conn) {
			c.Welcome()
			c.OnPong(func(payload string) { pongs <- payload })
			done := make(chan struct{})
			go func() {
				defer close(done)
				drain(c)
			}()
			for range 20 {
				time.Sleep(15 * time.Second)
				c.Ping("mark")
			}
			<-done
		})
		time.Sleep(301 * time.Second)
		expect(t, "connections", len(r.in(client.Online)), 1)
		expect(t, "pongs", len(pongs), 20)
		expect(t, "payload", <-pongs, "mark")
	})
}

func TestDrainingSaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := run(t, client.Config{}, func(c *clienttest.Conn) {
			c.Welcome()
			c.Send(&wire.Draining{ReconnectAfter: 1700 * time.Millisecond})
			c.Close(wire.CloseGoingAway)
		})
		time.Sleep(5 * time.Second)
		online := r.in(client.Online)
		if len(online) != 3 {
			t.Fatalf("%d connections, want 3", len(online))
		}
		expect(t, "time of the second", online[1].at, 1700*time.Millisecond)
		expect(t, "time of the third", online[2].at, 3400*time.Millisecond)
	})
}

func TestCloseCodeSaysWhetherToComeBack(t *testing.T) {
	t.Parallel()
	for code, back := range map[wire.CloseCode]bool{
		wire.CloseGoingAway: true, wire.CloseInternal: true, wire.CloseOverloaded: true,
		wire.CloseTokenExpired: true, wire.CloseStalled: true,
		wire.CloseProtocol: false, wire.CloseDataType: false, wire.CloseBadUTF8: false,
		wire.ClosePolicy: false, wire.CloseTooLarge: false,
		wire.CloseUnauthorized: false, wire.CloseForbidden: false,
	} {
		t.Run(code.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := run(t, client.Config{}, func(c *clienttest.Conn) {
					c.Welcome()
					c.Close(code)
				})
				time.Sleep(time.Minute)
				expect(t, "came back", len(r.in(client.Online)) > 1, back)
				if back {
					return
				}
				err := <-r.ended
				var closed *client.CloseError
				if !errors.As(err, &closed) || closed.Code != code || closed.Reason != code.String() {
					t.Errorf("Run returned %v, want the code and the reason", err)
				}
				r.ended <- err
			})
		})
	}
}

// behind runs a client whose connections are wrapped.
func behind(t *testing.T, cfg client.Config, wrap func(net.Conn) net.Conn, script func(*clienttest.Conn)) *running {
	t.Helper()
	server := clienttest.Start(script)
	t.Cleanup(server.Close)
	cfg.URL = server.URL
	cfg.NetDial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := server.Dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return wrap(conn), nil
	}
	return run(t, cfg, idle)
}

// handshaken gives every write after the handshake to another function.
type handshaken struct {
	net.Conn
	done  bool
	after func(p []byte) (int, error)
}

func (c *handshaken) Write(p []byte) (int, error) {
	if c.done {
		return c.after(p)
	}
	c.done = true
	return c.Conn.Write(p)
}

// mute fails every write after the handshake.
func mute(conn net.Conn) net.Conn {
	return &handshaken{Conn: conn, after: func([]byte) (int, error) { return 0, io.ErrClosedPipe }}
}

func TestCloseFrameIsReadWhenWritingFailsFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := behind(t, client.Config{}, mute, func(c *clienttest.Conn) {
			c.Welcome()
			time.Sleep(100 * time.Millisecond)
			c.Close(wire.CloseForbidden)
		})
		_, err := r.Subscribe(t.Context(), client.Subscription{Symbols: []string{"AAPL"}})
		if !errors.Is(err, client.ErrEnded) {
			t.Errorf("Subscribe failed with %v, want the end of the client", err)
		}
		expectError(t, <-r.ended, "4103 forbidden")
	})
}

func TestConnectionThatCannotBeWrittenToEndsSoon(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := behind(t, client.Config{}, mute, idle)
		subscribe(t, r, client.Subscription{Symbols: []string{"AAPL"}})
		time.Sleep(2 * time.Second)
		first := r.in(client.Waiting)[0]
		expect(t, "time of the end", first.at, time.Second)
		expectError(t, first.state.Err, "write connection: io: read/write on closed pipe")
	})
}

func TestReadingGoesOnWhileAPongCannotBeWritten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release, pongs := make(chan struct{}), make(chan string, 9)
		slow := func(conn net.Conn) net.Conn {
			return &handshaken{Conn: conn, after: func(p []byte) (int, error) {
				<-release
				return conn.Write(p)
			}}
		}
		view := client.NewView()
		behind(t, client.Config{OnQuotes: view.Apply}, slow, func(c *clienttest.Conn) {
			c.OnPong(func(payload string) { pongs <- payload })
			c.Welcome()
			for _, payload := range []string{"1", "2", "3", "4"} {
				c.Ping(payload)
				time.Sleep(time.Millisecond)
			}
			c.Quotes("cursor", quote("A", 1, 100))
			drain(c)
		})
		time.Sleep(time.Second)
		expect(t, "records", view.Stats().Records, uint64(1))
		close(release)
		synctest.Wait()
		expect(t, "pongs", len(pongs), 2)
		expect(t, "pong under way", <-pongs, "1")
		expect(t, "pong of the newest", <-pongs, "4")
	})
}

func TestHandshakeThatIsRefusedForGoodEndsRun(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"with a problem":  {401, `{"title":"Unauthorized","status":401,"detail":"token has expired","code":"unauthorized"}`, "unauthorized: token has expired"},
		"with a redirect": {301, "", "301 Moved Permanently"},
		"by a stranger":   {404, "<html>nothing here</html>", "404 Not Found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := runHTTP(t, func(w http.ResponseWriter, _ *http.Request) {
					w.WriteHeader(c.status)
					_, _ = io.WriteString(w, c.body)
				})
				err := <-r.ended
				var refused *client.Error
				if !errors.As(err, &refused) || refused.Status != c.status {
					t.Fatalf("Run returned %v, want a *client.Error of status %d", err, c.status)
				}
				expect(t, "text", refused.Error(), c.want)
			})
		})
	}
}

func TestHandshakeThatIsRefusedForNowIsTriedAgainWhenAskedTo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var tries atomic.Int32
		r := runHTTP(t, func(w http.ResponseWriter, r *http.Request) {
			if tries.Add(1) == 1 {
				w.Header().Set("Retry-After", "3")
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			clienttest.Handler(idle).ServeHTTP(w, r)
		})
		time.Sleep(4 * time.Second)
		online := r.in(client.Online)
		if len(online) != 1 {
			t.Fatalf("%d connections, want 1", len(online))
		}
		expect(t, "time of the connection", online[0].at, 3*time.Second)
	})
}

// runHTTP runs a client against an HTTP handler.
func runHTTP(t *testing.T, handler http.HandlerFunc) *running {
	t.Helper()
	server := clienttest.StartHTTP(handler)
	t.Cleanup(server.Close)
	return run(t, client.Config{URL: server.URL, NetDial: server.Dial}, idle)
}

func TestServiceWithoutTheSubprotocolEndsRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := clienttest.StartHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Header.Del("Sec-WebSocket-Protocol")
			clienttest.Handler(idle).ServeHTTP(w, r)
		}))
		t.Cleanup(server.Close)
		r := run(t, client.Config{URL: server.URL, NetDial: server.Dial, Codec: wire.MsgPack}, idle)
		expectError(t, <-r.ended, "subprotocol ticker.v1.msgpack")
	})
}

func TestServiceThatSaysNothingIsGivenUp(t *testing.T) {
	t.Parallel()
	silent := func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go func() { _, _ = io.Copy(io.Discard, far) }()
		return near, nil
	}
	for name, c := range map[string]struct {
		cfg    client.Config
		script func(*clienttest.Conn)
		want   string
	}{
		"before the handshake": {client.Config{NetDial: silent}, idle, "no answer in time"},
		"before the welcome":   {client.Config{}, drain, "nothing received for too long"},
		"but other things": {client.Config{}, func(c *clienttest.Conn) {
			for range 20 {
				c.Send(&wire.Heartbeat{TS: 1})
			}
			drain(c)
		}, "no welcome"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c.cfg.CommandTimeout = 5 * time.Second
				r := run(t, c.cfg, c.script)
				time.Sleep(6 * time.Second)
				waits := r.in(client.Waiting)
				if len(waits) == 0 {
					t.Fatal("still connecting")
				}
				expectError(t, waits[0].state.Err, c.want)
				expect(t, "connections", len(r.in(client.Online)), 0)
			})
		})
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	hang := func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	silent := func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go func() { _, _ = io.Copy(io.Discard, far) }()
		return near, nil
	}
	fail := func(context.Context, string, string) (net.Conn, error) { return nil, io.EOF }
	for name, c := range map[string]struct {
		cfg    client.Config
		script func(*clienttest.Conn)
	}{
		"while dialling":            {client.Config{NetDial: hang}, idle},
		"while shaking hands":       {client.Config{NetDial: silent}, idle},
		"while waiting for welcome": {client.Config{}, drain},
		"while online":              {client.Config{}, idle},
		"while the service is deaf": {client.Config{}, func(c *clienttest.Conn) { c.Welcome(); time.Sleep(time.Hour) }},
		"between two connections":   {client.Config{NetDial: fail, MinReconnectDelay: time.Hour, MaxReconnectDelay: time.Hour}, idle},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := run(t, c.cfg, c.script)
				time.Sleep(time.Millisecond)
				start := time.Now()
				if err := r.end(); err != nil {
					t.Errorf("Run returned %v, want nil", err)
				}
				if took := time.Since(start); took > time.Second {
					t.Errorf("Run took %v to end, want a second at most", took)
				}
				last := r.in(client.Ended)
				if len(last) != 1 || last[0].state.Err != nil {
					t.Errorf("last states are %v, want one end without an error", last)
				}
			})
		})
	}
}

func TestRunMayBeCalledOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := run(t, client.Config{}, idle)
		synctest.Wait()
		expectError(t, r.Run(t.Context()), "has run before")
	})
}

func TestTokenGoesWithTheHandshakeAndIsReplacedByALaterOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen := make(chan string, 2)
		r := run(t, client.Config{Token: "first"}, func(c *clienttest.Conn) {
			seen <- c.Request.Header.Get("Authorization")
			c.Welcome()
			request, _ := c.Receive()
			if auth, ok := request.Body.(*wire.Auth); ok {
				c.Answer(request, &wire.Authenticated{Sub: auth.Token})
			}
			c.Close(wire.CloseTokenExpired)
		})
		got, err := r.Authenticate(t.Context(), "second")
		if err != nil || got.Sub != "second" {
			t.Fatalf("Authenticate returned %v, %v", got, err)
		}
		expect(t, "first token", <-seen, "Bearer first")
		expect(t, "second token", <-seen, "Bearer second")
	})
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	for want, cfg := range map[string]client.Config{
		"must begin with http://":  {URL: "ftp://host"},
		"must name a host":         {URL: "http:///v1/ws"},
		"and no user":              {URL: "http://me@host"},
		"read URL":                 {URL: "http://host:port"},
		"reconnect delays":         {URL: "http://host", MinReconnectDelay: 2, MaxReconnectDelay: 1},
		"command time-out":         {URL: "http://host", CommandTimeout: -1},
		"message limit":            {URL: "http://host", MaxMessageBytes: -1},
		"no such codec":            {URL: "http://host", Codec: wire.NumCodecs},
		"make client: read URL \"": {URL: ""},
	} {
		_, err := client.New(cfg)
		expectError(t, err, want)
	}
}

package server_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"ticker/server"
	"ticker/wire"
)

// unlimited takes the rates of handshakes and messages away.
func unlimited(_ testing.TB, cfg *server.Config) {
	cfg.Limits.Handshakes, cfg.Limits.CommandsPerSecond, cfg.Limits.CommandBurst = 1<<20, 1<<20, 1<<20
}

// overBoth runs a test over TCP and over TLS, where idle clients are parked.
func overBoth(t *testing.T, test func(t *testing.T, r *rig), changes ...change) {
	t.Helper()
	for name, over := range map[string]func(testing.TB, ...change) *rig{"plain": overTCP, "tls": overTLS} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, over(t, changes...))
		})
	}
}

// pingPong sends a ping and expects its answer.
func (c *raw) pingPong(id string) {
	c.t.Helper()
	c.ask(id, &wire.Ping{})
	if m, ok := c.next().(*wire.Pong); !ok || m.ID != id {
		c.t.Errorf("%+v instead of pong %s", m, id)
	}
}

func TestClientThatSaidNothingForAWhileIsAnswered(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, r *rig) {
		clients := make([]*raw, 50)
		for i := range clients {
			clients[i] = r.connect(wire.Codec(i) % wire.NumCodecs)
		}
		for round := range 20 {
			for i, c := range clients {
				c.pingPong(fmt.Sprint(round, "/", i))
				c.write(frame(ping, "still there?"))
				first, payload, err := c.readFrame()
				if first != pong || string(payload) != "still there?" || err != nil {
					t.Fatalf("%x %q, %v instead of a pong", first, payload, err)
				}
			}
		}
	}, unlimited)
}

func TestNoMessageIsLostHoweverTheBytesAreCut(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, r *rig) {
		var clients sync.WaitGroup
		for n := range 8 {
			c := r.connect(wire.Codec(n) % wire.NumCodecs)
			kind := byte(text)
			if c.codec == wire.MsgPack {
				kind = binaryData
			}
			const messages = 2000
			clients.Go(func() {
				random := rand.New(rand.NewPCG(1, uint64(n)))
				var stream []byte
				for i := range messages {
					body := string(c.codec.AppendRequest(nil, wire.Request{ID: strconv.Itoa(i), Body: &wire.Ping{}}))
					switch random.IntN(4) {
					case 0:
						cut := random.IntN(len(body))
						stream = append(stream, frame(kind&^0x80, body[:cut])...)
						stream = append(stream, frame(pong, "between")...)
						stream = append(stream, frame(continuesLast, body[cut:])...)
					case 1:
						stream = append(stream, frame(pong, "before")...)
						fallthrough
					default:
						stream = append(stream, frame(kind, body)...)
					}
				}
				for len(stream) > 0 {
					n := min(1+random.IntN(1<<random.IntN(12)), len(stream))
					c.write(stream[:n])
					stream = stream[n:]
				}
			})
			clients.Go(func() {
				for i := range messages {
					if m, ok := c.next().(*wire.Pong); !ok || m.ID != strconv.Itoa(i) {
						t.Errorf("%+v instead of pong %d", m, i)
						return
					}
				}
			})
		}
		clients.Wait()
	}, unlimited)
}

func TestMessageThatComesByteByByteIsTaken(t *testing.T) {
	t.Parallel()
	overBoth(t, func(_ *testing.T, r *rig) {
		c, other := r.connect(wire.JSON), r.connect(wire.JSON)
		stream := join(frame(textBegins, `{"type":"ping",`), frame(pong, ""), frame(continuesLast, `"id":"slow"}`))
		for i, b := range stream {
			c.write([]byte{b})
			other.pingPong(strconv.Itoa(i)) // which takes a reader that was left
		}
		if m, ok := c.next().(*wire.Pong); !ok || m.ID != "slow" {
			r.t.Errorf("%+v instead of a pong", m)
		}
	}, unlimited)
}

func TestDrainEndsIdleClients(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, r *rig) {
		clients := make([]*raw, 50)
		for i := range clients {
			clients[i] = r.connect(wire.JSON)
		}
		r.srv.StopAccepting()
		var draining sync.WaitGroup
		draining.Go(func() {
			if err := r.srv.Drain(t.Context()); err != nil {
				t.Error(err)
			}
		})
		for _, c := range clients {
			if _, ok := c.next().(*wire.Draining); !ok {
				t.Error("not told of the drain")
			}
			if got := c.closed(); got.code != wire.CloseGoingAway {
				t.Errorf("closed with %+v", got)
			}
		}
		draining.Wait()
		if err := <-r.served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
}

func TestIdleClientsAreCutWithTheServer(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, r *rig) {
		clients := make([]*raw, 50)
		for i := range clients {
			clients[i] = r.connect(wire.JSON)
		}
		r.stop()
		if err := <-r.served; err != nil {
			t.Errorf("Serve: %v", err)
		}
		for _, c := range clients {
			if got := c.closed(); got.code != 1006 {
				t.Errorf("closed with %+v", got)
			}
		}
	})
}

func TestIdleClientLivesOnlyWithSignsOfLife(t *testing.T) {
	t.Parallel()
	short := func(_ testing.TB, cfg *server.Config) { cfg.Heartbeat, cfg.Limits.Stall = time.Second, time.Second }
	plain, tls := overTCP(t, short), overTLS(t, short)
	// Over TCP the acknowledgements of the client's machine are one. They say
	// nothing over TLS, where a client has to answer pings.
	deaf, silent, alive := plain.connect(wire.JSON), tls.connect(wire.JSON), tls.connect(wire.JSON)
	silent.deaf = true
	var reading sync.WaitGroup
	ended := make(chan struct{})
	reading.Go(func() {
		for {
			select {
			case <-ended:
				return
			default:
				alive.next() // heartbeats
			}
		}
	})
	if got := silent.closed(); got.code != wire.CloseStalled {
		t.Errorf("closed with %+v", got)
	}
	close(ended)
	reading.Wait()
	for _, r := range []*rig{plain, tls} {
		if got := r.metric(`ticker_sessions{transport="websocket"}`); got != "1" {
			t.Errorf("%s sessions", got)
		}
	}
	deaf.ask("1", &wire.Ping{})
	for {
		if m, ok := deaf.next().(*wire.Pong); ok && m.ID == "1" {
			return
		}
	}
}

// comeAndGo connects, says something, and goes in one of the ways there are.
func (r *rig) comeAndGo(way int) {
	c := r.connect(wire.JSON)
	switch way % 5 {
	case 0:
		c.write(frame(closing, "\x03\xe8"))
		_ = c.closed()
	case 1:
		c.pingPong("1")
		_ = c.conn.(*net.TCPConn).SetLinger(0) // a reset
	case 2:
		c.subscribe(20*ms, "A", "B*")
	case 3:
		c.write(frame(text, `{"type":"ping"`)[:9])
	case 4:
		c.write(unmask(frame(text, "{}")))
		_ = c.closed()
	}
	_ = c.conn.Close()
}

func TestClientsThatComeAndGoLeaveOthersAlone(t *testing.T) {
	t.Parallel()
	r := overTCP(t, unlimited)
	idle := make([]*raw, 20)
	for i := range idle {
		idle[i] = r.connect(wire.JSON)
	}
	var churn sync.WaitGroup
	for worker := range 8 {
		churn.Go(func() {
			for i := range 60 {
				r.comeAndGo(worker + i)
			}
		})
	}
	for round := range 50 {
		for i, c := range idle {
			c.pingPong(strings.Repeat("x", round) + strconv.Itoa(i))
		}
	}
	churn.Wait()
	eventually(t, "those that went are forgotten", func() bool {
		return r.metric(`ticker_sessions{transport="websocket"}`) == strconv.Itoa(len(idle))
	})
	for i, c := range idle {
		c.pingPong(strconv.Itoa(i))
	}
}

package crowd

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ticker/bench"
	"ticker/client/clienttest"
	"ticker/wire"
)

// inBubble makes a crowd for a service in memory, in fake time, and ends both
// after the test.
func inBubble(t *testing.T, clients int, handler http.Handler, test func(ctx context.Context, c *crowd)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server := clienttest.StartHTTP(handler)
		defer server.Close()
		c, err := newCrowd(job(bench.Ticker, "ws://ticker.test/v1/ws", clients))
		if err != nil {
			t.Fatal(err)
		}
		c.dial = func(ctx context.Context, _ int) (net.Conn, error) { return server.Dial(ctx, "tcp", "") }
		ctx, leave := context.WithCancel(t.Context())
		defer c.clients.Wait()
		defer leave()
		test(ctx, c)
	})
}

// mustConnect connects the crowd and returns what went wrong for clients.
func mustConnect(ctx context.Context, t *testing.T, c *crowd) map[string]int {
	t.Helper()
	if err := c.connect(ctx); err != nil {
		t.Fatal(err)
	}
	return c.faults.take()
}

func mustMeasure(ctx context.Context, t *testing.T, c *crowd, length time.Duration) *bench.Tally {
	t.Helper()
	tally, err := c.measure(ctx, length)
	if err != nil {
		t.Fatal(err)
	}
	return tally
}

// grant welcomes a client and grants what it asks for.
func grant(c *clienttest.Conn) bool {
	c.Welcome()
	r, ok := c.Receive()
	if !ok {
		return false
	}
	s, ok := r.Body.(*wire.Subscribe)
	if ok {
		c.Answer(r, &wire.Subscribed{Interval: s.Interval, Subscribed: s.Symbols})
	}
	return ok
}

// play grants, sends a script of its own, and then reads until the client goes.
func play(script func(c *clienttest.Conn)) http.Handler {
	return clienttest.Handler(func(c *clienttest.Conn) {
		if !grant(c) {
			return
		}
		script(c)
		for ok := true; ok; {
			_, ok = c.Receive()
		}
	})
}

func TestClientsCountWhatTheServiceSends(t *testing.T) {
	t.Parallel()
	for name, msgpack := range map[string]bool{"json": false, "msgpack": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := play(func(c *clienttest.Conn) {
				for seq := range uint64(4) {
					time.Sleep(400 * ms)
					sent := time.Now()
					c.Quotes("c", quote("SYM0001", 2*seq, sent.Add(-30*ms).UnixMicro()), quote("SYM0001", 2*seq+1, sent.Add(-10*ms).UnixMicro()))
					c.Send(&wire.Heartbeat{TS: sent.UnixMicro()})
					c.Ping("still there?")
				}
			})
			inBubble(t, 3, service, func(ctx context.Context, c *crowd) {
				c.job.Load.MsgPack = msgpack
				expect(t, "faults", mustConnect(ctx, t, c), nil)
				tally := mustMeasure(ctx, t, c, 1500*ms)
				got := plain(tally)
				got.Bytes = 0
				expect(t, "tally", got, counted{
					Clients: 3, Frames: 9, Updates: 18, Checked: 6, Served: map[uint64]int{2: 3}, Ages: 18, Freshest: 9,
					UpdatesOfSecond: []int64{12, 6}, FramesOfSecond: []int64{6, 3}, AgesOfSec: []int64{12, 6},
				})
				// Two significant digits are kept of an age, in microseconds.
				ages := []int64{tally.Ages.Percentile(50) / 1000, tally.Ages.Percentile(100) / 1000, tally.Freshest.Max() / 1000}
				expect(t, "half, largest, and largest of the freshest, in milliseconds", ages, []int64{10, 30, 10})
			})
		})
	}
}

func TestBytesAreAllThatCame(t *testing.T) {
	t.Parallel()
	const messages = 3
	record := quote("SYM0001", 1, 1<<40)
	event := wire.JSON.AppendMessage(nil, &wire.Quotes{Records: []wire.Record{record}})
	service := play(func(c *clienttest.Conn) {
		time.Sleep(ms)
		for range messages {
			c.SendRaw(event)
		}
		c.Ping("12345")
	})
	inBubble(t, 2, service, func(ctx context.Context, c *crowd) {
		expect(t, "faults", mustConnect(ctx, t, c), nil)
		tally := mustMeasure(ctx, t, c, time.Second)
		expect(t, "bytes", tally.Bytes, uint64(2*(messages*len(text(string(event)))+len("\x89\x0512345"))))
	})
}

func TestPingIsAnswered(t *testing.T) {
	t.Parallel()
	var pongs atomic.Value
	service := play(func(c *clienttest.Conn) {
		c.OnPong(func(payload string) { pongs.Store(payload) })
		c.Ping("still there?")
	})
	inBubble(t, 1, service, func(ctx context.Context, c *crowd) {
		expect(t, "faults", mustConnect(ctx, t, c), nil)
		synctest.Wait()
		expect(t, "pong", pongs.Load(), any("still there?"))
	})
}

func TestRepeatedSeqIsDisorder(t *testing.T) {
	t.Parallel()
	service := play(func(c *clienttest.Conn) {
		time.Sleep(100 * ms) // by when all are connected
		for _, seq := range []uint64{1, 2, 2, 5, 4} {
			c.Quotes("c", quote("SYM0001", seq, 1<<40))
		}
	})
	inBubble(t, 201, service, func(ctx context.Context, c *crowd) {
		expect(t, "faults", mustConnect(ctx, t, c), nil)
		tally := mustMeasure(ctx, t, c, time.Second)
		expect(t, "checked and disorder", []uint64{tally.Checked, tally.Disorder}, []uint64{15, 6})
	})
}

func TestConnectionThatEndsInTheWindowIsLost(t *testing.T) {
	t.Parallel()
	var before atomic.Int64
	service := play(func(c *clienttest.Conn) {
		switch before.Add(1) {
		case 1, 2:
			time.Sleep(2 * time.Second)
			c.Close(wire.CloseOverloaded)
		case 3:
			time.Sleep(200 * ms) // before the window
			c.Close(wire.CloseStalled)
		case 4:
			time.Sleep(2 * time.Second)
			c.SendRaw([]byte("no message"))
		}
	})
	inBubble(t, 5, service, func(ctx context.Context, c *crowd) {
		expect(t, "faults", mustConnect(ctx, t, c), nil)
		time.Sleep(time.Second)
		tally := mustMeasure(ctx, t, c, 3*time.Second)
		expect(t, "clients and lost", []int{tally.Clients, tally.Lost}, []int{1, 3})
		expect(t, "faults", tally.Faults, map[string]int{"closed 1013": 2, "closed 4008": 1, "unreadable message": 1})
		expect(t, "served", tally.Served, map[uint64]int{0: 1})
	})
}

func TestQuietConnectionIsNotLost(t *testing.T) {
	t.Parallel()
	inBubble(t, 2, play(func(*clienttest.Conn) {}), func(ctx context.Context, c *crowd) {
		expect(t, "faults", mustConnect(ctx, t, c), nil)
		tally := mustMeasure(ctx, t, c, 4*patience)
		expect(t, "clients and lost", []int{tally.Clients, tally.Lost}, []int{2, 0})
	})
}

func TestClientThatIsRefusedForTheMomentComesBack(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	service := play(func(*clienttest.Conn) {})
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) <= 6 {
			w.Header().Set("Retry-After", "2")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		service.ServeHTTP(w, r)
	})
	inBubble(t, 3, handler, func(ctx context.Context, c *crowd) {
		start := time.Now()
		expect(t, "faults", mustConnect(ctx, t, c), nil)
		expect(t, "connected", c.board.connected(), 3)
		if took := time.Since(start); took < 4*time.Second {
			t.Errorf("two refusals took %v", took)
		}
	})
}

func TestClientThatIsAlwaysRefusedGivesUp(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	inBubble(t, 2, handler, func(ctx context.Context, c *crowd) {
		expect(t, "faults", mustConnect(ctx, t, c), map[string]int{"refused for the moment": 2})
		expect(t, "requests", requests.Load(), 2*maxAttempts)
	})
}

func TestServiceThatDoesNotAnswerIsGivenUp(t *testing.T) {
	t.Parallel()
	silent := clienttest.Handler(func(c *clienttest.Conn) {
		c.Welcome()
		for ok := true; ok; {
			_, ok = c.Receive()
		}
	})
	inBubble(t, 2, silent, func(ctx context.Context, c *crowd) {
		start := time.Now()
		expect(t, "faults", mustConnect(ctx, t, c), map[string]int{"time-out": 2})
		if took := time.Since(start); took > patience+time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

func TestFewHandshakesAreUnderWayAtOnce(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int64
	service := clienttest.Handler(func(c *clienttest.Conn) {
		most.Store(max(most.Load(), now.Add(1)))
		time.Sleep(time.Second)
		now.Add(-1)
		grant(c)
		_, _ = c.Receive()
	})
	inBubble(t, 3*maxHandshakes, service, func(ctx context.Context, c *crowd) {
		expect(t, "faults", mustConnect(ctx, t, c), nil)
		expect(t, "most at once", most.Load(), maxHandshakes)
	})
}

func TestClientsConnectAtTheRate(t *testing.T) {
	t.Parallel()
	inBubble(t, 101, play(func(*clienttest.Conn) {}), func(ctx context.Context, c *crowd) {
		c.job.ConnectRate = 50
		start := time.Now()
		expect(t, "faults", mustConnect(ctx, t, c), nil)
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("101 clients at 50 a second took %v", took)
		}
	})
}

func TestSlowClientsAreHeldBackAndCountedApart(t *testing.T) {
	t.Parallel()
	record := quote("SYM0001", 1, 1<<40)
	records := make([]wire.Record, 50)
	for i := range records {
		records[i] = record
	}
	service := play(func(c *clienttest.Conn) {
		for range 100 {
			time.Sleep(100 * ms)
			c.Quotes("c", records...)
		}
	})
	inBubble(t, 3, service, func(ctx context.Context, c *crowd) {
		c.job.Load.Slow, c.job.Load.ReadRate = 1, 1000
		expect(t, "faults", mustConnect(ctx, t, c), nil)
		tally := mustMeasure(ctx, t, c, 9450*ms)
		others := tally.Freshest.Count()
		expect(t, "frames and records of the others", []int64{others, tally.Ages.Count()}, []int64{2 * 94, 2 * 94 * 50})
		slow := tally.Slow.Count()
		frame := wire.JSON.AppendMessage(nil, &wire.Quotes{Cursor: "c", Records: records})
		if atMost := int64(50 * (9450 + slowPiece) / len(frame)); slow == 0 || slow > atMost {
			t.Errorf("the slow one was sent %d records, at its rate are %d", slow, atMost)
		}
		expect(t, "records", tally.Updates, uint64(tally.Ages.Count()+slow))
	})
}

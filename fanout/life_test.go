package fanout

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"ticker/market"
	"ticker/wire"
)

func TestHeartbeatsGoOutWhenNothingElseDoes(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		c := f.open(wire.JSON, false)
		defer c.close()
		c.subscribe(100*time.Millisecond, "A")
		settle()
		c.read()
		count := func() (pings, beats int) {
			for _, m := range c.read() {
				switch m.(type) {
				case nil:
					pings++
				case *wire.Heartbeat:
					beats++
				}
			}
			return pings, beats
		}
		pass(60*time.Second + 100*time.Millisecond)
		if pings, beats := count(); pings != 4 || beats != 4 {
			t.Errorf("quiet: %d pings and %d events in 60 s of 15 s", pings, beats)
		}
		for range 60 {
			f.quote("A", 1)
			pass(time.Second)
		}
		if pings, beats := count(); pings != 4 || beats != 0 {
			t.Errorf("busy: %d pings and %d events in 60 s of 15 s", pings, beats)
		}
	})
}

func TestACursorNeverRunsAheadOfWhatWasSent(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		c := f.open(wire.JSON, false)
		defer c.close()
		c.subscribe(100*time.Millisecond, "FAST")
		c.subscribe(10*time.Second, "SLOW")
		f.quote("FAST", 1)
		f.quote("SLOW", 1)
		pass(time.Second)
		before := c.Cursor()
		f.quote("SLOW", 2) // waits for its interval
		pass(time.Second)
		f.quote("FAST", 2)
		pass(time.Second)
		events := c.events()
		if got := events[len(events)-1].Cursor; got != before || c.Cursor() != before {
			t.Errorf("cursor %s and %s, though SLOW waits since %s", got, c.Cursor(), before)
		}
		pass(10 * time.Second)
		if c.Cursor() == before {
			t.Error("the cursor stands still after all was sent")
		}
	})
}

func TestAFailedConnectionEndsItsSessionOnly(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		bad, good := f.open(wire.JSON, false), f.open(wire.MsgPack, false)
		defer good.close()
		bad.subscribe(100*time.Millisecond, "A")
		good.subscribe(100*time.Millisecond, "A")
		settle()
		good.read()
		bad.conn.close()
		f.quote("A", 1)
		settle()
		if !errors.Is(bad.failure, errClosed) {
			t.Errorf("failure %v", bad.failure)
		}
		good.expect([]string{"A=0.01"})
		if got := f.hub.metrics.transports[WebSocket].sessions.Load(); got != 1 {
			t.Errorf("%d sessions open", got)
		}
	})
}

// panicking is a framing that breaks when told to.
type panicking struct {
	prefixed
	now bool
}

func (p *panicking) Open(dst []byte) []byte {
	if p.now {
		panic("broken on purpose")
	}
	return p.prefixed.Open(dst)
}

func TestAPanicEndsItsSessionOnly(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		good := f.open(wire.JSON, false)
		defer good.close()
		good.subscribe(100*time.Millisecond, "A")
		framing, failure := &panicking{}, make(chan error, 1)
		conn := newFakeConn(false)
		bad := f.hub.Open(Options{Conn: conn, Framing: framing, Failed: func(err error) { failure <- err }})
		defer bad.Close()
		err := bad.Subscribe(Request{Symbols: []string{"A"}}, func(dst []byte, _ Subscribed) []byte { return dst })
		if err != nil {
			t.Fatal(err)
		}
		settle()
		good.read()
		framing.now = true
		f.quote("A", 1)
		settle()
		if err := <-failure; !errors.Is(err, ErrPanic) {
			t.Errorf("failure %v", err)
		}
		good.expect([]string{"A=0.01"})
	})
}

func TestASnapshotOfVeryManySymbolsComesInFramesOfABoundedSize(t *testing.T) {
	t.Parallel()
	for _, room := range []int{-1, 0} { // written at once, and gathered later
		inBubble(t, func(f *fixture) {
			const symbols = 5000
			for i := range symbols {
				f.quote(market.Symbol(fmt.Sprintf("S%04d", i)), int64(i))
			}
			c := f.open(wire.JSON, false)
			defer c.close()
			c.conn.setRoom(room)
			c.Send(func(dst []byte) []byte { return c.codec.AppendMessage(dst, &wire.Pong{ID: "p"}) })
			c.subscribe(time.Minute, "*")
			settle()
			c.conn.setRoom(-1)
			settle()
			seen := make(map[market.Symbol]bool)
			events := c.events()
			for _, e := range events {
				for n := range e.Records {
					seen[e.Records[n].Symbol] = true
				}
				if len(e.Records) > 2*symbols/len(events) {
					t.Errorf("room %d: %d of %d records in one of %d frames", room, len(e.Records), symbols, len(events))
				}
			}
			if len(seen) != symbols || len(events) < 4 {
				t.Errorf("room %d: %d symbols in %d frames", room, len(seen), len(events))
			}
		})
	}
}

package fanout

import (
	"bytes"
	"testing"
	"time"

	"ticker/wire"
)

func TestTheLastFrameIsTheLast(t *testing.T) {
	t.Parallel()
	for _, waits := range []bool{false, true} {
		inBubble(t, func(f *fixture) {
			c := f.open(wire.JSON, waits)
			defer c.close()
			c.subscribe(20*time.Millisecond, "A")
			settle()
			c.read()
			f.quote("A", 1)
			c.CloseAfter([]byte("bye"))
			f.quote("A", 2)
			c.Send(func(dst []byte) []byte { return append(dst, "more"...) })
			c.CloseAfter([]byte("again"))
			pass(time.Minute)
			if got := c.conn.drain(); !bytes.HasSuffix(got, []byte("bye")) || bytes.Contains(got, []byte("0.02")) {
				t.Errorf("the client was sent %q", got)
			}
			c.WaitSent()
		})
	}
}

func TestTheLastFrameFollowsWhatASlowClientIsStillOwed(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		c := f.open(wire.JSON, false)
		defer c.close()
		f.quote("A", 1)
		c.conn.setRoom(10)
		c.subscribe(20*time.Millisecond, "A")
		c.SendFramed([]byte("answer"))
		c.CloseAfter([]byte("bye"))
		sent := false
		f.hub.writers.Go(func() {
			c.WaitSent()
			sent = true
		})
		settle()
		if got := c.conn.drain(); len(got) != 10 || sent {
			t.Fatalf("%d bytes were taken, all sent is %v", len(got), sent)
		}
		c.conn.setRoom(-1)
		settle()
		if got := c.conn.drain(); !bytes.HasSuffix(got, []byte("answerbye")) || !bytes.Contains(got, []byte(`"A"`)) || !sent {
			t.Errorf("the client was sent %q, all sent is %v", got, sent)
		}
		if c.failure != nil {
			t.Errorf("it failed: %v", c.failure)
		}
	})
}

func TestNobodyWaitsForAWriterThatFailed(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		c := f.open(wire.JSON, false)
		c.conn.setRoom(1)
		c.subscribe(20*time.Millisecond, "A")
		c.CloseAfter([]byte("bye"))
		c.conn.close()
		c.WaitSent()
		if got := c.conn.drain(); len(got) != 1 {
			t.Errorf("the client was sent %q", got)
		}
	})
}

package server_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"ticker/internal/pipenet"
	"ticker/market"
	"ticker/wire"
)

// inBubbleWith is inBubble with connections that hold so many bytes in each direction.
func inBubbleWith(t *testing.T, room int, test func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ln := pipenet.Listen(room)
		r := newRig(t, ln)
		r.addr = "pipe"
		r.dial = func() (net.Conn, error) { return ln.Dial(context.WithoutCancel(t.Context())) }
		test(r)
	})
}

// behind reads until nothing comes any more, and returns the bids of each symbol in
// the frames that begin behind so many bytes, and how many bytes came.
func (c *raw) behind(skip int) (bids map[market.Symbol][]string, read int) {
	c.t.Helper()
	bids = make(map[market.Symbol][]string)
	for {
		c.wait(time.Second)
		first, payload, err := c.readFrame()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return bids, read
		}
		if err != nil {
			c.t.Fatal(err)
		}
		began := read
		// The server does not mask what it sends.
		read += len(frame(first, string(payload))) - len("mask")
		if first != text || began < skip {
			continue
		}
		m, err := c.codec.ParseMessage(payload)
		q, ok := m.(*wire.Quotes)
		if !ok {
			c.t.Fatalf("%T %+v, %v is no quotes event", m, m, err)
		}
		for i := range q.Records {
			rec := &q.Records[i]
			bids[rec.Symbol] = append(bids[rec.Symbol], bid(rec))
		}
	}
}

func TestAClientThatWakesUpReadsWhatLayInItsBuffersAndOneRecordASymbol(t *testing.T) {
	t.Parallel()
	for name, room := range map[string]int{"small buffers": 4 << 10, "large buffers": 1 << 20} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubbleWith(t, room, func(r *rig) {
				const symbols, updates = 200, 1000
				c := r.connect(wire.JSON)
				c.subscribe(20*ms, "SYM*")
				for n := range updates {
					for i := range symbols {
						r.quote(symbolOf(i), int64(100*n))
					}
					sleep(20 * ms)
				}
				lay := c.in.Buffered() + room
				records, read := c.behind(lay)
				if read <= lay {
					t.Fatalf("%d bytes were sent, and there was room for %d", read, lay)
				}
				newest := fmt.Sprintf("%d.00", updates-1)
				for i := range symbols {
					if got := records[symbolOf(i)]; len(got) != 1 || got[0] != newest {
						t.Errorf("behind what lay there %s came as %v, want %s once", symbolOf(i), got, newest)
					}
				}
			})
		})
	}
}

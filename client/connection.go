package client

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"ticker/market"
	"ticker/wire"
)

// connection is what a Client keeps up: a session over WebSocket, or the requests
// that stand for one.
type connection interface {
	// run serves it until it ends, and tells how it went. It calls greeted once the
	// service has said welcome, and leaves the set as the end of a connection does.
	run(ctx context.Context, greeted func(wire.Welcome)) loss
	// do sends one request and decodes the answer, nil for none. Any goroutine may
	// call it.
	do(ctx context.Context, body wire.Body, into wire.Result) error
}

// loss tells how a connection went.
type loss struct {
	err   error
	lived time.Duration // since the welcome; 0 without one
	asked time.Duration // the wait that the service asked for
}

// counters are the Stats while they are counted, and the number of subscribes
// that were answered.
type counters struct{ connections, messages, bytes, garbage, grants atomic.Uint64 }

// maxGarbage is how many messages of one connection may make no sense, and how many
// may come before the welcome.
const maxGarbage = 8

var (
	errGarbage   = errors.New("too many messages that make no sense")
	errNoWelcome = errors.New("no welcome")
)

// garbage counts the messages of one connection that make no sense.
type garbage int

// add counts one, and returns an error when they are too many.
func (g *garbage) add(in *inbox, err error) error {
	in.stats.garbage.Add(1)
	if *g++; *g > maxGarbage {
		return fmt.Errorf("%w, the last: %w", errGarbage, err)
	}
	return nil
}

// inbox takes what a connection reads, and tells the set and the callbacks. But
// for parse and count it belongs to the goroutine that runs the connection.
type inbox struct {
	cfg   *Config
	set   *set
	stats *counters
}

func (b *inbox) parse(codec wire.Codec, data []byte) (wire.Message, error) {
	b.count(data)
	return codec.ParseMessage(data)
}

func (b *inbox) count(data []byte) {
	b.stats.messages.Add(1)
	b.stats.bytes.Add(uint64(len(data)))
}

func (b *inbox) deliver(w *wire.Welcome, q *wire.Quotes, size int) {
	b.cfg.OnQuotes(Batch{
		Session:  w.Session,
		Epoch:    w.Epoch,
		Grants:   b.stats.grants.Load(),
		Cursor:   q.Cursor,
		Widened:  max(q.Widened, 1),
		Records:  b.named(q.Records),
		Bytes:    size,
		Received: time.Now(),
	})
}

// named drops records that name no symbol, so that nobody else has to look.
// Records are large: one is moved only if another was dropped before it.
func (b *inbox) named(records []wire.Record) []wire.Record {
	kept := 0
	for i := range records {
		if _, err := market.ParseSymbol(string(records[i].Symbol)); err != nil {
			b.stats.garbage.Add(1)
			continue
		}
		if kept < i {
			records[kept] = records[i]
		}
		kept++
	}
	return records[:kept]
}

// granted takes the answer to a subscribe, which came after so many cursors.
func (b *inbox) granted(p *plan, interval time.Duration, judged map[string]verdict, cursors uint64) {
	b.stats.grants.Add(1)
	b.set.grant(p, interval, judged, cursors)
	g := Granted{Interval: interval, NoEnvelope: p.plain}
	for _, name := range p.names {
		g.add(name, judged[name])
	}
	b.cfg.OnGranted(g)
}

// refused tells of a subscribe of which nothing was granted.
func (b *inbox) refused(p *plan, err *wire.Error) {
	b.set.refuse(p, err)
	var g Granted
	for _, name := range p.names {
		g.add(name, verdict{rejected: err.Code})
	}
	b.cfg.OnGranted(g)
}

// isCursor tells a cursor from what no service takes back.
func isCursor(text string) bool {
	if text == "" || len(text) > wire.MaxCursorBytes {
		return false
	}
	for i := range len(text) {
		if text[i] <= ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

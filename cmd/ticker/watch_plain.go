package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"time"

	"ticker/client"
	"ticker/market"
	"ticker/wire"
)

// plainColumns names the fields of a line, in order.
func plainColumns() []string {
	return []string{"symbol", "seq", "time", "status", "bidSize", "bid", "ask", "askSize", "last", "volume"}
}

// plainValueNames are the fields behind the status.
var plainValueNames = [...]market.Field{
	market.BidSize, market.Bid, market.Ask, market.AskSize, market.Last, market.Volume,
}

// plainTime is RFC 3339 with microseconds, always as wide.
const plainTime = "2006-01-02T15:04:05.000000Z"

// plainWatch writes records as lines. Its methods are called by one goroutine.
type plainWatch struct {
	out    *bufio.Writer
	notes  io.Writer
	stop   func()
	failed error // of out
	lost   bool  // the connection, and somebody was told
	line   []byte
}

// watchPlain writes a line for each record until ctx is done.
func watchPlain(ctx context.Context, env *environment, o *watchOptions) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	p := &plainWatch{out: bufio.NewWriter(env.stdout), notes: env.stderr, stop: stop}
	w, err := newWatcher(o, client.Config{OnQuotes: p.batch, OnState: p.state, OnGranted: p.granted})
	if err != nil {
		return err
	}
	if err := w.run(ctx); err != nil {
		return err
	}
	return p.failed
}

// batch writes one batch. Writing is all that it waits for: a reader that is
// slow makes this slow, and the service conflates.
func (p *plainWatch) batch(b client.Batch) {
	for i := range b.Records {
		p.line = appendPlain(p.line[:0], &b.Records[i])
		_, p.failed = p.out.Write(p.line)
	}
	if p.failed == nil {
		p.failed = p.out.Flush()
	}
	if p.failed != nil {
		p.stop()
	}
}

// appendPlain appends a record as a line.
func appendPlain(dst []byte, r *wire.Record) []byte {
	dst = append(dst, r.Symbol...)
	dst = fmt.Appendf(dst, "\t%d\t", r.Seq)
	dst = time.UnixMicro(r.Recv).UTC().AppendFormat(dst, plainTime)
	dst = append(dst, '\t')
	dst = append(dst, r.Status.String()...)
	if r.Reason != market.NoReason {
		dst = append(dst, ':')
		dst = append(dst, r.Reason.String()...)
	}
	for _, f := range plainValueNames {
		dst = append(dst, '\t')
		if value, known := r.Value(f); known {
			dst = value.AppendTo(dst)
		} else {
			dst = append(dst, '-')
		}
	}
	return append(dst, '\n')
}

// state tells when the connection is lost and when it is back.
func (p *plainWatch) state(s client.State) {
	switch s.Phase {
	case client.Waiting:
		p.note("no connection: %v; next try in %v", s.Err, s.Delay.Round(time.Millisecond))
		p.lost = true
	case client.Online:
		if p.lost {
			p.note("connected")
		}
		p.lost = false
	case client.Connecting, client.Ended:
	}
}

func (p *plainWatch) granted(g client.Granted) {
	if len(g.Rejected) > 0 && len(g.Symbols) > 0 {
		p.note("%s", rejections(g.Rejected))
	}
}

func (p *plainWatch) note(format string, args ...any) {
	_, _ = fmt.Fprintln(p.notes, "ticker watch:", printable(fmt.Sprintf(format, args...)))
}

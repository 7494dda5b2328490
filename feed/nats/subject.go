package nats

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"

	"ticker/internal/natsconn"
)

const (
	// What waits in memory between the socket and the book. A full queue loses
	// what comes next.
	pendingMessages = 1 << 16
	pendingBytes    = 64 << 20
	// lossEvery is the time between two log lines about what was lost.
	lossEvery = 10 * time.Second
)

// subject reads what is published.
func (r *reading) subject(ctx context.Context) error {
	cfg := &r.source.cfg
	sub, err := r.conn.QueueSubscribeSync(cfg.Subject, cfg.Queue)
	if err == nil {
		err = sub.SetPendingLimits(pendingMessages, pendingBytes)
	}
	if err == nil {
		err = natsconn.Confirm(ctx, r.conn)
	}
	if err != nil {
		return fmt.Errorf("subscribe to %q: %w", cfg.Subject, err)
	}
	// The library's wait for a message takes a context of its own for each; the end
	// of the connection ends it too.
	release := context.AfterFunc(ctx, r.conn.Close)
	defer release()
	r.to.Connected()
	lost := loss{sub: sub, cfg: cfg}
	defer lost.log()
	for {
		if err := r.next(ctx, sub); err != nil {
			return err
		}
		lost.look()
	}
}

// next waits for a message and takes it.
func (r *reading) next(ctx context.Context, sub *nats.Subscription) error {
	msg, err := sub.NextMsg(quiet)
	switch {
	case err == nil:
		r.reader.Read(msg.Data)
		return nil
	case errors.Is(err, nats.ErrSlowConsumer): // loss counts what that cost
		return nil
	case errors.Is(err, nats.ErrTimeout):
		return r.idle(ctx)
	}
	return fmt.Errorf("read %q: %w", sub.Subject, natsconn.Ended(r.conn, err))
}

// loss watches what a subscription had to drop.
type loss struct {
	sub      *nats.Subscription
	cfg      *Config
	seen     int
	unlogged int
	logged   time.Time
}

func (l *loss) look() {
	dropped, err := l.sub.Dropped()
	if err != nil || dropped == l.seen {
		return
	}
	l.cfg.Metrics.dropped.Add(float64(dropped - l.seen))
	l.unlogged += dropped - l.seen
	l.seen = dropped
	if time.Since(l.logged) >= lossEvery {
		l.log()
	}
}

func (l *loss) log() {
	if l.unlogged == 0 {
		return
	}
	l.cfg.Logger.Warn("messages were lost: they came faster than they were read",
		slog.String("subject", l.sub.Subject), slog.Int("messages", l.unlogged), slog.Int("since_connected", l.seen))
	l.unlogged, l.logged = 0, time.Now()
}

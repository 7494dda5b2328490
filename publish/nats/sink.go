package nats

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"ticker/internal/natsconn"
	"ticker/publish"
)

const (
	// maxUnacked is how many records may wait for a stream's acknowledgement.
	maxUnacked = 1000
	// ackTime is how long to wait for a stream's acknowledgement.
	ackTime = 5 * time.Second
)

// Sink publishes to NATS. It is a publish.Sink.
type Sink struct {
	cfg    Config
	conn   *nats.Conn // nil if there is none
	js     jetstream.JetStream
	closed chan nats.Status // gets a value when the connection ends
}

var _ publish.Sink = (*Sink)(nil)

// New builds a Sink and starts nothing. The error names what is wrong with the
// configuration.
func New(cfg Config) (*Sink, error) {
	if cfg.Subject == "" {
		cfg.Subject = defaultSubject
	}
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("configure nats sink: %w", err)
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Sink{cfg: cfg}, nil
}

// Send implements publish.Sink.
func (s *Sink) Send(ctx context.Context, records []publish.Record) error {
	if err := s.connect(ctx); err != nil {
		return err
	}
	// The library's writes take no context; the end of the connection ends them.
	release := context.AfterFunc(ctx, s.conn.Close)
	defer release()
	err := s.send(ctx, records)
	if err == nil {
		return nil
	}
	err = natsconn.Ended(s.conn, err)
	s.Close()
	if ctx.Err() != nil {
		return fmt.Errorf("publish to nats: %w", context.Cause(ctx))
	}
	return fmt.Errorf("publish to nats: %w", err)
}

// Close implements publish.Sink.
func (s *Sink) Close() {
	if s.conn != nil {
		s.conn.Close()
		s.conn = nil
	}
}

// connect makes a connection unless there is one.
func (s *Sink) connect(ctx context.Context) error {
	if s.conn != nil && !s.conn.IsClosed() {
		return nil
	}
	conn, err := s.cfg.Connect(ctx, s.cfg.Logger)
	if err != nil {
		return err
	}
	js, err := jetstream.New(conn, jetstream.WithPublishAsyncMaxPending(maxUnacked), jetstream.WithPublishAsyncTimeout(ackTime))
	if err != nil {
		conn.Close()
		return err
	}
	s.conn, s.js, s.closed = conn, js, conn.StatusChanged(nats.CLOSED)
	return nil
}

func (s *Sink) send(ctx context.Context, records []publish.Record) error {
	if s.cfg.Stream {
		return s.store(records)
	}
	for i := range records {
		if err := s.conn.Publish(subjectOf(s.cfg.Subject, records[i].Symbol), records[i].JSON); err != nil {
			return err
		}
	}
	return natsconn.Confirm(ctx, s.conn)
}

// store publishes records and waits until a stream has them all.
func (s *Sink) store(records []publish.Record) error {
	acks := make([]jetstream.PubAckFuture, len(records))
	for i := range records {
		// The library may send it once more while it waits, so it gets its own copy.
		ack, err := s.js.PublishAsync(subjectOf(s.cfg.Subject, records[i].Symbol), bytes.Clone(records[i].JSON))
		if err != nil {
			return err
		}
		acks[i] = ack
	}
	for _, ack := range acks {
		select {
		case <-ack.Ok():
		case err := <-ack.Err():
			return fmt.Errorf("subject %q: %w", ack.Msg().Subject, err)
		case <-s.closed: // nobody else says so then
			return nats.ErrConnectionClosed
		}
	}
	return nil
}

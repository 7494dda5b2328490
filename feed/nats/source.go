package nats

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"

	"ticker/feed"
	"ticker/feed/internal/payload"
	"ticker/internal/natsconn"
)

// quiet is how long to wait for a message before the server is asked whether it is
// there.
const quiet = time.Second

// Source reads one subject or one stream. It is a feed.Source.
type Source struct {
	cfg Config
	at  place
}

var _ feed.Source = (*Source)(nil)

// New builds a Source and starts nothing. The error names what is wrong with the
// configuration.
func New(cfg Config) (*Source, error) {
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("configure nats feed: %w", err)
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Metrics == nil {
		cfg.Metrics = NewMetrics(nil)
	}
	return &Source{cfg: cfg}, nil
}

// Run implements feed.Source.
func (s *Source) Run(ctx context.Context, to feed.Sink) error {
	conn, err := s.cfg.Connect(ctx, s.cfg.Logger)
	if err != nil {
		return err
	}
	defer conn.Close()
	var parser feed.Parser
	if s.cfg.NewParser != nil {
		parser = s.cfg.NewParser()
	}
	r := &reading{source: s, conn: conn, to: to, reader: payload.NewReader(to, parser, s.cfg.Tap)}
	if s.cfg.Stream != "" {
		err = r.stream(ctx)
	} else {
		err = r.subject(ctx)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// reading is one connection.
type reading struct {
	source *Source
	conn   *nats.Conn
	to     feed.Sink
	reader *payload.Reader
}

// idle judges the server when nothing came in.
func (r *reading) idle(ctx context.Context) error {
	if err := natsconn.Confirm(ctx, r.conn); err != nil {
		return err
	}
	r.to.Alive()
	return nil
}

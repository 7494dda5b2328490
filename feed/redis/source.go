package redis

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/redis/go-redis/v9"

	"ticker/feed"
	"ticker/feed/internal/payload"
)

const (
	// patience bounds the time to a connection that is open.
	patience = 10 * time.Second
	// rememberedEntries is how many applied entries are known again, in some 5 MB. A
	// server that goes back by the second that it writes down at once, and by some
	// 50,000 entries in it, counts none twice.
	rememberedEntries = 1 << 16
)

// Source is a channel or a stream. It implements feed.Source.
type Source struct {
	cfg     Config
	options *redis.Options

	// What follows is of a stream, and outlives a connection.

	applied *applied
	// position is the last entry that was read, or before which there was none when
	// the group was made; nil until then.
	position *entryID
}

// New builds a Source and starts nothing. The error names what is wrong with the
// configuration.
func New(cfg Config) (*Source, error) {
	options, err := cfg.validate()
	if err != nil {
		return nil, fmt.Errorf("configure redis: %w", err)
	}
	return &Source{cfg: cfg, options: options, applied: newApplied(rememberedEntries)}, nil
}

// Run implements feed.Source: it makes one connection and reads it until it ends, or
// ctx is done.
func (s *Source) Run(ctx context.Context, to feed.Sink) error {
	err := s.connect(ctx, to)
	if ctx.Err() != nil {
		return ctx.Err() // which closed the connection
	}
	return err
}

func (s *Source) connect(ctx context.Context, to feed.Sink) error {
	conn, err := dial(ctx, s.options)
	if err != nil {
		return fmt.Errorf("connect to redis: %w", err)
	}
	release := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer release()
	client := clientOf(conn, s.options)
	// An error says only that the connection has ended already.
	defer func() { _ = errors.Join(client.Close(), conn.Close()) }()
	if s.cfg.Channel != "" {
		return s.listen(ctx, client, to)
	}
	return s.consume(ctx, client.Conn(), to)
}

func dial(ctx context.Context, o *redis.Options) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: patience}
	if o.TLSConfig == nil {
		return dialer.DialContext(ctx, "tcp", o.Addr)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return (&tls.Dialer{NetDialer: dialer, Config: o.TLSConfig}).DialContext(ctx, "tcp", o.Addr)
}

// clientOf returns a client that has one connection. The library would make others
// by itself, and nobody would know what was lost between two.
func clientOf(conn net.Conn, o *redis.Options) *redis.Client {
	only := make(chan net.Conn, 1)
	only <- conn
	options := *o
	options.Dialer = func(context.Context, string, string) (net.Conn, error) {
		select {
		case conn := <-only:
			return conn, nil
		default:
			return nil, net.ErrClosed
		}
	}
	return redis.NewClient(&options)
}

// reader returns what reads the payloads.
func (s *Source) reader(to feed.Sink) *payload.Reader {
	var parser feed.Parser
	if s.cfg.NewParser != nil {
		parser = s.cfg.NewParser()
	}
	return payload.NewReader(to, parser, s.cfg.Tap)
}

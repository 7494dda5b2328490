package redis

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"

	"ticker/feed"
	"ticker/feed/internal/payload"
	"ticker/internal/redisconn"
)

// rememberedEntries is how many applied entries are known again, in some 5 MB. A
// server that goes back by the second that it writes down at once, and by some
// 50,000 entries in it, counts none twice.
const rememberedEntries = 1 << 16

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
	conn, err := redisconn.Dial(ctx, s.options)
	if err != nil {
		return fmt.Errorf("connect to redis: %w", err)
	}
	defer conn.Close()
	release := context.AfterFunc(ctx, conn.Cut)
	defer release()
	if s.cfg.Channel != "" {
		return s.listen(ctx, conn.Client, to)
	}
	return s.consume(ctx, conn.Client.Conn(), to)
}

// reader returns what reads the payloads.
func (s *Source) reader(to feed.Sink) *payload.Reader {
	var parser feed.Parser
	if s.cfg.NewParser != nil {
		parser = s.cfg.NewParser()
	}
	return payload.NewReader(to, parser, s.cfg.Tap)
}

package rabbitmq

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"ticker/feed"
	"ticker/feed/internal/payload"
)

// rememberedMessages is how many applied messages are known again, 256 KB of
// digests: as many as RabbitMQ by default holds acknowledgements of in memory, where a
// kill takes them.
const rememberedMessages = 1 << 15

// Source is a queue. It implements feed.Source.
type Source struct {
	cfg     Config
	address *url.URL
	applied *applied
}

// New builds a Source and starts nothing. The error names what is wrong with the
// configuration.
func New(cfg Config) (*Source, error) {
	address, err := cfg.validate()
	if err != nil {
		return nil, fmt.Errorf("configure rabbitmq: %w", err)
	}
	return &Source{cfg: cfg, address: address, applied: newApplied(rememberedMessages)}, nil
}

// Run implements feed.Source: it makes one connection and reads the queue until the
// connection ends, or ctx is done.
func (s *Source) Run(ctx context.Context, to feed.Sink) error {
	l, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	to.Connected()
	s.applied.connected()
	return s.consumer(l, to).run(ctx)
}

func (s *Source) consumer(l *link, to feed.Sink) *consumer {
	c := &consumer{
		link: l, acks: l.channel, applied: s.applied, log: s.cfg.Logger,
		batch: min(max(1, s.cfg.Prefetch/4), maxBatch),
		due:   time.NewTimer(maxDelay),
		tally: tally{Sink: to},
	}
	var parser feed.Parser
	if s.cfg.NewParser != nil {
		parser = s.cfg.NewParser()
	}
	c.reader = payload.NewReader(&c.tally, parser, s.cfg.Tap)
	return c
}

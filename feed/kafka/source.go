package kafka

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"ticker/feed"
)

// leaveTime bounds how long the end of a Run may take: the last commit, and a word
// to the group.
const leaveTime = 2 * time.Second

// Source reads one topic as a member of a consumer group. It is a feed.Source.
type Source struct {
	cfg  Config
	seen progress
}

var _ feed.Source = (*Source)(nil)

// New builds a Source and starts nothing. The error names what is wrong with the
// configuration.
func New(cfg Config) (*Source, error) {
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("configure kafka feed: %w", err)
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Source{cfg: cfg}, nil
}

// Run implements feed.Source.
func (s *Source) Run(ctx context.Context, to feed.Sink) error {
	m := newMember(s, to)
	// The client outlives ctx by the time that it takes to leave the group.
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	opts, err := s.cfg.options()
	if err != nil {
		return err
	}
	client, err := kgo.NewClient(append(opts, append(m.hooks(), kgo.WithContext(life))...)...)
	if err != nil {
		return fmt.Errorf("make kafka client: %w", err)
	}
	m.client = client
	defer func() {
		defer time.AfterFunc(leaveTime, end).Stop()
		client.CloseAllowingRebalance()
	}()
	return m.run(ctx)
}

package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"ticker/feed"
	"ticker/feed/internal/payload"
)

const (
	// quiet is how long a poll waits for records.
	quiet = time.Second
	// askEvery is how often the brokers are asked for the topic while nothing
	// comes in.
	askEvery = 5 * time.Second
	// joinTime bounds the wait for the group, which waits for its slowest member.
	joinTime = 5 * sessionTimeout
	// maxPoll is how many records are taken before the group may move on.
	maxPoll = 1000
)

var (
	errRecreated = errors.New("the topic was deleted and created anew")
	errNotJoined = fmt.Errorf("the group let nobody in for %s", joinTime)
)

// member is one Run of a Source.
type member struct {
	source *Source
	client *kgo.Client
	to     feed.Sink
	reader *payload.Reader
	topic  [16]byte
	began  time.Time
	asked  time.Duration // when the brokers were last asked for the topic

	// What follows is written by the client's goroutines.
	heard  atomic.Int64 // when a broker last answered, since began
	joined atomic.Bool
}

func newMember(s *Source, to feed.Sink) *member {
	var parser feed.Parser
	if s.cfg.NewParser != nil {
		parser = s.cfg.NewParser()
	}
	return &member{source: s, to: to, reader: payload.NewReader(to, parser, s.cfg.Tap), began: time.Now()}
}

// hooks make the client tell what it hears.
func (m *member) hooks() []kgo.Opt {
	return []kgo.Opt{
		kgo.WithHooks(m),
		kgo.OnPartitionsAssigned(func(context.Context, *kgo.Client, map[string][]int32) { m.joined.Store(true) }),
	}
}

// OnBrokerE2E is called by the client for every request that a broker answered, or
// did not.
func (m *member) OnBrokerE2E(_ kgo.BrokerMetadata, _ int16, request kgo.BrokerE2E) {
	if request.Err() == nil {
		m.heard.Store(int64(m.now()))
	}
}

func (m *member) now() time.Duration { return time.Since(m.began) }

func (m *member) run(ctx context.Context) error {
	topic, err := topicID(ctx, m.client, m.source.cfg.Topic)
	if err != nil {
		return err
	}
	m.topic = topic
	for {
		if err := m.step(ctx); err != nil {
			return err
		}
	}
}

// step waits for records and takes them.
func (m *member) step(ctx context.Context) error {
	waiting, cancel := context.WithTimeout(ctx, quiet)
	defer cancel()
	fetches := m.client.PollRecords(waiting, maxPoll)
	defer m.client.AllowRebalance()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if m.joined.Load() {
		m.to.Connected()
	}
	m.take(fetches)
	for _, failed := range fetches.Errors() {
		if err := m.judge(failed); err != nil {
			return err
		}
	}
	if fetches.NumRecords() == 0 {
		return m.idle(ctx)
	}
	return nil
}

// take gives the sink what is new among the records, and marks them.
func (m *member) take(fetches kgo.Fetches) {
	passed := 0
	for i := range fetches {
		for _, topic := range fetches[i].Topics {
			m.source.seen.of(topic.TopicID)
			for _, partition := range topic.Partitions {
				passed += m.records(partition.Records)
			}
		}
	}
	if passed > 0 {
		m.source.cfg.Logger.Info("records that were delivered again are passed over", slog.Int("records", passed))
	}
}

// records takes those of one partition and returns how many it passed over.
func (m *member) records(records []*kgo.Record) (passed int) {
	for _, r := range records {
		switch {
		case !m.source.seen.take(r):
			passed++
			m.to.Alive()
		case r.Value == nil: // a key that was deleted
			m.to.Alive()
		default:
			m.reader.Read(r.Value)
		}
	}
	m.client.MarkCommitRecords(records...)
	return passed
}

// judge returns the error that a poll brought if it ends the Run.
func (m *member) judge(failed kgo.FetchError) error {
	var (
		lost  *kgo.ErrDataLoss
		group *kgo.ErrGroupSession
	)
	switch err := failed.Err; {
	case errors.As(err, &group):
		return fmt.Errorf("take part in group %q: %w", m.source.cfg.Group, group.Err)
	case errors.Is(err, context.DeadlineExceeded): // of the poll
		return nil
	case errors.As(err, &lost):
		m.source.cfg.Logger.Warn("the brokers lost records", slog.Any("error", err))
		return nil
	case isAnswer(err):
		return fmt.Errorf("read partition %d of %q: %w", failed.Partition, failed.Topic, err)
	default:
		m.to.Reject(fmt.Errorf("%w: partition %d: %w", feed.ErrMalformed, failed.Partition, err), nil)
		return nil
	}
}

// idle judges the brokers when nothing came in.
func (m *member) idle(ctx context.Context) error {
	now := m.now()
	if !m.joined.Load() && now > joinTime {
		return errNotJoined
	}
	if now-time.Duration(m.heard.Load()) > quiet || now-m.asked > askEvery {
		topic, err := topicID(ctx, m.client, m.source.cfg.Topic)
		switch {
		case err != nil:
			return err
		case topic != m.topic:
			return fmt.Errorf("read topic %q: %w", m.source.cfg.Topic, errRecreated)
		}
		m.asked = m.now()
	}
	m.to.Alive()
	return nil
}

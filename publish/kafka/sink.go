package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"ticker/internal/kafkaconn"
	"ticker/publish"
)

const (
	// ackTime is how long to wait for acknowledgements before the brokers are asked
	// whether they are there.
	ackTime = 5 * time.Second
	// reachTime bounds that question.
	reachTime = 3 * time.Second
)

var errNoAck = errors.New("the brokers are there, but do not acknowledge")

// Sink publishes to one topic. It is a publish.Sink.
type Sink struct {
	cfg    Config
	client *kgo.Client // nil before the first Send
	flight *flight     // what may still be on its way, nil if nothing is
	failed bool        // the last Send did
}

var _ publish.Sink = (*Sink)(nil)

// New builds a Sink and starts nothing. The error names what is wrong with the
// configuration.
func New(cfg Config) (*Sink, error) {
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("configure kafka sink: %w", err)
	}
	return &Sink{cfg: cfg}, nil
}

// Send implements publish.Sink.
func (s *Sink) Send(ctx context.Context, records []publish.Record) error {
	if err := s.settle(ctx); err != nil {
		return err
	}
	if err := s.prepare(ctx); err != nil {
		return err
	}
	if len(records) == 0 {
		return nil
	}
	s.failed = true
	s.flight = launch(ctx, s.client, records)
	if err := s.await(ctx); err != nil {
		return fmt.Errorf("publish to topic %q: %w", s.cfg.Topic, err)
	}
	s.failed = false
	return nil
}

// settle waits until nothing of an earlier Send is on its way. What became of it
// does not matter: its symbols are in this Send again.
func (s *Sink) settle(ctx context.Context) error {
	if s.flight == nil {
		return nil
	}
	if err := s.reach(ctx); err != nil {
		return err
	}
	if err := s.await(ctx); s.flight != nil {
		return fmt.Errorf("wait for the records before: %w", err)
	}
	s.failed = false // the brokers are there
	return nil
}

// Close implements publish.Sink.
func (s *Sink) Close() {
	if s.client != nil {
		s.client.Close()
		s.client, s.flight = nil, nil
	}
}

// prepare makes a client unless there is one. The first time, and after a failure,
// it asks whether there are brokers: that fails at once, where a record would wait.
func (s *Sink) prepare(ctx context.Context) error {
	if s.client != nil && !s.failed {
		return nil
	}
	if s.client == nil {
		opts, err := s.cfg.options()
		if err != nil {
			return err
		}
		if s.client, err = kgo.NewClient(opts...); err != nil {
			return fmt.Errorf("make kafka client: %w", err)
		}
		s.failed = true // until it worked once
	}
	return s.reach(ctx)
}

func (s *Sink) reach(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	return kafkaconn.Reach(ctx, s.client)
}

// await waits until the fate of all records is known, and returns what became of
// them. If it takes too long, it gives up those that did not leave yet and returns
// why; then the flight is still there.
func (s *Sink) await(ctx context.Context) error {
	timer := time.NewTimer(ackTime)
	defer timer.Stop()
	select {
	case <-s.flight.landed:
		return s.land()
	case <-ctx.Done():
		s.flight.giveUp()
		return context.Cause(ctx)
	case <-timer.C:
		s.flight.giveUp()
	}
	if err := s.reach(ctx); err != nil {
		return err
	}
	return errNoAck
}

// land ends a flight. A client that failed to write is not used again: some of
// what it remembers of a topic, as that it is another one now, it never forgets.
func (s *Sink) land() error {
	err := s.flight.err
	s.flight = nil
	if err != nil {
		s.Close()
	}
	return err
}

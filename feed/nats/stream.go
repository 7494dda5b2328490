package nats

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"ticker/internal/natsconn"
)

const (
	// answerTime bounds the wait for an answer to a question of our own.
	answerTime = 5 * time.Second
	// maxPulled is how many messages may be on their way to us.
	maxPulled = 512
	// maxUnacked is how many messages a durable consumer delivers ahead of their
	// acknowledgements, and so how many can be in doubt after an outage.
	maxUnacked = 2 * maxPulled
	// ackTime is how long the server waits for an acknowledgement.
	ackTime = 30 * time.Second
	// forgetAfter is how long the server keeps a consumer without a name when
	// nobody reads it.
	forgetAfter = 30 * time.Second
	// pullTime is how long one request for messages is good for; beats tell within
	// it that the server has nothing.
	pullTime = 10 * time.Second
	// leaveTime bounds the wait for the server at the end of a Run.
	leaveTime = 2 * time.Second
)

// stream reads a stream.
func (r *reading) stream(ctx context.Context) error {
	cfg := &r.source.cfg
	stream, consumer, err := r.open(ctx)
	if err != nil {
		return fmt.Errorf("open stream %q: %w", cfg.Stream, natsconn.Ended(r.conn, err))
	}
	r.to.Connected()
	if cfg.Durable != "" {
		if err := r.catchUp(ctx, stream, consumer.CachedInfo()); err != nil {
			return fmt.Errorf("catch up with stream %q: %w", cfg.Stream, natsconn.Ended(r.conn, err))
		}
	}
	if err := r.follow(ctx, consumer); err != nil {
		return fmt.Errorf("read stream %q: %w", cfg.Stream, natsconn.Ended(r.conn, err))
	}
	return nil
}

// open looks the stream up and returns it with a consumer.
func (r *reading) open(ctx context.Context) (jetstream.Stream, jetstream.Consumer, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	js, err := jetstream.New(r.conn, jetstream.WithDefaultTimeout(answerTime))
	if err != nil {
		return nil, nil, err
	}
	stream, err := js.Stream(ctx, r.source.cfg.Stream)
	if err != nil {
		return nil, nil, err
	}
	consumer, err := r.source.consume(ctx, stream)
	return stream, consumer, err
}

// consume returns the consumer to read a stream with.
func (s *Source) consume(ctx context.Context, stream jetstream.Stream) (jetstream.Consumer, error) {
	first := s.at.created.IsZero()
	if s.cfg.Durable != "" {
		s.at.of(stream.CachedInfo(), Earliest) // where to begin is the consumer's business
		return s.cfg.durable(ctx, stream)
	}
	s.at.of(stream.CachedInfo(), s.cfg.Start)
	from := jetstream.ConsumerConfig{
		FilterSubject: filter(s.cfg.Subject), AckPolicy: jetstream.AckNonePolicy, InactiveThreshold: forgetAfter, MemoryStorage: true,
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: s.at.taken + 1,
	}
	if first && s.cfg.Start == Last {
		from.DeliverPolicy, from.OptStartSeq = jetstream.DeliverLastPerSubjectPolicy, 0
	}
	return stream.CreateConsumer(ctx, from)
}

// durable returns the durable consumer, as it is, or makes it.
func (c *Config) durable(ctx context.Context, stream jetstream.Stream) (jetstream.Consumer, error) {
	consumer, err := stream.Consumer(ctx, c.Durable)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		consumer, err = stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
			Durable: c.Durable, FilterSubject: filter(c.Subject), DeliverPolicy: c.Start.policy(),
			AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackTime, MaxAckPending: maxUnacked,
		})
	}
	if err != nil {
		return nil, fmt.Errorf("consumer %q: %w", c.Durable, err)
	}
	switch got := consumer.CachedInfo().Config; {
	case got.AckPolicy != jetstream.AckExplicitPolicy:
		return nil, fmt.Errorf("consumer %q acknowledges by the policy %s: want explicit", c.Durable, got.AckPolicy)
	case filter(got.FilterSubject) != filter(c.Subject):
		return nil, fmt.Errorf("consumer %q reads %q: want %q", c.Durable, got.FilterSubject, filter(c.Subject))
	}
	return consumer, nil
}

// filter spells out that everything is wanted.
func filter(subject string) string {
	if subject == "" {
		return ">"
	}
	return subject
}

func (s Start) policy() jetstream.DeliverPolicy {
	switch s {
	case Earliest:
		return jetstream.DeliverAllPolicy
	case Last:
		return jetstream.DeliverLastPerSubjectPolicy
	case Latest:
	}
	return jetstream.DeliverNewPolicy
}

// catchUp takes the messages that the server has delivered but has no
// acknowledgement of, in order. It will deliver them again, when newer ones are out.
func (r *reading) catchUp(ctx context.Context, stream jetstream.Stream, info *jetstream.ConsumerInfo) error {
	if info.NumAckPending == 0 {
		return nil
	}
	at, until := &r.source.at, info.Delivered.Stream
	subject := jetstream.WithGetMsgSubject(filter(info.Config.FilterSubject))
	for next := max(at.taken, info.AckFloor.Stream) + 1; next <= until; next = at.taken + 1 {
		msg, err := stream.GetMsg(ctx, next, subject)
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound):
			return nil // the stream has let go of them
		case err != nil:
			return err
		case msg.Sequence > until:
			return nil
		}
		at.take(msg.Sequence)
		r.reader.Read(msg.Data)
	}
	return nil
}

// follow takes messages as they come.
func (r *reading) follow(ctx context.Context, consumer jetstream.Consumer) error {
	messages, err := consumer.Messages(jetstream.PullMaxMessages(maxPulled), jetstream.PullExpiry(pullTime))
	if err != nil {
		return err
	}
	defer messages.Stop()
	release := context.AfterFunc(ctx, messages.Stop)
	defer release()
	defer r.flush(ctx)
	for {
		msg, err := messages.Next(jetstream.NextMaxWait(quiet))
		switch {
		case errors.Is(err, nats.ErrTimeout):
			err = r.idle(ctx)
		case err == nil:
			err = r.message(msg)
		}
		if err != nil {
			return err
		}
	}
}

// message takes one message, and acknowledges it.
func (r *reading) message(msg jetstream.Msg) error {
	about, err := msg.Metadata()
	if err != nil {
		return err
	}
	if r.source.at.take(about.Sequence.Stream) {
		r.reader.Read(msg.Data())
	} else {
		r.source.cfg.Logger.Debug("a message that was delivered again is passed over", slog.Uint64("number", about.Sequence.Stream))
		r.to.Alive()
	}
	if r.source.cfg.Durable == "" {
		return nil
	}
	return msg.Ack()
}

// flush gives the server the last acknowledgements.
func (r *reading) flush(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTime)
	defer cancel()
	// What does not arrive is delivered again, and passed over.
	_ = r.conn.FlushWithContext(ctx)
}

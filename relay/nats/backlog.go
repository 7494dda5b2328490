package nats

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// fetchMessages is how many messages are asked for at once, and so wait in memory.
	fetchMessages = 64
	// forgetAfter is how long the server keeps a consumer that was left behind.
	forgetAfter = 10 * time.Second
)

// Again implements relay.Backlog. The time is one of the server's clock.
func (e *Engine) Again(ctx context.Context, partition int, after time.Time, deliver func(body []byte)) error {
	err := e.again(ctx, partition, after, deliver)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil // then nothing was sent yet
	}
	if err != nil {
		return fmt.Errorf("read backlog of partition %d from nats: %w", partition, err)
	}
	return nil
}

func (e *Engine) again(ctx context.Context, partition int, after time.Time, deliver func([]byte)) error {
	c, err := e.connection()
	if err != nil {
		return err
	}
	// The one that is at or behind the next instant is sent after this one.
	after = after.Add(1)
	consumer, err := c.js.CreateConsumer(ctx, e.names.backlogStream, jetstream.ConsumerConfig{
		FilterSubject: e.names.channels[partition], DeliverPolicy: jetstream.DeliverByStartTimePolicy, OptStartTime: &after,
		AckPolicy: jetstream.AckNonePolicy, InactiveThreshold: forgetAfter, MemoryStorage: true, Replicas: 1,
	})
	if err != nil {
		return explain(err)
	}
	err = replay(ctx, consumer, deliver)
	leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTime)
	defer cancel()
	return errors.Join(err, c.js.DeleteConsumer(leaving, e.names.backlogStream, consumer.CachedInfo().Name))
}

// replay delivers what a consumer had before it when it was made. What came since then
// is heard in another way.
func replay(ctx context.Context, consumer jetstream.Consumer, deliver func([]byte)) error {
	for left := consumer.CachedInfo().NumPending; left > 0; {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		batch, err := consumer.FetchNoWait(int(min(left, fetchMessages)))
		if err != nil {
			return err
		}
		told := uint64(0)
		for msg := range batch.Messages() {
			told++
			deliver(msg.Data())
		}
		if err := batch.Error(); err != nil || told == 0 {
			return err // the stream let go of the rest
		}
		left -= told
	}
	return nil
}

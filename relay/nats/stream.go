package nats

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// backlogAge is how long messages can be told again. Who was away longer loads
	// snapshots.
	backlogAge = 2 * time.Minute
	// duplicateTime is the least that servers take; nothing here is sent with an ID.
	duplicateTime = 100 * time.Millisecond
)

// makeStreams makes the streams, or brings those that are there to their configuration,
// once for each connection.
func (c *connection) makeStreams(ctx context.Context, e *Engine) error {
	if c.made.Load() {
		return nil
	}
	for _, stream := range e.streams() {
		if _, err := c.js.CreateOrUpdateStream(ctx, stream); err != nil {
			return explain(fmt.Errorf("make stream %q: %w", stream.Name, err))
		}
	}
	c.made.Store(true)
	return nil
}

func (e *Engine) streams() []jetstream.StreamConfig {
	return []jetstream.StreamConfig{{
		Name: e.names.keptStream, Subjects: []string{e.names.snapshots()}, Description: "newest snapshot of each partition",
		Storage: jetstream.FileStorage, Replicas: e.cfg.Replicas, Discard: jetstream.DiscardOld,
		MaxMsgsPerSubject: 1, AllowDirect: true, Duplicates: duplicateTime,
	}, {
		Name: e.names.backlogStream, Subjects: []string{e.names.batches()}, Description: "newest batches of all partitions",
		Storage: jetstream.MemoryStorage, Replicas: e.cfg.Replicas, Discard: jetstream.DiscardOld,
		MaxAge: backlogAge, MaxBytes: int64(e.cfg.BacklogBytes), NoAck: true, Duplicates: duplicateTime,
	}}
}

// keptStream looks the stream of snapshots up, once for each connection.
func (c *connection) keptStream(ctx context.Context, names *names) (jetstream.Stream, error) {
	if known := c.kept.Load(); known != nil {
		return *known, nil
	}
	stream, err := c.js.Stream(ctx, names.keptStream)
	if err != nil {
		return nil, explain(err)
	}
	c.kept.Store(&stream)
	return stream, nil
}

// explain says what to do about a server that keeps nothing.
func explain(err error) error {
	if errors.Is(err, jetstream.ErrJetStreamNotEnabled) || errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount) ||
		errors.Is(err, nats.ErrNoResponders) {
		return fmt.Errorf("the relay needs JetStream, which the server has to have on: %w", err)
	}
	return err
}

package nats

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"ticker/relay"
)

const (
	leaseKey = "lease"
	termKey  = "term"
)

// leases are the buckets of the lease.
type leases struct {
	ttl         time.Duration // of what is in the bucket of the lease
	lease, term jetstream.KeyValue
}

// Acquire implements relay.Lease. The shortest ttl that servers take is 100 ms.
func (e *Engine) Acquire(ctx context.Context, holder string, above uint64, ttl time.Duration) (uint64, error) {
	term, err := e.acquire(ctx, holder, above, ttl)
	return term, judge("acquire", err)
}

func (e *Engine) acquire(ctx context.Context, holder string, above uint64, ttl time.Duration) (uint64, error) {
	l, err := e.leases(ctx, ttl)
	if err != nil {
		return 0, err
	}
	revision, err := l.lease.Create(ctx, leaseKey, claim{0, holder}.encode())
	if err != nil {
		return 0, err
	}
	// Only one is here, unless its lease ended on the way: then the last step fails.
	term, err := l.raise(ctx, above)
	if err == nil {
		_, err = l.lease.Update(ctx, leaseKey, claim{term, holder}.encode(), revision)
	}
	if err != nil {
		// Without a term the lease is of no use. What cannot be taken back ends by itself.
		_ = l.lease.Delete(ctx, leaseKey, jetstream.LastRevision(revision))
		return 0, err
	}
	return term, nil
}

// raise returns a new term above another, and above any before.
func (l *leases) raise(ctx context.Context, above uint64) (uint64, error) {
	for {
		last, revision, err := l.lastTerm(ctx)
		if err != nil {
			return 0, err
		}
		if above = max(above, last); above == math.MaxUint64 {
			return 0, fmt.Errorf("no term is above %d", above)
		}
		_, err = l.term.Update(ctx, termKey, strconv.AppendUint(nil, above+1, 10), revision)
		if !lost(err) {
			return above + 1, err
		}
		// One whose lease ended on the way raised it at the same time.
	}
}

func (l *leases) lastTerm(ctx context.Context) (term, revision uint64, err error) {
	entry, err := l.term.Get(ctx, termKey)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, err
	}
	term, err = parseTerm(string(entry.Value()))
	return term, entry.Revision(), err
}

// Renew implements relay.Lease. A lease that ended is not revived: the error is ErrHeld
// then too.
func (e *Engine) Renew(ctx context.Context, holder string, term uint64, ttl time.Duration) error {
	l, err := e.leases(ctx, ttl)
	if err != nil {
		return judge("renew", err)
	}
	mine := claim{term, holder}
	revision, err := revisionOf(ctx, l.lease, mine)
	if err == nil {
		_, err = l.lease.Update(ctx, leaseKey, mine.encode(), revision)
	}
	return judge("renew", err)
}

// Release implements relay.Lease. It is no error if the lease has ended.
func (e *Engine) Release(ctx context.Context, holder string, term uint64) error {
	err := e.release(ctx, claim{term, holder})
	if lost(err) || errors.Is(err, jetstream.ErrBucketNotFound) {
		return nil
	}
	return judge("release", err)
}

func (e *Engine) release(ctx context.Context, mine claim) error {
	c, err := e.connection()
	if err != nil {
		return err
	}
	bucket, err := c.js.KeyValue(ctx, e.names.leaseBucket)
	if err != nil {
		return explain(err)
	}
	revision, err := revisionOf(ctx, bucket, mine)
	if err != nil {
		return err
	}
	return bucket.Delete(ctx, leaseKey, jetstream.LastRevision(revision))
}

// revisionOf returns that of a claim, or ErrHeld if it is not the one that stands.
func revisionOf(ctx context.Context, bucket jetstream.KeyValue, mine claim) (uint64, error) {
	entry, err := bucket.Get(ctx, leaseKey)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return 0, relay.ErrHeld
	}
	if err != nil {
		return 0, err
	}
	if held, err := parseClaim(entry.Value()); err != nil || held != mine {
		return 0, errors.Join(relay.ErrHeld, err)
	}
	return entry.Revision(), nil
}

// leases makes the buckets for a lease of ttl, once for each connection.
func (e *Engine) leases(ctx context.Context, ttl time.Duration) (*leases, error) {
	c, err := e.connection()
	if err != nil {
		return nil, err
	}
	if known := c.leases.Load(); known != nil && known.ttl == ttl {
		return known, nil
	}
	made := &leases{ttl: ttl}
	if made.lease, err = c.bucket(ctx, e, e.names.leaseBucket, ttl); err == nil {
		made.term, err = c.bucket(ctx, e, e.names.termBucket, 0)
	}
	if err != nil {
		return nil, err
	}
	c.leases.Store(made)
	return made, nil
}

func (c *connection) bucket(ctx context.Context, e *Engine, name string, ttl time.Duration) (jetstream.KeyValue, error) {
	bucket, err := c.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: name, TTL: ttl, History: 1, Storage: jetstream.FileStorage, Replicas: e.cfg.Replicas,
	})
	if err != nil {
		return nil, explain(fmt.Errorf("make bucket %q: %w", name, err))
	}
	return bucket, nil
}

// judge says what was tried. Whoever was not the first at a key finds it held.
func judge(verb string, err error) error {
	if err == nil {
		return nil
	}
	if lost(err) {
		return relay.ErrHeld
	}
	return fmt.Errorf("%s lease in nats: %w", verb, err)
}

// lost reports whether an error says that somebody else was there before.
func lost(err error) bool {
	return errors.Is(err, relay.ErrHeld) || errors.Is(err, jetstream.ErrKeyExists) || errors.Is(err, jetstream.ErrKeyRevisionMismatch)
}

package relay

import (
	"context"
	"errors"
	"slices"
	"time"
)

const (
	// loaders is how many partitions are loaded at a time.
	loaders = 8
	// loadTimeout bounds one try.
	loadTimeout = 2 * time.Second
	// backlogMargin is how much further back a backlog is read than this node's clock
	// says: clocks of machines differ. What was missed nevertheless shows in the numbers.
	backlogMargin = 2 * time.Second
	// maxBacklog bounds what is read of a backlog, in bytes: a longer one takes more
	// than a snapshot.
	maxBacklog = 16 << 20
)

var errBacklog = errors.New("the backlog is too long")

// job is one try to get what is missing of a partition.
type job struct {
	partition int
	life      int  // of the partition, which ends when it is no longer followed
	follow    bool // it is not listened to yet
	want      bool // what is kept is too old: a new snapshot is asked for, and that is all
	refresh   bool
	after     time.Time // reads the backlog after it, unless zero
}

// result is what came of it.
type result struct {
	job
	listens  bool // as job.follow wanted
	snapshot []byte
	backlog  [][]byte
	err      error
}

// load does jobs until ctx is done.
func (f *Follower) load(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case j := <-f.jobs:
			f.results <- f.do(ctx, j)
		}
	}
}

func (f *Follower) do(ctx context.Context, j job) result {
	ctx, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	r := result{job: j}
	if j.follow {
		if r.err = f.cfg.Inlet.Follow(ctx, j.partition); r.err != nil {
			return r
		}
		r.listens = true
	}
	if j.want {
		r.err = f.cfg.Inlet.Want(ctx, j.partition)
		return r
	}
	if backlog, ok := f.cfg.Inlet.(Backlog); ok && !j.after.IsZero() {
		r.backlog, r.err = readBacklog(ctx, backlog, j)
		return r
	}
	r.snapshot, r.err = f.cfg.Inlet.Load(ctx, j.partition)
	return r
}

func readBacklog(ctx context.Context, from Backlog, j job) (bodies [][]byte, err error) {
	bytes := 0
	err = from.Again(ctx, j.partition, j.after.Add(-backlogMargin), func(body []byte) {
		if bytes += len(body); bytes <= maxBacklog {
			bodies = append(bodies, slices.Clone(body))
		}
	})
	if err == nil && bytes > maxBacklog {
		err = errBacklog
	}
	return bodies, err
}

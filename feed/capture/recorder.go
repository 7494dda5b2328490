package capture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"ticker/feed"
)

const (
	// flushEvery is how much a killed process loses.
	flushEvery = time.Second
	// wakeBytes have the writer begin before that.
	wakeBytes = 1 << 20
	// retryEvery is the pause after a failure.
	retryEvery = 5 * time.Second
	// sampleEvery is the time between two log lines about what is lost.
	sampleEvery = 10 * time.Second
)

// Recorder records the messages of one feed. Make one with New.
type Recorder struct {
	cfg   Config
	log   *slog.Logger
	count counters
	lost  atomic.Int64
	wake  chan struct{}

	mu      sync.Mutex
	pending []byte // lines that Run has yet to take
	held    int    // bytes that it took and has not recorded
	last    int64  // the newest time, in microseconds
	ended   bool

	// What follows belongs to Run.
	roll    roll
	batch   []byte // lines that were taken
	spare   []byte // room for pending
	failing bool
	retry   time.Time
	told    int64 // of what is lost, in the log
	tell    time.Time
}

var _ feed.Tap = (*Recorder)(nil)

// errEnded is why the last messages are lost when they cannot be written.
var errEnded = errors.New("the recording has ended")

// New builds a Recorder, makes its directory, and starts nothing. The error names
// what is wrong with the configuration.
func New(cfg Config) (*Recorder, error) {
	cfg.setDefaults()
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("configure capture of %q: %w", cfg.Feed, err)
	}
	r := &Recorder{
		cfg: cfg, log: cfg.Logger.With("feed", cfg.Feed), count: cfg.Metrics.of(cfg.Feed),
		wake: make(chan struct{}, 1),
	}
	r.roll = roll{cfg: &r.cfg, press: newPress(r.count.bytes), create: create, now: r.now}
	return r, nil
}

// now returns the time in microseconds since the Unix epoch. It never goes back.
func (r *Recorder) now() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.nowLocked()
}

func (r *Recorder) nowLocked() int64 {
	r.last = max(r.last, r.cfg.Now().UnixMicro())
	return r.last
}

// Message implements feed.Tap.
func (r *Recorder) Message(raw []byte) {
	text := textOf(raw)
	if len(text) == 0 {
		r.count.refused.Inc()
		return
	}
	if !r.add(text) {
		r.lose(1)
	}
}

// add puts a line into the buffer, if it has room.
func (r *Recorder) add(text []byte) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended || len(r.pending)+r.held+len(text)+prefixBytes > r.cfg.BufferBytes {
		return false
	}
	r.pending = appendLine(r.pending, r.nowLocked(), text)
	if len(r.pending) >= min(wakeBytes, r.cfg.BufferBytes/4) {
		select {
		case r.wake <- struct{}{}:
		default:
		}
	}
	return true
}

func (r *Recorder) lose(messages int) {
	r.count.lost.Add(float64(messages))
	r.lost.Add(int64(messages))
}

// Run writes what is handed in until ctx is done, and then what is left. The
// error tells that this failed; what could not be written is counted as lost.
func (r *Recorder) Run(ctx context.Context) error {
	ticker := time.NewTicker(flushEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return r.end()
		case <-r.wake:
		case <-ticker.C:
		}
		r.work()
	}
}

// work writes what there is, unless it is too soon after a failure.
func (r *Recorder) work() {
	now := time.Now()
	if !now.Before(r.retry) {
		r.report(r.write(), now)
	}
	if !now.Before(r.tell) {
		r.tellLost(now)
	}
}

// tellLost logs how many messages were lost since the last line about it.
func (r *Recorder) tellLost(now time.Time) {
	if lost := r.lost.Load(); lost > r.told {
		r.log.Warn("messages lost to the recording", slog.Int64("messages", lost-r.told))
		r.told, r.tell = lost, now.Add(sampleEvery)
	}
}

// report logs when writing begins to fail, and when it goes on.
func (r *Recorder) report(err error, now time.Time) {
	switch {
	case err != nil:
		r.count.errors.Inc()
		r.retry = now.Add(retryEvery)
		if !r.failing {
			r.log.Error("recording fails", slog.Any("error", err), slog.Duration("next_try_in", retryEvery))
		}
		r.failing = true
	case r.failing && r.roll.segment != nil:
		r.failing = false
		r.log.Info("recording goes on", slog.String("path", r.roll.segment.path))
	}
}

// write writes what was taken before and failed, and what has come since.
func (r *Recorder) write() error {
	for len(r.batch) > 0 || r.take() {
		n, err := r.roll.write(r.batch)
		r.settle(n, err)
		if err != nil {
			return err
		}
	}
	if r.roll.aged() {
		return r.roll.close()
	}
	return nil
}

// take takes the lines that wait, and reports whether there are any. Two buffers
// take turns.
func (r *Recorder) take() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.pending) == 0 {
		return false
	}
	r.batch, r.pending, r.spare = r.pending, r.spare[:0], r.pending
	r.held = len(r.batch)
	return true
}

// settle counts the first n bytes of what was taken, which are done with: they are
// recorded, or lost if there is an error.
func (r *Recorder) settle(n int, err error) {
	messages := bytes.Count(r.batch[:n], []byte{'\n'})
	if err != nil {
		r.lose(messages)
	} else {
		r.count.recorded.Add(float64(messages))
	}
	r.batch = r.batch[n:]
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held -= n
}

// end writes what is left, and closes the file.
func (r *Recorder) end() error {
	r.mu.Lock()
	r.ended = true
	r.mu.Unlock()
	err := r.write()
	r.drop()
	r.tellLost(time.Now())
	if err = errors.Join(err, r.roll.close()); err != nil {
		r.count.errors.Inc()
		return fmt.Errorf("end capture of %q: %w", r.cfg.Feed, err)
	}
	return nil
}

// drop counts what could not be written at the end as lost.
func (r *Recorder) drop() {
	for len(r.batch) > 0 || r.take() {
		r.settle(len(r.batch), errEnded)
	}
}

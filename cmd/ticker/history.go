package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ticker/book"
	"ticker/history"
	"ticker/history/postgres"
	"ticker/history/sqlite"
	"ticker/market"
)

const (
	// openWait is how long feeds wait for a store that does not answer, and
	// restoreWait for the records of the last run from one that does. For a store
	// that cannot be opened they do not wait.
	openWait    = 250 * time.Millisecond
	restoreWait = time.Second
	// openTimeout bounds a try to open what another node records in, and openAgain is
	// the time to the next.
	openTimeout = 10 * time.Second
	openAgain   = 2 * time.Second
	// restoreTimeout bounds the reading of those records.
	restoreTimeout = 30 * time.Second
	// newest is a time behind all that are recorded: the end of the year 9999.
	newest = 253_402_300_799_999_999
)

// archive is what a service remembers. It is nil where history is off.
type archive struct {
	log      *slog.Logger
	store    history.Store
	recorder *history.Recorder // nil where another node records
	opened   atomic.Bool       // the store, there
	queries  *history.Queries
	symbols  int // the most that the book holds
	playing  bool
	reading  bool // what another node records
	started  atomic.Bool
}

// newArchive makes a history as it is configured, and starts nothing. The book is
// made with sampling, if the history is to be recorded.
func newArchive(cfg *settings, log *slog.Logger) (*archive, error) {
	if cfg.history.url == historyOff {
		return nil, nil //nolint:nilnil // there is none, and that is no error
	}
	log = log.With("part", "history")
	store, err := newStore(cfg, log)
	if err != nil {
		return nil, err
	}
	return &archive{
		log: log, store: store, symbols: int(cfg.limits.bookSymbols),
		queries: history.NewQueries(history.QueriesConfig{Store: store, Every: cfg.history.every}),
		reading: cfg.relay.role == roleEdge,
		playing: cfg.playsHistory(),
	}, nil
}

func newStore(cfg *settings, log *slog.Logger) (history.Store, error) {
	if file, ok := historyFile(cfg.history.url, cfg.data); ok {
		return sqlite.New(sqlite.Config{Path: file, Logger: log})
	}
	store, err := postgres.New(postgres.Config{URL: cfg.history.url, Logger: log})
	if err != nil {
		return nil, usageError{fmt.Errorf("history.url: %w", err)}
	}
	return store, nil
}

// sampling says how the book is sampled: not at all without a history, nor when
// a feed plays it, since what is remembered is not recorded as new.
func (a *archive) sampling(every time.Duration) *book.Sampling {
	if a == nil || a.playing || a.reading {
		return nil
	}
	return &book.Sampling{Every: every}
}

// record makes the recorder, if this node records.
func (a *archive) record(cfg *settings, bk *book.Book, registry prometheus.Registerer) (err error) {
	if a.reading {
		return nil
	}
	a.recorder, err = history.NewRecorder(history.RecorderConfig{
		Store: a.store, Book: bk, Spool: filepath.Join(cfg.data, "spool"), SpoolBytes: cfg.history.spoolBytes,
		Keep: cfg.history.retention, FlushTimeout: flushShare(cfg.shutdown), Logger: a.log, Metrics: history.NewMetrics(registry),
	})
	return err
}

// Trouble implements server.Check.
func (a *archive) Trouble() string {
	why := ""
	switch {
	case !a.started.Load(): // a standby does not record yet
	case !a.reading:
		why = a.recorder.Trouble()
	case !a.opened.Load():
		why = "the store was not reached yet"
	}
	if why != "" {
		return "history: " + why
	}
	return ""
}

// restore fills the book with the newest records that the store has, once it is
// open; not when a feed plays what it has. The error is that of the store.
func (a *archive) restore(ctx context.Context, bk *book.Book) error {
	select {
	case <-a.recorder.Opened():
	case <-ctx.Done():
		return nil
	}
	if a.playing {
		return nil
	}
	began := time.Now()
	asking, cancel := context.WithTimeout(ctx, restoreTimeout)
	defer cancel()
	all, err := market.ParsePattern("*")
	if err != nil {
		return err
	}
	quotes, err := a.store.AsOf(asking, []market.Pattern{all}, newest, a.symbols)
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the last records: %w", err)
	}
	restored := 0
	for i := range quotes {
		if bk.Restore(&quotes[i]) {
			restored++
		}
	}
	if len(quotes) > 0 {
		a.log.Info("records of the last run are back, as stale", "symbols", restored, "recorded", len(quotes),
			"after", time.Since(began).Round(time.Millisecond))
	}
	return nil
}

// remember restores the book beside the start of the service, and returns when
// that is done, cannot be done now, or has taken long enough.
func (a *archive) remember(ctx context.Context, bk *book.Book) *part {
	restoring := start(ctx, make(chan error, 1), func(ctx context.Context) error {
		if err := a.restore(ctx, bk); err != nil {
			a.log.Error("the records of the last run are not restored: symbols begin empty", "error", err)
		}
		return nil
	})
	if within(ctx, openWait, a.recorder.Tried()) && a.recorder.Trouble() == "" {
		within(ctx, restoreWait, restoring.done)
	}
	select {
	case <-restoring.done:
	default:
		a.log.Warn("feeds begin before the records of the last run are back", "store", a.recorder.Trouble())
	}
	return restoring
}

// within waits for something for a while, and reports whether it came.
func within(ctx context.Context, while time.Duration, done <-chan struct{}) bool {
	patience := time.NewTimer(while)
	defer patience.Stop()
	select {
	case <-done:
		return true
	case <-patience.C:
	case <-ctx.Done():
	}
	return false
}

// memory is the running parts of a history.
type memory struct {
	archive *archive
	parts   []*part
}

// open opens the store that another node records in. It tries until ctx is done.
func (a *archive) open(ctx context.Context) error {
	retry := time.NewTimer(0)
	defer retry.Stop()
	for failures := 0; ; failures++ {
		select {
		case <-ctx.Done():
			return nil
		case <-retry.C:
		}
		trying, cancel := context.WithTimeout(ctx, openTimeout)
		err := a.store.Open(trying)
		cancel()
		if err == nil {
			a.opened.Store(true)
			a.log.Info("history store opened, to read", "failed_tries", failures)
			return nil
		}
		if failures == 0 {
			a.log.Warn("history store cannot be opened", "error", err, "next_try_in", openAgain)
		}
		retry.Reset(openAgain)
	}
}

// start starts the recording, and fills the book with what the last run left.
func (a *archive) start(ctx context.Context, bk *book.Book, failed chan<- error) memory {
	if a == nil {
		return memory{}
	}
	a.started.Store(true)
	if a.reading {
		return memory{archive: a, parts: []*part{start(ctx, failed, a.open)}}
	}
	recording := start(ctx, failed, a.recorder.Run)
	return memory{archive: a, parts: []*part{recording, a.remember(ctx, bk)}}
}

// stop ends the recording, which gives what it has to the store or to the disk.
func (m memory) stop() error {
	for _, p := range slices.Backward(m.parts) {
		p.stop()
	}
	if m.archive == nil {
		return nil
	}
	if err := m.archive.store.Close(); err != nil {
		return fmt.Errorf("close history: %w", err)
	}
	return nil
}

// left returns how many rows history has lost, and how many wait on disk for the next
// start.
func (a *archive) left() (lost, spooled uint64) {
	if a == nil || a.recorder == nil {
		return 0, 0
	}
	return a.recorder.Left()
}

// tapes is a store as a feed of the past reads it.
type tapes struct {
	store   history.Reader
	symbols int
}

// AsOf implements past.Reader.
func (t tapes) AsOf(ctx context.Context, patterns []market.Pattern, at int64) ([]market.Quote, error) {
	return t.store.AsOf(ctx, patterns, at, t.symbols)
}

// Between implements past.Reader.
func (t tapes) Between(
	ctx context.Context, patterns []market.Pattern, from, to int64, most int,
) ([]market.Sample, bool, error) {
	samples, err := t.store.Between(ctx, patterns, history.Span{From: from, To: to}, most)
	if errors.Is(err, history.ErrTooMany) {
		return nil, false, nil
	}
	return samples, true, err
}

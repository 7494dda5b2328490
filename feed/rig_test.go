package feed_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"ticker/feed"
	"ticker/market"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sourceFunc is a Source made of its Run.
type sourceFunc func(context.Context, feed.Sink) error

func (f sourceFunc) Run(ctx context.Context, to feed.Sink) error { return f(ctx, to) }

// idle is the Run of a source that has nothing to say.
func idle(ctx context.Context, _ feed.Sink) error {
	<-ctx.Done()
	return ctx.Err()
}

type passiveSource struct{ sourceFunc }

func (passiveSource) Passive() {}

// fakeBook remembers what a feed told it.
type fakeBook struct {
	mu      sync.Mutex
	updates []market.Update
	stale   []market.Reason
	outcome market.Outcome
}

const bookID = 7

func (b *fakeBook) Line(string) market.SourceID { return bookID }

func (b *fakeBook) Apply(u *market.Update) market.Outcome {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.updates = append(b.updates, *u)
	return b.outcome
}

func (b *fakeBook) setOutcome(o market.Outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.outcome = o
}

func (b *fakeBook) MarkStale(_ market.SourceID, reason market.Reason) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stale = append(b.stale, reason)
	return 1
}

func (b *fakeBook) links() []uint32 {
	b.mu.Lock()
	defer b.mu.Unlock()
	var links []uint32
	for _, u := range b.updates {
		links = append(links, u.Link)
	}
	return links
}

// rig runs one Feed with a fake book and keeps its log and metrics. The jitter
// is always the longest.
type rig struct {
	t        *testing.T
	feed     *feed.Feed
	source   sourceFunc
	book     *fakeBook
	registry *prometheus.Registry
	logged   lockedBuffer
	cancel   context.CancelFunc
	done     chan error
}

func newRig(t *testing.T, cfg feed.Config) *rig {
	t.Helper()
	r := &rig{t: t, book: &fakeBook{}, registry: prometheus.NewRegistry(), done: make(chan error, 1)}
	cfg.Name, cfg.Book, cfg.Metrics = "test", r.book, feed.NewMetrics(r.registry)
	cfg.Logger = slog.New(slog.NewTextHandler(&r.logged, nil))
	cfg.Random = func(n int64) int64 { return n - 1 }
	if cfg.Source == nil {
		cfg.Source = sourceFunc(func(ctx context.Context, to feed.Sink) error { return r.source(ctx, to) })
	}
	var err error
	if r.feed, err = feed.New(cfg); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) start() {
	ctx, cancel := context.WithCancel(r.t.Context())
	r.cancel = cancel
	go func() { r.done <- r.feed.Run(ctx) }()
}

func (r *rig) stop() {
	r.t.Helper()
	r.cancel()
	if err := <-r.done; err != nil {
		r.t.Errorf("Run: %v", err)
	}
}

// run runs the feed on a source that says what it has to say once.
func (r *rig) run(speak func(feed.Sink)) {
	r.t.Helper()
	said := make(chan struct{})
	r.source = func(ctx context.Context, to feed.Sink) error {
		speak(to)
		close(said)
		return idle(ctx, to)
	}
	r.start()
	<-said
	r.stop()
}

func (r *rig) wantStale(want ...market.Reason) {
	r.t.Helper()
	r.book.mu.Lock()
	defer r.book.mu.Unlock()
	if diff := cmp.Diff(want, r.book.stale); diff != "" {
		r.t.Errorf("marks of the book (-want +got):\n%s", diff)
	}
}

func (r *rig) wantLogged(part string, want int) {
	r.t.Helper()
	if got := strings.Count(r.logged.String(), part); got != want {
		r.t.Errorf("%d times %q in the log, want %d:\n%s", got, part, want, r.logged.String())
	}
}

// wantMetric checks the series of a metric that has the label value.
func (r *rig) wantMetric(name, label string, want float64) {
	r.t.Helper()
	families, err := r.registry.Gather()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, m := range family.GetMetric() {
			for _, pair := range m.GetLabel() {
				if pair.GetValue() != label {
					continue
				}
				if got := m.GetCounter().GetValue() + m.GetGauge().GetValue(); got != want {
					r.t.Errorf("%s of %s = %v, want %v", name, label, got, want)
				}
				return
			}
		}
	}
	r.t.Errorf("no series of %s with %s", name, label)
}

// lockedBuffer is a log that can be read while it is written.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

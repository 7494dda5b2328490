package history_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ticker/history"
	"ticker/market"
)

// ledger is a book of which tests say what is due. Sequences count all samples,
// whatever their symbols, so their order is that of the book.
type ledger struct {
	mu      sync.Mutex
	epoch   string
	due     []market.Sample
	running []market.Sample
	sold    uint64
	lost    uint64
	polls   []time.Time
	handed  int64 // the time before which all samples were handed out
}

func (l *ledger) Epoch() string { return l.epoch }

func (l *ledger) LostSamples() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost
}

func (l *ledger) Samples(dst []market.Sample, all bool) []market.Sample {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.polls = append(l.polls, time.Now())
	dst = append(dst, l.due...)
	l.due, l.handed = nil, int64(l.sold)+1
	if all {
		dst = append(dst, l.running...)
		l.running = nil
	}
	return dst
}

func (l *ledger) Sampled() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.handed
}

// polled returns when the book was asked so far.
func (l *ledger) polled() []time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.polls)
}

// sell makes samples due.
func (l *ledger) sell(n int) {
	for range n {
		l.sellOf("SYM")
	}
}

func (l *ledger) sellOf(symbol market.Symbol) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sold++
	l.due = append(l.due, sampleOf(symbol, l.sold))
}

func sampleOf(symbol market.Symbol, seq uint64) market.Sample {
	s := market.Sample{Quote: market.Quote{Symbol: symbol, Seq: seq, TS: int64(seq), Recv: int64(seq), Source: "test"}}
	s.Known = s.Known.With(market.Last)
	s.Values[market.Last] = market.NewDecimal(int64(seq), 2)
	s.Bar.Trade(s.Values[market.Last], market.NewDecimal(1, 0))
	return s
}

// row is what tells a sample of a store from all others.
type row struct {
	epoch  string
	symbol market.Symbol
	recv   int64
	seq    uint64
}

// archive is a store that does what tests tell it, and remembers what it was
// given. Like every store it takes a sample once.
type archive struct {
	mu       sync.Mutex
	rows     map[row]bool
	taken    []market.Sample // in the order in which they came
	batches  []int           // sizes of what was given
	opens    int
	maintain []time.Time

	// The next calls do this before and after they take what they are given, nil
	// for nothing.
	open, before, after, maintained func(context.Context) error
}

var (
	errAway = errors.New("away")
	poison  = market.Symbol("POISON")
)

func (a *archive) tell(change func(*archive)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change(a)
}

func (a *archive) do(ctx context.Context, what func(*archive) func(context.Context) error) error {
	a.mu.Lock()
	f := what(a)
	a.mu.Unlock()
	if f == nil {
		return ctx.Err()
	}
	return f(ctx)
}

func (a *archive) Open(ctx context.Context) error {
	a.tell(func(a *archive) { a.opens++ })
	return a.do(ctx, func(a *archive) func(context.Context) error { return a.open })
}

func (a *archive) Maintain(ctx context.Context, now time.Time, _ time.Duration) error {
	a.tell(func(a *archive) { a.maintain = append(a.maintain, now) })
	return a.do(ctx, func(a *archive) func(context.Context) error { return a.maintained })
}

func (a *archive) Append(ctx context.Context, b *history.Batch) error {
	if err := a.do(ctx, func(a *archive) func(context.Context) error { return a.before }); err != nil {
		return err
	}
	if err := a.take(b); err != nil {
		return err
	}
	return a.do(ctx, func(a *archive) func(context.Context) error { return a.after })
}

func (a *archive) take(b *history.Batch) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.batches = append(a.batches, len(b.Samples))
	if slices.ContainsFunc(b.Samples, func(s market.Sample) bool { return s.Symbol == poison }) {
		return fmt.Errorf("row: %w", history.ErrSample)
	}
	if a.rows == nil {
		a.rows = make(map[row]bool)
	}
	for _, s := range b.Samples {
		key := row{b.Epoch, s.Symbol, s.Recv, s.Seq}
		if !a.rows[key] {
			a.rows[key] = true
			a.taken = append(a.taken, s)
		}
	}
	return nil
}

// pass lets time pass, and everything happen that happens until its end.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// away, stalled and slow are what stores do.
func away(context.Context) error { return errAway }

func stalled(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func slow(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
			return nil
		}
	}
}

// seqs returns what the store took, in its order.
func (a *archive) seqs() []uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	got := make([]uint64, len(a.taken))
	for i := range a.taken {
		got[i] = a.taken[i].Seq
	}
	return got
}

// lines is a log.
type lines struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(p)
}

// of returns the lines that hold a text.
func (l *lines) of(text string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(strings.Split(l.out.String(), "\n"), func(line string) bool { return !strings.Contains(line, text) })
}

// recording is a Recorder between a ledger and an archive.
type recording struct {
	*history.Recorder
	book  *ledger
	store *archive
	log   *lines
	dir   string
	reg   *prometheus.Registry
	end   func() // ends it and waits
}

// record starts a Recorder, which is ended with the test.
func record(t *testing.T, cfg history.RecorderConfig) *recording {
	t.Helper()
	r := &recording{book: &ledger{epoch: "epoch"}, store: &archive{}, log: &lines{}, dir: cfg.Spool, reg: prometheus.NewRegistry()}
	if r.dir == "" {
		r.dir = t.TempDir()
	}
	if cfg.Store != nil {
		r.store = cfg.Store.(*archive)
	}
	if cfg.Book != nil {
		r.book = cfg.Book.(*ledger)
	}
	cfg.Book, cfg.Store, cfg.Spool, cfg.Metrics = r.book, r.store, r.dir, history.NewMetrics(r.reg)
	cfg.Logger = slog.New(slog.NewTextHandler(r.log, nil))
	var err error
	if r.Recorder, err = history.NewRecorder(cfg); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := r.Run(ctx); err != nil {
			t.Errorf("Run = %v", err)
		}
	})
	r.end = func() {
		cancel()
		running.Wait()
	}
	t.Cleanup(r.end)
	return r
}

// metric returns a value of the registry; result is its label, empty for none.
func (r *recording) metric(t *testing.T, name, result string) int {
	t.Helper()
	families, err := r.reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "ticker_history_"+name && (result == "" || m.GetLabel()[0].GetValue() == result) {
				return int(cmp.Or(m.GetCounter().GetValue(), m.GetGauge().GetValue()))
			}
		}
	}
	t.Fatalf("no metric %s %s", name, result)
	return 0
}

// results is what became of samples.
type results struct{ stored, lost, refused, backlog int }

func (r *recording) results(t *testing.T) results {
	t.Helper()
	return results{
		r.metric(t, "rows_total", "stored"), r.metric(t, "rows_total", "lost"), r.metric(t, "rows_total", "refused"),
		r.metric(t, "backlog_rows", ""),
	}
}

func (r *recording) expectResults(t *testing.T, want results) {
	t.Helper()
	if got := r.results(t); got != want {
		t.Errorf("results are %+v, want %+v", got, want)
	}
}

// expectTaken says that the store has the samples with the sequences from first
// to last, once each and in order.
func (r *recording) expectTaken(t *testing.T, first, last uint64) {
	t.Helper()
	got := r.store.seqs()
	if len(got) != int(last-first+1) || !slices.IsSorted(got) || len(got) > 0 && (got[0] != first || got[len(got)-1] != last) {
		t.Errorf("the store has %d samples, sorted %t, want %d to %d", len(got), slices.IsSorted(got), first, last)
	}
}

func (r *recording) expectLines(t *testing.T, text string, n int) {
	t.Helper()
	if got := r.log.of(text); len(got) != n {
		t.Errorf("%d lines say %q, want %d:\n%s", len(got), text, n, strings.Join(r.log.of("level"), "\n"))
	}
}

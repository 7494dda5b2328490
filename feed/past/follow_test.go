package past

import (
	"bytes"
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

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"pgregory.net/rapid"

	"ticker/book"
	"ticker/market"
)

// board is a book that notes what is applied, and when.
type board struct {
	start   time.Time
	sources []string

	mu      sync.Mutex
	updates []market.Update
	lines   []string
	log     bytes.Buffer
}

// Write implements io.Writer, for a log.
func (b *board) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.log.Write(p)
}

// logged returns the log.
func (b *board) logged() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.log.String()
}

// take returns what was applied since the last time.
func (b *board) take() []string {
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	lines := b.lines
	b.lines = nil
	return lines
}

func (b *board) Source(name string) market.SourceID {
	b.sources = append(b.sources, name)
	return market.SourceID(len(b.sources) - 1)
}

func (b *board) Apply(u *market.Update) market.Outcome {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.updates = append(b.updates, *u)
	trades := uint64(0)
	if u.Trades != nil {
		trades = u.Trades.Trades
	}
	b.lines = append(b.lines, fmt.Sprintf("%v %s bid=%v recv=%v %s %v%v trades=%d", time.Since(b.start), u.Symbol,
		u.Values[market.Bid], b.offset(u.Recv), b.sources[u.Source], u.Status, u.Reason, trades))
	return market.Accepted
}

func (b *board) MarkStaleAt(source market.SourceID, reason market.Reason, recv int64) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines = append(b.lines, fmt.Sprintf("%v %s turns %v recv=%v", time.Since(b.start), b.sources[source], reason, b.offset(recv)))
	return 1
}

// offset tells a time from the start of the test on.
func (b *board) offset(micros int64) time.Duration {
	return time.Duration(micros-b.start.UnixMicro()) * time.Microsecond
}

// pastTape is a history that a test changes while it is followed.
type pastTape struct {
	mu sync.Mutex
	tape
	stored func() int64
	away   bool
}

func (p *pastTape) Between(ctx context.Context, symbols []market.Pattern, from, to int64, most int) ([]market.Sample, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.away {
		return nil, false, errAway
	}
	return p.tape.Between(ctx, symbols, from, to, most)
}

func (p *pastTape) AsOf(_ context.Context, _ []market.Pattern, at int64) ([]market.Quote, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.away {
		return nil, errAway
	}
	newest := make(map[market.Symbol]market.Quote)
	for _, s := range p.samples {
		if s.Recv <= at {
			newest[s.Symbol] = s.Quote
		}
	}
	var quotes []market.Quote
	for _, q := range newest {
		quotes = append(quotes, q)
	}
	slices.SortFunc(quotes, func(a, b market.Quote) int { return strings.Compare(string(a.Symbol), string(b.Symbol)) })
	return quotes, nil
}

func (p *pastTape) setAway(away bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = away
}

// following is a Follower that runs.
type following struct {
	*Follower
	board *board
}

// follow runs a Follower of a history until the end of the test. What is in the history
// is stored at once unless the history says otherwise.
func follow(t *testing.T, p *pastTape, delay time.Duration) *following {
	t.Helper()
	r := &following{board: &board{start: time.Now()}}
	if p.stored == nil {
		p.stored = func() int64 { return time.Now().UnixMicro() }
	}
	var err error
	r.Follower, err = NewFollower(FollowConfig{
		Delay: delay, Reader: p, Stored: p.stored, Book: r.board, Logger: slog.New(slog.NewTextHandler(r.board, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := r.Run(ctx); err != nil {
			t.Errorf("Run = %v", err)
		}
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return r
}

func (r *following) expect(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, r.board.take()); diff != "" {
		t.Errorf("what was applied (-want +got):\n%s", diff)
	}
}

// sampleIn is a sample that was, or will be, accepted some time from now.
func sampleIn(symbol market.Symbol, bid int64, from time.Duration) market.Sample {
	s := sampleAt(symbol, bid, time.Now().Add(from).UnixMicro())
	s.Source = "kraken"
	return s
}

func TestASampleIsAppliedWhenItHasTheAgeOfTheDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		traded := sampleIn("A", 11, -14*time.Minute)
		traded.Bar.Trade(market.NewDecimal(1, 0), market.NewDecimal(1, 0))
		traded.Bar.Trade(market.NewDecimal(2, 0), market.NewDecimal(1, 0))
		halted := sampleIn("B", 21, -time.Millisecond)
		halted.Status, halted.Source = market.Halted, "okx"
		p := &pastTape{}
		p.samples = []market.Sample{
			sampleIn("A", 9, -20*time.Minute), sampleIn("A", 10, -16*time.Minute), traded, halted, sampleIn("A", 12, time.Hour+time.Microsecond),
		}
		r := follow(t, p, 15*time.Minute)
		time.Sleep(2 * time.Hour)
		r.expect(t,
			"0s A bid=10 recv=-16m0s kraken live trades=0",
			"1m0s A bid=11 recv=-14m0s kraken live trades=2",
			"14m59.999s B bid=21 recv=-1ms okx halted trades=0",
			"15m0s kraken turns disconnected recv=0s", // which is where this run of the service began
			"15m0s okx turns disconnected recv=0s",
			"1h15m0.000001s A bid=12 recv=1h0m0.000001s kraken live trades=0")
		if r.Lag() != 0 || strings.Count(r.board.logged(), "\n") != 1 {
			t.Errorf("late by %v, logged\n%s", r.Lag(), r.board.logged())
		}
	})
}

func TestAFollowerIsInOrderNeverEarlyAndLeavesNothingOut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		delay := time.Duration(rapid.IntRange(1000, 100_000).Draw(rt, "delay")) * time.Millisecond
		offsets := rapid.SliceOfN(rapid.IntRange(-100_000, 100_000), 0, 60).Draw(rt, "offsets")
		most := rapid.IntRange(1, 20).Draw(rt, "most")
		slices.Sort(offsets)
		offsets = slices.Compact(offsets)
		synctest.Test(t, func(t *testing.T) {
			p := &pastTape{}
			p.most = most
			for i, ms := range offsets {
				p.samples = append(p.samples, sampleIn("A", int64(i), time.Duration(ms)*time.Millisecond))
			}
			r := follow(t, p, delay)
			time.Sleep(5 * time.Minute)
			r.board.take()
			var want []int64
			for i, s := range p.samples {
				last := i+1 == len(p.samples) || p.samples[i+1].Recv >= r.board.start.Add(-delay).UnixMicro()
				if last { // those before are not seen any more
					want = append(want, s.Recv)
				}
			}
			var got []int64
			for i, u := range r.board.updates {
				got = append(got, u.Recv)
				if u.Seq != uint64(i)+1 {
					rt.Fatalf("update %d has the sequence %d", i, u.Seq)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				rt.Fatalf("times of acceptance (-want +got):\n%s", diff)
			}
		})
	})
}

func TestNothingIsReadBeforeTheHistoryIsComplete(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var stored int64
		p := &pastTape{}
		p.stored = func() int64 {
			p.mu.Lock()
			defer p.mu.Unlock()
			return stored
		}
		p.samples = []market.Sample{sampleIn("A", 1, -time.Minute)}
		r := follow(t, p, 10*time.Second)
		time.Sleep(4900 * time.Millisecond)
		r.expect(t)
		if r.Lag() != 4900*time.Millisecond || r.board.logged() != "" {
			t.Errorf("late by %v, logged\n%s", r.Lag(), r.board.logged())
		}
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		if !strings.Contains(r.board.logged(), `msg="delayed quotes stand still" delay=10s error="samples wait to be stored"`) {
			t.Errorf("logged\n%s", r.board.logged())
		}
		p.mu.Lock()
		p.samples = append(p.samples, sampleIn("A", 2, -14*time.Second), sampleIn("A", 3, -9*time.Second))
		stored = time.Now().Add(-8 * time.Second).UnixMicro()
		p.mu.Unlock()
		time.Sleep(time.Second)
		r.expect(t,
			"5.05s A bid=1 recv=-1m0s kraken live trades=0",
			"5.05s A bid=2 recv=-9s kraken live trades=0", // late, but not left out
			"6s A bid=3 recv=-4s kraken live trades=0")
	})
}

func TestWhatIsLongOnItsWayIsNotLeftOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &pastTape{}
		r := follow(t, p, 10*time.Minute)
		time.Sleep(63 * time.Minute)
		p.mu.Lock()
		p.samples = append(p.samples, sampleIn("A", 1, -5*time.Minute))
		p.mu.Unlock()
		time.Sleep(time.Hour)
		r.expect(t, "1h8m0s A bid=1 recv=58m0s kraken live trades=0")
	})
}

func TestSymbolsAreStaleWhileTheHistoryCannotBeReadAndCatchUpInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &pastTape{}
		p.samples = []market.Sample{
			sampleIn("A", 1, time.Second), sampleIn("B", 5, 2*time.Second),
			sampleIn("A", 2, 61*time.Second), sampleIn("A", 3, 62*time.Second), sampleIn("A", 4, 90*time.Second),
		}
		r := follow(t, p, 8*time.Second)
		time.Sleep(30 * time.Second)
		r.expect(t, "9s A bid=1 recv=1s kraken live trades=0", "10s B bid=5 recv=2s kraken live trades=0")
		p.setAway(true)
		time.Sleep(15 * time.Second)
		if lines := r.board.take(); len(lines) != 1 || !strings.Contains(lines[0], "kraken turns disconnected") {
			t.Errorf("while it cannot be read: %q", lines)
		}
		time.Sleep(45500 * time.Millisecond) // between two tries
		p.setAway(false)
		time.Sleep(30 * time.Second)
		r.expect(t,
			"1m31s A bid=1 recv=1s kraken live trades=0",
			"1m31s B bid=5 recv=2s kraken live trades=0",
			"1m31s A bid=2 recv=1m1s kraken live trades=0",
			"1m31s A bid=3 recv=1m2s kraken live trades=0",
			"1m38s A bid=4 recv=1m30s kraken live trades=0")
		if lines := strings.Count(r.board.logged(), "\n"); lines != 3 || r.Lag() != 0 {
			t.Errorf("late by %v, logged\n%s", r.Lag(), r.board.logged())
		}
	})
}

func TestARecordOfAnEarlierRunStaysStaleAfterAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &pastTape{}
		p.samples = []market.Sample{sampleIn("A", 1, -time.Minute), sampleIn("B", 2, time.Second)}
		r := follow(t, p, 8*time.Second)
		time.Sleep(30 * time.Second)
		p.setAway(true)
		time.Sleep(30 * time.Second)
		r.board.take()
		p.setAway(false)
		time.Sleep(2 * time.Second)
		lines := r.board.take()
		if len(lines) != 2 || !strings.Contains(lines[0], "A bid=1 recv=-1m0s kraken staledisconnected") ||
			!strings.Contains(lines[1], "B bid=2 recv=1s kraken live") {
			t.Errorf("after the outage: %q", lines)
		}
	})
}

func TestAFollowedBookHasTheRecordsAndTheTradesOfTheHistory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		registry := prometheus.NewRegistry()
		into := book.New(book.Config{MaxSymbols: 1})
		p := &pastTape{}
		p.samples = []market.Sample{sampleIn("A", 7, time.Second), sampleIn("B", 8, 2*time.Second)}
		f, err := NewFollower(FollowConfig{
			Delay: 2 * time.Second, Reader: p, Stored: func() int64 { return time.Now().UnixMicro() }, Book: into, Registerer: registry,
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := f.Run(ctx); err != nil {
			t.Fatal(err)
		}
		want := p.samples[0].Quote
		want.Seq = 1
		got := into.Find("A").Quote()
		if got.Symbol != want.Symbol || got.Recv != want.Recv || got.TS != want.TS || got.Source != "kraken" || got.Seq != 1 ||
			got.Values[market.Bid] != want.Values[market.Bid] || into.Find("B") != nil {
			t.Errorf("got %+v, want %+v", got, want)
		}
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		var metrics []string
		for _, family := range families {
			for _, m := range family.GetMetric() {
				if m.GetCounter().GetValue() > 0 || m.GetGauge() != nil {
					metrics = append(metrics, fmt.Sprint(family.GetName(), m.GetLabel(), m.GetCounter().GetValue()))
				}
			}
		}
		if len(metrics) != 3 || !strings.Contains(strings.Join(metrics, " "), "full") || !strings.Contains(metrics[0], "2s") {
			t.Errorf("metrics %q", metrics)
		}
	})
}

func TestWhatCannotBeFollowedIsRefused(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	whole := FollowConfig{Delay: 1, Reader: &tape{}, Stored: func() int64 { return 0 }, Book: &board{}, Registerer: registry}
	if f, err := NewFollower(whole); err != nil || f.Lag() != 0 {
		t.Error(err)
	}
	for want, change := range map[string]func(*FollowConfig){
		"delay 0s is not above 0": func(c *FollowConfig) { c.Delay = 0 },
		"want a reader":           func(c *FollowConfig) { c.Reader = nil },
		"how far it is":           func(c *FollowConfig) { c.Stored = nil },
		"and a book":              func(c *FollowConfig) { c.Book = nil },
		"register metrics":        func(*FollowConfig) {},
	} {
		cfg := whole
		change(&cfg)
		if _, err := NewFollower(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if !errors.Is(nap(canceled(t), time.Hour), context.Canceled) {
		t.Error("a nap goes on when nobody wants it any more")
	}
}

func canceled(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

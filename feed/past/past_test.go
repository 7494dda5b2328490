package past

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/feed/internal/pace"
	"ticker/market"
)

// tape is a Reader with samples in memory.
type tape struct {
	before  []market.Quote
	samples []market.Sample
	asked   []string // windows
	fails   int      // so many questions, from the second window on
	most    int      // samples that it takes for too many, if not 0
}

var errAway = errors.New("store is away")

func (p *tape) AsOf(_ context.Context, patterns []market.Pattern, at int64) ([]market.Quote, error) {
	p.asked = append(p.asked, fmt.Sprintf("as of %d %v", at, patterns))
	return p.before, nil
}

func (p *tape) Between(ctx context.Context, _ []market.Pattern, from, to int64, most int) ([]market.Sample, bool, error) {
	if p.fails > 0 && len(p.asked) > 2 {
		p.fails--
		return nil, false, errAway
	}
	if p.most != 0 {
		most = p.most
	}
	var found []market.Sample
	for _, s := range p.samples {
		if s.Recv >= from && s.Recv < to {
			found = append(found, s)
		}
	}
	p.asked = append(p.asked, fmt.Sprintf("%d-%d: %d", from, to, len(found)))
	return found, len(found) <= most, ctx.Err()
}

// sink notes what comes, and when.
type sink struct {
	start     time.Time
	connected int
	updates   []market.Update
	lines     []string
}

func (s *sink) Connected()           { s.connected++ }
func (s *sink) Alive()               {}
func (s *sink) Reject(error, []byte) {}

func (s *sink) Update(u *market.Update) {
	s.updates = append(s.updates, *u)
	trades := uint64(0)
	if u.Trades != nil {
		trades = u.Trades.Trades
	}
	s.lines = append(s.lines, fmt.Sprintf("%v %s bid=%v ts=%d recv=%d %v%v trades=%d",
		time.Since(s.start), u.Symbol, u.Values[market.Bid], u.TS, u.Recv, u.Status, u.Reason, trades))
}

const second = int64(time.Second / time.Microsecond)

func quoteAt(symbol market.Symbol, bid, recv int64) market.Quote {
	q := market.Quote{Symbol: symbol, Seq: 7, TS: recv - 1, Recv: recv, Known: market.Fields(0).With(market.Bid)}
	q.Values[market.Bid] = market.NewDecimal(bid, 0)
	return q
}

func sampleAt(symbol market.Symbol, bid, recv int64) market.Sample {
	return market.Sample{Quote: quoteAt(symbol, bid, recv)}
}

// run plays for a while of fake time and returns what came.
func run(t *testing.T, cfg Config, while time.Duration) (got *sink, log string) {
	t.Helper()
	var out bytes.Buffer
	cfg.Logger = slog.New(slog.NewTextHandler(&out, nil))
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	got = &sink{start: time.Now()}
	ctx, cancel := context.WithTimeout(t.Context(), while)
	defer cancel()
	if err := s.Run(ctx, got); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Run returned %v", err)
	}
	return got, out.String()
}

func TestASessionIsPlayedAsItWas(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stale := sampleAt("B", 21, 103*second)
		stale.Status, stale.Reason = market.Stale, market.Silent
		traded := sampleAt("A", 11, 101*second)
		traded.Bar.Trade(market.NewDecimal(1, 0), market.NewDecimal(1, 0))
		traded.Bar.Trade(market.NewDecimal(2, 0), market.NewDecimal(1, 0))
		history := &tape{
			before:  []market.Quote{quoteAt("A", 10, 5), quoteAt("B", 20, 6)},
			samples: []market.Sample{traded, stale, sampleAt("A", 12, 105*second), sampleAt("A", 13, 110*second)},
		}
		got, log := run(t, Config{Reader: history, From: 100 * second, To: 110 * second, Speed: 2 * pace.Recorded}, time.Hour)
		want := []string{
			"0s A bid=10 ts=4 recv=0 live trades=0",
			"0s B bid=20 ts=5 recv=0 live trades=0",
			"0s A bid=11 ts=100999999 recv=0 live trades=2",
			"1s B bid=21 ts=102999999 recv=0 stalesilent trades=0",
			"2s A bid=12 ts=104999999 recv=0 live trades=0",
		}
		if diff := cmp.Diff(want, got.lines); diff != "" {
			t.Errorf("updates (-want +got):\n%s", diff)
		}
		if got.connected != 1 || strings.Count(log, "\n") != 1 || !strings.Contains(log, "updates=5 elapsed=2s") {
			t.Errorf("connected %d times, logged %s", got.connected, log)
		}
		if history.asked[0] != "as of 99999999 [*]" {
			t.Errorf("asked %s first", history.asked[0])
		}
	})
}

func TestUpdatesNameTheirStatusAndAreInOrderWhateverTheirTimes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		early := sampleAt("A", 2, 2*second)
		early.TS = 1
		history := &tape{samples: []market.Sample{sampleAt("A", 1, second), early}}
		got, _ := run(t, Config{Reader: history, From: 0, To: 9 * second, Clock: pace.AsRecorded}, time.Hour)
		for i, u := range got.updates {
			if u.Seq != uint64(i+1) || !u.Set.Has(market.StatusField) || u.Recv != int64(i+1)*second {
				t.Errorf("update %d: seq %d, fields %b, recv %d", i, u.Seq, u.Set, u.Recv)
			}
		}
	})
}

func TestASessionWithoutAnEndIsPlayedUpToItsBeginning(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now := time.Now().UnixMicro()
		history := &tape{samples: []market.Sample{sampleAt("A", 1, now-second), sampleAt("A", 2, now+second)}}
		got, _ := run(t, Config{Reader: history, From: now - 60*second, Speed: pace.Max}, time.Hour)
		if len(got.updates) != 1 {
			t.Errorf("%d updates, want the one before now", len(got.updates))
		}
	})
}

func TestWindowsFollowHowMuchThereIs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		history := &tape{most: 3}
		for i := range int64(40) {
			history.samples = append(history.samples, sampleAt(market.Symbol("S"+strconv.Itoa(int(i))), i, 10*second+i*50_000))
		}
		got, _ := run(t, Config{Reader: history, To: 10_000 * second, Speed: pace.Max}, time.Hour)
		if len(got.updates) != 40 {
			t.Errorf("%d updates, want 40", len(got.updates))
		}
		for i := range got.updates {
			if want := market.Symbol("S" + strconv.Itoa(i)); got.updates[i].Symbol != want {
				t.Fatalf("update %d is of %s, want %s", i, got.updates[i].Symbol, want)
			}
		}
		if n := len(history.asked); n > 80 {
			t.Errorf("asked %d times for 10,000 seconds with 40 samples", n)
		}
	})
}

func TestTooManySamplesOfOneMicrosecondAreAnError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		history := &tape{most: 1, samples: []market.Sample{sampleAt("A", 1, 5), sampleAt("B", 1, 5)}}
		s, err := New(Config{Reader: history, To: 10})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Run(t.Context(), &sink{}); err == nil || !strings.Contains(err.Error(), "one microsecond") {
			t.Errorf("Run returned %v", err)
		}
	})
}

func TestAReaderThatFailsIsAskedAgainFromWhereItWas(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		history := &tape{fails: 1, before: []market.Quote{quoteAt("A", 9, 1)}}
		for i := range int64(10) {
			history.samples = append(history.samples, sampleAt("A", i, (i+1)*second))
		}
		s, err := New(Config{Reader: history, From: second, To: 60 * second, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		got := &sink{start: time.Now()}
		if err := s.Run(t.Context(), got); !errors.Is(err, errAway) {
			t.Fatalf("Run returned %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if err := s.Run(ctx, got); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("Run returned %v", err)
		}
		var bids []string
		for _, u := range got.updates {
			bids = append(bids, u.Values[market.Bid].String())
		}
		if diff := cmp.Diff([]string{"9", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}, bids); diff != "" {
			t.Errorf("bids of two runs (-want +got):\n%s", diff)
		}
	})
}

func TestOptionsAreReadAndMistakesNamed(t *testing.T) {
	t.Parallel()
	micros := func(text string) (int64, error) {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return 0, errors.New("no time")
		}
		return n, nil
	}
	for text, want := range map[string]string{
		"from=1&to=2&speed=10&clock=recorded&symbols=A,BTC-*": "{[A BTC-*] 1 2 10000000 1 <nil> <nil>}",
		"from=0&speed=max":   "{[] 0 0 9223372036854775807 0 <nil> <nil>}",
		"to=2":               "from is missing: the time at which to begin",
		"from=x":             `from "x": no time`,
		"from=1&speed=-1":    `speed "-1" is neither max nor a number above 0`,
		"from=1&clock=gmt":   `clock "gmt" is none of now, recorded`,
		"from=1&symbols=a":   `symbols "a": pattern must be a symbol`,
		"from=1&loop=true":   `unknown option "loop": want from, to, speed, clock or symbols`,
		"from=1&silence=10s": `unknown option "silence"`,
	} {
		options, err := url.ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		cfg, err := ParseOptions(options, micros)
		got := fmt.Sprint(cfg)
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestWhatCannotBePlayedIsRefused(t *testing.T) {
	t.Parallel()
	for want, cfg := range map[string]Config{
		"no history to read from": {},
		"from must be before to":  {Reader: &tape{}, From: 2, To: 2},
		"speed -1 is below 0":     {Reader: &tape{}, Speed: -1},
	} {
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

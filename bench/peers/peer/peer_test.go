package peer_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"ticker/bench/peers/peer"
	"ticker/bench/peers/peer/peertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPublishKeepsTheOrderOfEachSymbol(t *testing.T) {
	t.Parallel()
	for name, conflated := range map[string]bool{"every update": false, "the newest": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := peertest.Config(t, 50, 50_000)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var mu sync.Mutex
			records := 0
			last := make(map[string]uint64)
			err := cfg.Publish(ctx, conflated, func(symbol string, record []byte) error {
				r := peertest.Decode(t, record)
				mu.Lock()
				defer mu.Unlock()
				if r.Symbol != symbol || r.Seq <= last[symbol] {
					t.Errorf("%s goes from %d to %+v", symbol, last[symbol], r)
				}
				last[symbol] = r.Seq
				if records++; records == 2000 {
					cancel()
				}
				return nil
			})
			if err != nil || records < 2000 || len(last) != 50 {
				t.Errorf("%d records of %d symbols, %v", records, len(last), err)
			}
		})
	}
}

func TestNewestIsPublishedOnceAnInterval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := peertest.Config(t, 10, 10_000)
		cfg.Plan.Interval = 100 * time.Millisecond
		ctx, cancel := context.WithTimeout(t.Context(), 999*time.Millisecond)
		defer cancel()
		var mu sync.Mutex
		published := make(map[string]int)
		err := cfg.Publish(ctx, true, func(symbol string, _ []byte) error {
			mu.Lock()
			defer mu.Unlock()
			published[symbol]++
			return nil
		})
		if err != nil || len(published) != 10 {
			t.Errorf("published %v, %v", published, err)
		}
		for symbol, n := range published {
			// The first visit may come before the opening records do.
			if n < 9 || n > 10 {
				t.Errorf("%s was published %d times in ten intervals", symbol, n)
			}
		}
	})
}

func TestPublishEndsWithTheFirstError(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, conflated := range map[string]bool{"every update": false, "the newest": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := peertest.Config(t, 5, 1000)
			err := cfg.Publish(t.Context(), conflated, func(string, []byte) error { return broken })
			if !errors.Is(err, broken) {
				t.Errorf("it ended with %v", err)
			}
		})
	}
}

func TestCrewStartsNothingOnceItIsWaitedFor(t *testing.T) {
	t.Parallel()
	var crew peer.Crew
	returned := false
	if !crew.Go(func() { returned = true }) {
		t.Error("it did not start")
	}
	crew.Wait()
	if !returned || crew.Go(func() { t.Error("it started") }) {
		t.Error("Wait returned too early, or Go started something")
	}
}

func TestAddressInUseIsAnError(t *testing.T) {
	t.Parallel()
	cfg := peertest.Config(t, 1, 1)
	ln, err := cfg.Listener(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	cfg.Listen = ln.Addr().String()
	if second, err := cfg.Listener(t.Context()); err == nil {
		_ = second.Close()
		t.Error("it was opened twice")
	}
}

package link_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"ticker/relay"
	"ticker/relay/internal/link"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newIntake returns an intake with what it logs and counts.
func newIntake() (*link.Intake, *bytes.Buffer, *prometheus.Registry) {
	var log bytes.Buffer
	reg := prometheus.NewRegistry()
	return link.NewIntake(slog.New(slog.NewTextHandler(&log, nil)), link.NewMetrics(reg, "test")), &log, reg
}

func expectMetric(t *testing.T, reg *prometheus.Registry, name string, want float64) {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		m := f.GetMetric()[0]
		if got := m.GetCounter().GetValue() + m.GetGauge().GetValue(); f.GetName() == name && got == want {
			return
		}
	}
	t.Errorf("want %s to be %v: %v", name, want, families)
}

// receive receives until the test ends.
func receive(t *testing.T, i *link.Intake, deliver func(relay.Message)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var receiving sync.WaitGroup
	receiving.Go(func() {
		if err := i.Receive(ctx, deliver); err != nil {
			t.Errorf("receive: %v", err)
		}
	})
	t.Cleanup(func() {
		cancel()
		receiving.Wait()
	})
	synctest.Wait()
}

func TestFollowWaitsUntilTheServerHasTheWish(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i, _, _ := newIntake()
		receive(t, i, func(relay.Message) {})
		i.Up()
		old := i.Wish()
		var followed bool
		var following sync.WaitGroup
		following.Go(func() {
			if err := i.Follow(t.Context(), 5); err != nil {
				t.Error(err)
			}
			followed = true
		})
		synctest.Wait()
		i.Grant(old.Version)
		synctest.Wait()
		if followed {
			t.Error("an older wish was enough")
		}
		wish := i.Wish()
		if !wish.Hears(5) || old.Hears(5) || wish.Hears(6) || !wish.Hears(relay.Control) {
			t.Error("the wish is not for partition 5 and ticks")
		}
		select {
		case <-i.Wake():
		default:
			t.Error("nobody was told of the wish")
		}
		i.Grant(wish.Version)
		following.Wait()
	})
}

func TestFollowFailsWhenTheConnectionEndsOrItsContextDoes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i, _, _ := newIntake()
		receive(t, i, func(relay.Message) {})
		if err := i.Follow(t.Context(), 1); !errors.Is(err, link.ErrAway) {
			t.Errorf("without a connection: %v", err)
		}
		i.Up()
		var following sync.WaitGroup
		following.Go(func() {
			if err := i.Follow(t.Context(), 2); !errors.Is(err, link.ErrAway) {
				t.Errorf("after the end of the connection: %v", err)
			}
		})
		synctest.Wait()
		i.Down()
		following.Wait()
		i.Up()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := i.Follow(ctx, 3); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after its time: %v", err)
		}
		for p, wish := 1, i.Wish(); p <= 3; p++ {
			if !wish.Hears(p) {
				t.Errorf("the next connection will not hear partition %d", p)
			}
		}
	})
}

func TestAWishIsOneOnlyWhileSomebodyReceives(t *testing.T) {
	t.Parallel()
	i, _, _ := newIntake()
	i.Up()
	if err := i.Follow(t.Context(), 1); err == nil || errors.Is(err, link.ErrAway) {
		t.Errorf("follow without a receiver: %v", err)
	}
	if wish := i.Wish(); wish.Hears(1) || wish.Hears(relay.Control) {
		t.Error("something is to be heard for nobody")
	}
	i.Take(1, []byte("for nobody"))
	ctx, cancel := context.WithCancel(t.Context())
	var receiving sync.WaitGroup
	receiving.Go(func() {
		if err := i.Receive(ctx, func(m relay.Message) { t.Errorf("received %q", m.Body) }); err != nil {
			t.Error(err)
		}
	})
	// The receiver wakes whoever makes the wish come true, when it comes and goes.
	<-i.Wake()
	for wish := i.Wish(); !wish.Hears(1) || !wish.Hears(relay.Control); wish = i.Wish() {
		<-i.Wake()
	}
	cancel()
	receiving.Wait()
	if wish := i.Wish(); wish.Hears(1) {
		t.Error("something is to be heard after the receiver ended")
	}
}

func TestAQueueIsBoundedInMessagesAndInBytes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ size, fit int }{
		"messages": {1, 4096},
		"bytes":    {1 << 20, 64},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				i, log, reg := newIntake()
				release := make(chan struct{})
				received := 0
				receive(t, i, func(relay.Message) {
					<-release
					received++
				})
				body := make([]byte, c.size)
				i.Take(1, body) // which the receiver has taken
				synctest.Wait()
				for range c.fit + 3 {
					i.Take(1, body)
				}
				expectMetric(t, reg, "ticker_relay_engine_dropped_messages_total", 3)
				if n := strings.Count(log.String(), "\n"); n != 1 {
					t.Errorf("%d lines of log, want one:\n%s", n, log)
				}
				close(release)
				synctest.Wait()
				i.Take(1, body)
				synctest.Wait()
				if received != c.fit+2 {
					t.Errorf("%d messages were received, want %d", received, c.fit+2)
				}
			})
		})
	}
}

func TestWantsThatFindNoPlaceAreForgotten(t *testing.T) {
	t.Parallel()
	i, _, _ := newIntake()
	before := i.Wish()
	wanted := i.Wanted()
	after := i.Wish()
	if before.Wants || !after.Wants || after.Version <= before.Version {
		t.Error("asking for wants is no newer wish")
	}
	if i.Wanted(); i.Wish().Version != after.Version {
		t.Error("asking for them again is a newer wish")
	}
	for range 3 * relay.Partitions {
		i.Want(9)
	}
	if len(wanted) != relay.Partitions {
		t.Errorf("%d wants wait, want %d", len(wanted), relay.Partitions)
	}
}

func TestAConnectionIsMadeAgainWithinTwoSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		reg := prometheus.NewRegistry()
		ctx, cancel := context.WithCancel(t.Context())
		tries, last, longest := 0, time.Now(), time.Duration(0)
		keeper := link.Keeper{
			Log: slog.New(slog.NewTextHandler(&log, nil)), Metrics: link.NewMetrics(reg, "test"),
			Connect: func(ctx context.Context, up func()) error {
				longest = max(longest, time.Since(last))
				last = time.Now()
				tries++
				switch tries {
				case 50:
					up()
					expectMetric(t, reg, "ticker_relay_engine_connected", 1)
				case 100:
					cancel()
					return ctx.Err()
				}
				return errors.New("refused")
			},
		}
		began := time.Now()
		keeper.Run(ctx)
		if longest > 2*time.Second || tries != 100 {
			t.Errorf("%d tries, with up to %v between them", tries, longest)
		}
		expectMetric(t, reg, "ticker_relay_engine_connected", 0)
		expectMetric(t, reg, "ticker_relay_engine_connections_total", 1)
		if lines := strings.Count(log.String(), "is away"); lines > 1+int(time.Since(began)/(10*time.Second)) {
			t.Errorf("%d lines of log in %v", lines, time.Since(began))
		}
	})
}

func TestAKeeperEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		keeper := link.Keeper{
			Log: slog.New(slog.DiscardHandler), Metrics: link.NewMetrics(nil, "test"),
			Connect: func(context.Context, func()) error { return errors.New("refused") },
		}
		var running sync.WaitGroup
		running.Go(func() { keeper.Run(ctx) })
		time.Sleep(time.Minute)
		cancel()
		running.Wait()
	})
}

func TestAPrefixIsOneWordThatNoEngineGivesAMeaning(t *testing.T) {
	t.Parallel()
	for prefix, want := range map[string]bool{
		"ticker": true, "T-1_x": true, strings.Repeat("x", 32): true,
		"": false, strings.Repeat("x", 33): false, "a.b": false, "a:b": false, "a*": false, ">": false, "a b": false, "a\n": false, "ü": false,
	} {
		if link.ValidPrefix(prefix) != want {
			t.Errorf("%q is a prefix: %v", prefix, !want)
		}
	}
}

package server_test

import (
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ticker/server"
	"ticker/wire"
)

// gauge is a resource whose use the test sets.
type gauge struct{ bits atomic.Uint64 }

func (g *gauge) set(used float64) { g.bits.Store(math.Float64bits(used)) }

// look sets the use and waits until the server has looked.
func (g *gauge) look(used float64) {
	g.set(used)
	sleep(time.Second)
	synctest.Wait()
}

func (g *gauge) resource(name string) server.Resource {
	return server.Resource{Name: name, Used: func() float64 { return math.Float64frombits(g.bits.Load()) }}
}

func watching(resources ...server.Resource) change {
	return func(_ testing.TB, cfg *server.Config) { cfg.Resources = resources }
}

func TestWhileAResourceIsShortNewSessionsAreRefusedAndOldOnesLive(t *testing.T) {
	t.Parallel()
	var files, memory gauge
	inBubble(t, func(r *rig) {
		old := r.connect(wire.JSON)
		old.subscribe(20*ms, "A")
		for i, look := range []struct {
			used float64
			open bool
		}{{0.89, true}, {0.90, false}, {0.85, false}, {0.79, true}} {
			files.look(look.used)
			want, ready := http.StatusServiceUnavailable, http.StatusServiceUnavailable
			if look.open {
				want, ready = http.StatusSwitchingProtocols, http.StatusOK
			}
			_, shaken := r.shake()
			if shaken.status != want {
				t.Errorf("at %v: %+v", look.used, shaken)
			}
			if got := r.admin("/readyz"); got.status != ready {
				t.Errorf("at %v: readiness %+v", look.used, got)
			}
			if !look.open {
				r.expectOverloaded(shaken)
			}
			r.quote("A", int64(i+1))
			old.quotes()
		}
		memory.look(0.95)
		if got := r.admin("/readyz"); !strings.Contains(got.body, "overloaded: memory at 95 %") {
			t.Errorf("%s", got.body)
		}
		for name, want := range map[string]string{
			`ticker_pressure{resource="descriptors"}`: "0.79", `ticker_pressure{resource="memory"}`: "0.95",
			`ticker_refusals_total{reason="pressure"}`: "6", "ticker_sessions_shed_total": "0",
		} {
			if got := r.metric(name); got != want {
				t.Errorf("%s is %s, want %s", name, got, want)
			}
		}
	}, watching(files.resource("descriptors"), memory.resource("memory")))
}

// expectOverloaded expects that no way leads to a session, and that requests are
// answered as ever.
func (r *rig) expectOverloaded(shaken answer) {
	r.t.Helper()
	_, followed := r.follow("/v1/sse?symbols=A")
	for road, got := range map[string]answer{"WebSocket": shaken, "event stream": followed, "poll": r.get("/v1/poll?symbols=A&wait=0s")} {
		if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" || !strings.Contains(got.body, "overloaded") {
			r.t.Errorf("%s: %+v", road, got)
		}
	}
	if got := r.get("/v1/snapshot?symbols=A"); got.status != http.StatusOK {
		r.t.Errorf("a snapshot: %+v", got)
	}
}

func TestTheHeaviestSessionsAreShedAFewASecondAndOnlyAfterRefusing(t *testing.T) {
	t.Parallel()
	var files gauge
	var log logText
	inBubble(t, func(r *rig) {
		var clients []*raw // the later, the heavier
		for i := range 8 {
			c := r.connect(wire.JSON)
			symbols := make([]string, 2*i+1)
			for j := range symbols {
				symbols[j] = "S" + strconv.Itoa(j)
			}
			c.subscribe(20*ms, symbols...)
			clients = append(clients, c)
		}
		heavy := r.events("symbols=" + "S0,S1,S2,S3,S4,S5,S6,S7,S8,S9,S10,S11,S12,S13,S14,S15,S16,S17")
		files.look(1)
		for _, c := range clients {
			c.quiet(ms) // new ones are refused for a second before anybody suffers
		}
		files.look(1)
		for _, c := range clients[6:] {
			if got := c.closed(); got.code != wire.CloseOverloaded {
				t.Errorf("closed with %+v", got)
			}
		}
		heavy.end()
		files.look(0.5)
		for _, c := range clients[:6] {
			c.quiet(ms)
		}
		r.connect(wire.JSON)
		for name, want := range map[string]string{
			`ticker_session_closes_total{code="1013"}`: "3", "ticker_sessions_shed_total": "3",
		} {
			if got := r.metric(name); got != want {
				t.Errorf("%s is %s, want %s", name, got, want)
			}
		}
	}, watching(files.resource("descriptors")), func(_ testing.TB, cfg *server.Config) {
		cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
	})
	for _, want := range []string{"new sessions are refused", "closed=3 left=6", "new sessions are taken again"} {
		if strings.Count(log.String(), want) != 1 {
			t.Errorf("not once %q in\n%s", want, log.String())
		}
	}
}

func TestSheddingGoesOnUntilItHelps(t *testing.T) {
	t.Parallel()
	var memory gauge
	inBubble(t, func(r *rig) {
		for range 10 {
			r.connect(wire.JSON)
		}
		memory.look(0.99)
		for _, want := range []string{"3", "6", "9", "10", "10"} {
			memory.look(0.99)
			if got := r.metric("ticker_sessions_shed_total"); got != want {
				t.Errorf("%s shed, want %s", got, want)
			}
		}
	}, watching(memory.resource("memory")))
}

// eased is a resource of which less is used when quotes are sent less often.
func (g *gauge) eased(name string) server.Resource {
	r := g.resource(name)
	r.Eased = true
	return r
}

// lookOften is look, so many times.
func (g *gauge) lookOften(times int, used float64) {
	for range times {
		g.look(used)
	}
}

// quotesBehindHeartbeats is quotes for a client that was silent for long.
func (c *raw) quotesBehindHeartbeats() *wire.Quotes {
	c.t.Helper()
	for {
		switch m := c.next().(type) {
		case *wire.Quotes:
			return m
		case *wire.Heartbeat:
		default:
			c.t.Fatalf("%T %+v is no quotes event", m, m)
		}
	}
}

func TestForWantOfProcessorQuotesComeLessOftenBeforeAnybodyIsTurnedAway(t *testing.T) {
	t.Parallel()
	var processor gauge
	var log logText
	inBubble(t, func(r *rig) {
		c := r.connect(wire.JSON)
		c.subscribe(100*ms, "A")
		steps := []struct {
			looks          int
			used           float64
			widened        int
			ready, session int
		}{
			{1, 0, 1, http.StatusOK, http.StatusOK},
			{3, 1, 2, http.StatusOK, http.StatusOK},
			{3, 1, 4, http.StatusOK, http.StatusOK},
			{3, 1, 8, http.StatusOK, http.StatusOK},
			{3, 1, 8, http.StatusServiceUnavailable, http.StatusServiceUnavailable},
			{10, 0, 8, http.StatusOK, http.StatusOK},
			{30, 0, 1, http.StatusOK, http.StatusOK},
		}
		cents := int64(0)
		for _, step := range steps {
			processor.lookOften(step.looks, step.used)
			cents += 2
			r.quote("A", cents-1)
			first := c.quotesBehindHeartbeats()
			r.quote("A", cents)
			began := time.Now()
			second := c.quotes()
			if got := []int{max(first.Widened, 1), max(second.Widened, 1)}; got[0] != step.widened || got[1] != step.widened {
				t.Errorf("frames say that intervals are widened by %d, want %d", got, step.widened)
			}
			if got, want := time.Since(began), time.Duration(step.widened)*100*ms; got != want {
				t.Errorf("widened by %d: the next frame after %v, want %v", step.widened, got, want)
			}
			if got := r.admin("/readyz"); got.status != step.ready {
				t.Errorf("widened by %d: readiness %+v", step.widened, got)
			}
			if got := r.get("/v1/poll?symbols=A&wait=0s"); got.status != step.session {
				t.Errorf("widened by %d: a poll is answered %d", step.widened, got.status)
			}
			if got := r.metric("ticker_intervals_widened"); got != strconv.Itoa(step.widened) {
				t.Errorf("widened by %s, want %d", got, step.widened)
			}
		}
	}, watching(processor.eased("processor")), func(_ testing.TB, cfg *server.Config) {
		cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
	})
	for want, times := range map[string]int{
		"quotes less often\" resource=processor used=1 intervals_widened=8": 1, "quotes less often": 3, "quotes more often": 3,
		"new sessions are refused\" resource=processor used=1": 1, "new sessions are taken again": 1,
	} {
		if strings.Count(log.String(), want) != times {
			t.Errorf("not %d times %q in\n%s", times, want, log.String())
		}
	}
}

func TestWhatWiderIntervalsDoNotEaseWidensNone(t *testing.T) {
	t.Parallel()
	var files gauge
	inBubble(t, func(r *rig) {
		files.lookOften(20, 0.95)
		if got := r.metric("ticker_intervals_widened"); got != "1" {
			t.Errorf("widened by %s", got)
		}
	}, watching(files.resource("descriptors")))
}

func TestAPollWaitsForAWidenedInterval(t *testing.T) {
	t.Parallel()
	var processor gauge
	inBubble(t, func(r *rig) {
		r.quote("A", 1)
		first := r.poll("symbols=A")
		processor.lookOften(6, 1)
		r.quote("A", 2)
		if p := r.poll("symbols=A&interval=1s&wait=1m&cursor=" + first.Cursor); len(p.Records) != 1 || p.took != 4*time.Second {
			t.Errorf("%d records after %v, want one after 4s", len(p.Records), p.took)
		}
	}, watching(processor.eased("processor")))
}

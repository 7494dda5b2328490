package relay_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ticker/book"
	"ticker/relay"
	"ticker/relay/relaytest"
)

// log is an outlet that writes down what it is asked for.
type log struct {
	*relaytest.Node
	mu    sync.Mutex
	calls strings.Builder // K for Keep, S for Send
}

func (l *log) note(c byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls.WriteByte(c)
}

func (l *log) Keep(ctx context.Context, partition int, snapshot []byte) error {
	l.note('K')
	return l.Node.Keep(ctx, partition, snapshot)
}

func (l *log) Send(ctx context.Context, messages []relay.Message) error {
	l.note('S')
	return l.Node.Send(ctx, messages)
}

// taken returns the calls since it was called last.
func (l *log) taken() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.calls.Reset()
	return l.calls.String()
}

// leading runs a test beside a publisher.
func leading(t *testing.T, m *mandate, test func(leader *member, out *log, metrics *prometheus.Registry)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		leader := newMember(relaytest.New(), "leader", false)
		out, metrics := &log{Node: leader.node}, prometheus.NewRegistry()
		p, err := relay.NewPublisher(relay.PublisherConfig{
			Book: leader.book, Outlet: out, Places: leader.places, Mandate: m, Registerer: metrics,
		})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 300 {
			quote(leader.book, symbolOf(i), 1, 1, 1)
		}
		leader.run(t, p.Run)
		test(leader, out, metrics)
		leader.stop()
	})
}

func TestEverySnapshotIsKeptBeforeTheFirstTick(t *testing.T) {
	t.Parallel()
	m := &mandate{term: 1, ok: true}
	leading(t, m, func(_ *member, out *log, _ *prometheus.Registry) {
		begin := strings.Repeat("K", relay.Partitions) + "S"
		pass(60 * time.Millisecond)
		if got := out.taken(); !strings.HasPrefix(got, begin) {
			t.Errorf("a term begins with %s", got)
		}
		pass(2 * time.Second)
		out.taken()
		m.set(2, true)
		pass(60 * time.Millisecond)
		if got := out.taken(); !strings.Contains(got, begin) {
			t.Errorf("another term begins with %s", got)
		}
	})
}

func TestWithoutAMandateNothingIsSaidAndTheRoundsGoOnWithIt(t *testing.T) {
	t.Parallel()
	m := &mandate{term: 1, ok: true}
	leading(t, m, func(leader *member, out *log, metrics *prometheus.Registry) {
		pass(2 * time.Second)
		m.set(1, false)
		synctest.Wait()
		out.taken()
		quote(leader.book, symbolOf(0), 2, 0, 2)
		pass(10 * time.Second)
		if got := out.taken(); got != "" {
			t.Errorf("without a mandate the leader does %s", got)
		}
		m.set(1, true)
		pass(60 * time.Millisecond)
		if got := out.taken(); !strings.HasPrefix(got, "S") {
			t.Errorf("with it again the leader does %q", got)
		}
		if got := gauge(t, metrics, "ticker_relay_leading"); got != 1 {
			t.Errorf("ticker_relay_leading is %v", got)
		}
		m.set(1, false)
		leader.stop()
		if got := out.taken(); strings.Count(got, "S") > 1 || strings.Contains(got, "K") && len(got) > 20 {
			t.Errorf("at the end without a mandate the leader does %s", got)
		}
	})
}

// gauge returns the value of a metric without labels.
func gauge(t *testing.T, from prometheus.Gatherer, name string) float64 {
	t.Helper()
	families, err := from.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatalf("no metric %s", name)
	return 0
}

func TestSnapshotsOfWhatChangedAreSpreadOverASecond(t *testing.T) {
	t.Parallel()
	leading(t, &mandate{term: 1, ok: true}, func(leader *member, out *log, _ *prometheus.Registry) {
		pass(3 * time.Second)
		out.taken()
		pass(3 * time.Second)
		if got := out.taken(); strings.Contains(got, "K") {
			t.Errorf("nothing changed, and it does %s", got)
		}
		for i := range 300 {
			quote(leader.book, symbolOf(i), 2, 0, 2)
		}
		pass(1100 * time.Millisecond)
		got := out.taken()
		most := 0
		for _, round := range strings.Split(got, "S") {
			most = max(most, len(round))
		}
		if n := strings.Count(got, "K"); n < 100 || n > relay.Partitions || most > relay.Partitions/10 {
			t.Errorf("%d snapshots, %d of them in one round", n, most)
		}
	})
}

func TestAWantedSnapshotIsKeptAtOnceAndNotTooOften(t *testing.T) {
	t.Parallel()
	leading(t, &mandate{term: 1, ok: true}, func(leader *member, out *log, _ *prometheus.Registry) {
		pass(3 * time.Second)
		out.taken()
		for range 40 {
			if err := leader.node.Want(context.Background(), 7); err != nil {
				t.Fatal(err)
			}
			pass(50 * time.Millisecond)
		}
		if got := strings.Count(out.taken(), "K"); got < 8 || got > 10 {
			t.Errorf("wanted for 2s, it was kept %d times", got)
		}
	})
}

func TestTheLastWordsOfALeaderAreKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 0, false)
		for i := range lawSymbols {
			quote(c.leader.book, symbolOf(i), 1, 1, 1)
		}
		synctest.Wait()
		c.leader.stop() // before its first round
		edge := newMember(c.engine, "edge", false)
		c.edges = append(c.edges, edge)
		defer c.stop()
		c.follow(edge, relay.FollowerConfig{All: true})
		pass(time.Second)
		for symbol, q := range c.leader.records() {
			if cell := edge.book.Find(symbol); cell == nil || cell.Quote().Values != q.Values {
				t.Errorf("%s is not what the leader had", symbol)
			}
		}
	})
}

func TestConfigurationsThatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	m := newMember(relaytest.New(), "x", false)
	lead := func(context.Context, uint64) error { return nil }
	for name, err := range map[string]error{
		"no book":             second(relay.NewPublisher(relay.PublisherConfig{Outlet: m.node, Places: m.places, Mandate: &mandate{}})),
		"a negative time":     second(relay.NewPublisher(relay.PublisherConfig{Book: m.book, Outlet: m.node, Places: m.places, Mandate: &mandate{}, Every: -1})),
		"nothing to follow":   second(relay.NewFollower(relay.FollowerConfig{Book: m.book, Inlet: m.node, Places: m.places})),
		"no inlet":            second(relay.NewFollower(relay.FollowerConfig{Book: m.book, Places: m.places, All: true})),
		"a negative patience": second(relay.NewFollower(relay.FollowerConfig{Book: m.book, Inlet: m.node, Places: m.places, All: true, Patience: -1})),
		"no holder":           second(relay.NewCandidate(relay.CandidateConfig{Lease: m.node, Lead: lead})),
		"a lease too short":   second(relay.NewCandidate(relay.CandidateConfig{Lease: m.node, Holder: "x", Lead: lead, TTL: time.Second})),
		"a standby of some": second(relay.NewStandby(relay.StandbyConfig{
			Follower: relay.FollowerConfig{Book: m.book, Inlet: m.node, Places: m.places, Demand: &wishes{}},
		})),
		"a standby for nothing": second(relay.NewStandby(relay.StandbyConfig{
			Follower:  relay.FollowerConfig{Book: book.New(book.Config{}), Inlet: m.node, Places: m.places, All: true},
			Candidate: relay.CandidateConfig{Lease: m.node, Holder: "x"},
		})),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// campaign is a candidate that runs.
type campaign struct {
	*relay.Candidate
	leads chan uint64 // terms
	ended chan error
	stop  context.CancelFunc
	group sync.WaitGroup
}

func run(t *testing.T, n *relaytest.Node, holder string) *campaign {
	t.Helper()
	c := &campaign{leads: make(chan uint64, 1), ended: make(chan error, 1)}
	var err error
	c.Candidate, err = relay.NewCandidate(relay.CandidateConfig{
		Lease: n, Holder: holder, Lead: func(ctx context.Context, term uint64) error {
			c.leads <- term
			<-ctx.Done()
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	c.stop = stop
	c.group.Go(func() { c.ended <- c.Run(ctx) })
	return c
}

func TestOneLeadsAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := relaytest.New()
		nodes := []*relaytest.Node{e.Node("a"), e.Node("b")}
		a := run(t, nodes[0], "a")
		pass(time.Second)
		b := run(t, nodes[1], "b")
		valid := func(when string, wantA, wantB bool) {
			t.Helper()
			_, gotA := a.Valid()
			if _, gotB := b.Valid(); gotA != wantA || gotB != wantB {
				t.Errorf("%s: a leads %v, b leads %v", when, gotA, gotB)
			}
		}
		pass(time.Minute)
		valid("at first", true, false)
		e.Stop(true)
		pass(2600 * time.Millisecond)
		valid("without an engine for longer than a lease", false, false)
		pass(time.Minute)
		nodes[1].Cut(true)
		e.Stop(false)
		pass(2 * time.Second)
		valid("when nobody else took the lease", true, false)
		if term, _ := a.Valid(); term != 2 {
			t.Errorf("the term is %d, want another", term)
		}
		nodes[1].Cut(false)
		nodes[0].Cut(true)
		for range 60 {
			pass(100 * time.Millisecond)
			_, leadsA := a.Valid()
			if _, leadsB := b.Valid(); leadsA && leadsB {
				t.Fatal("two lead")
			}
		}
		valid("when b took it", false, true)
		nodes[0].Cut(false)
		if err := <-a.ended; !errors.Is(err, relay.ErrDeposed) {
			t.Errorf("a ended with %v", err)
		}
		b.stop()
		if err := <-b.ended; err != nil {
			t.Errorf("b ended with %v", err)
		}
		c := run(t, nodes[0], "c")
		if pass(10 * time.Millisecond); len(c.leads) != 1 {
			t.Error("a lease that was given back is not free at once")
		}
		c.stop()
		if err := <-c.ended; err != nil {
			t.Errorf("c ended with %v", err)
		}
	})
}

func TestALeaderWhoWasAbsentWhileAnotherLedIsDeposed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := relaytest.New()
		n := e.Node("a")
		a := run(t, n, "a")
		pass(time.Second)
		n.Cut(true)
		pass(5 * time.Second)
		other := e.Node("b")
		term, err := other.Acquire(t.Context(), "b", 0, time.Minute)
		if err == nil {
			err = other.Release(t.Context(), "b", term)
		}
		if err != nil {
			t.Fatal(err)
		}
		n.Cut(false)
		if err := <-a.ended; !errors.Is(err, relay.ErrDeposed) {
			t.Errorf("it ended with %v", err)
		}
		a.stop()
	})
}

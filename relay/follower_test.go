package relay_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/book"
	"ticker/market"
	"ticker/relay"
	"ticker/relay/relaytest"
)

// wishes is a Demand that the test sets.
type wishes struct {
	mu      sync.Mutex
	entries []string
	changed chan struct{}
}

func (w *wishes) Watched() ([]string, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.changed == nil {
		w.changed = make(chan struct{})
	}
	return w.entries, w.changed
}

func (w *wishes) set(entries ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.entries = entries
	if w.changed != nil {
		close(w.changed)
		w.changed = nil
	}
}

// inCluster runs a test with a leader and one edge that follows what is wished.
func inCluster(t *testing.T, cfg relay.FollowerConfig, test func(c *cluster, edge *member)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 0, false)
		defer c.stop()
		edge := newMember(c.engine, "edge", false)
		c.edges = append(c.edges, edge)
		for i := range lawSymbols {
			quote(c.leader.book, symbolOf(i), 1, 1, 1)
		}
		pass(time.Second)
		c.follow(edge, cfg)
		pass(time.Second)
		test(c, edge)
	})
}

func symbolsOf(b *book.Book, status market.Status) []market.Symbol {
	var all []market.Symbol
	for _, c := range b.Roster().From(0) {
		if c.Quote().Status == status {
			all = append(all, c.Symbol())
		}
	}
	slices.Sort(all)
	return all
}

func TestWhatIsWatchedIsFollowedAndForSomeTimeAfter(t *testing.T) {
	t.Parallel()
	w := &wishes{}
	inCluster(t, relay.FollowerConfig{Demand: w}, func(c *cluster, edge *member) {
		expect := func(when string, follows int, live, stale []market.Symbol) {
			t.Helper()
			pass(time.Second)
			if got := edge.node.Follows(); got != follows {
				t.Errorf("%s: %d partitions are followed, want %d", when, got, follows)
			}
			got := [][]market.Symbol{symbolsOf(edge.book, market.Live), symbolsOf(edge.book, market.Stale)}
			if diff := cmp.Diff([][]market.Symbol{live, stale}, got); diff != "" {
				t.Errorf("%s: live and stale (-want +got):\n%s", when, diff)
			}
		}
		one, all := []market.Symbol{symbolOf(0)}, []market.Symbol{symbolOf(0), symbolOf(1), symbolOf(2), symbolOf(3)}
		expect("nothing is watched", 0, nil, nil)
		w.set(string(symbolOf(0)))
		expect("a name is watched", 1, one, nil)
		w.set(string(symbolOf(0)), "SYM*")
		expect("a pattern is watched", relay.Partitions, all, nil)
		w.set()
		pass(27 * time.Second)
		expect("nobody watches for 28s", relay.Partitions, all, nil)
		pass(2 * time.Second)
		expect("nobody watches for 31s", 0, nil, all)
		w.set(string(symbolOf(0)))
		expect("the name is watched again", 1, one, all[1:])
	})
}

func TestReachReturnsWhenTheNewestIsThere(t *testing.T) {
	t.Parallel()
	inCluster(t, relay.FollowerConfig{Demand: &wishes{}}, func(c *cluster, edge *member) {
		quote(c.leader.book, symbolOf(1), 7, 0, 2)
		time.Sleep(60 * time.Millisecond) // it was sent, and is in no snapshot yet
		if err := edge.follower.Reach(c.t.Context(), []string{string(symbolOf(1))}); err != nil {
			t.Fatal(err)
		}
		if got := edge.book.Find(symbolOf(1)).Quote().Values[market.Bid].String(); got != "0.07" {
			t.Errorf("the bid is %s", got)
		}
		for range 5 { // whoever asks keeps it
			pass(20 * time.Second)
			if err := edge.follower.Reach(c.t.Context(), []string{string(symbolOf(1))}); err != nil {
				t.Fatal(err)
			}
			if got := edge.node.Follows(); got != 1 {
				t.Errorf("%d partitions are followed", got)
			}
		}
		c.engine.Stop(true)
		short, cancel := context.WithTimeout(c.t.Context(), time.Second)
		defer cancel()
		if err := edge.follower.Reach(short, []string{"*"}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("without an engine Reach returns %v", err)
		}
		edge.stop()
		if err := edge.follower.Reach(c.t.Context(), []string{"*"}); !errors.Is(err, relay.ErrEnded) {
			t.Errorf("after the end Reach returns %v", err)
		}
	})
}

func TestSilenceMakesEverythingStaleOnceAndATickEndsIt(t *testing.T) {
	t.Parallel()
	inCluster(t, relay.FollowerConfig{All: true}, func(c *cluster, edge *member) {
		before := edge.book.Find(symbolOf(0)).Quote()
		if err := edge.follower.Ready(); err != nil {
			t.Error(err)
		}
		c.engine.Stop(true)
		pass(1900 * time.Millisecond)
		if got := symbolsOf(edge.book, market.Stale); got != nil {
			t.Errorf("too early, %v are stale", got)
		}
		pass(10 * time.Second)
		stale := edge.book.Find(symbolOf(0)).Quote()
		if stale.Status != market.Stale || stale.Reason != market.Disconnected || stale.Seq != before.Seq+1 {
			t.Errorf("in silence the record is %+v", stale)
		}
		if err := edge.follower.Ready(); err == nil {
			t.Error("a node that hears nothing is ready")
		}
		c.engine.Stop(false)
		pass(time.Second)
		after := edge.book.Find(symbolOf(0)).Quote()
		before.Seq += 2
		if after != before {
			t.Errorf("after it the record is %+v, want %+v", after, before)
		}
		if diff := cmp.Diff(c.leader.records(), edge.records(), sameQuotes()); diff != "" {
			t.Errorf("(-leader +edge):\n%s", diff)
		}
	})
}

func TestWithoutALeaderWhatIsLoadedIsStale(t *testing.T) {
	t.Parallel()
	inCluster(t, relay.FollowerConfig{Demand: &wishes{}}, func(c *cluster, edge *member) {
		c.leader.stop()
		pass(10 * time.Second)
		if err := edge.follower.Reach(c.t.Context(), []string{"*"}); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		if got := symbolsOf(edge.book, market.Stale); len(got) != lawSymbols {
			t.Errorf("of what was loaded %v are stale", got)
		}
	})
}

// TestAnotherEpochIsNoContinuation has a leader begin anew, who knows less.
func TestAnotherEpochIsNoContinuation(t *testing.T) {
	t.Parallel()
	inCluster(t, relay.FollowerConfig{All: true}, func(c *cluster, edge *member) {
		was, seq := edge.places.Epoch(), edge.book.Find(symbolOf(0)).Seq()
		visitor := client{has: make(map[market.Symbol]market.Quote)}
		visitor.visit(edge)
		c.leader.stop()
		c.leader = newMember(c.engine, "another", false)
		c.mandate.set(2, true)
		c.lead()
		synctest.Wait()
		quote(c.leader.book, symbolOf(0), 9, 1, 9)
		pass(time.Second)
		if got := edge.places.Epoch(); got == was || got != c.leader.places.Epoch() {
			t.Errorf("the epoch went from %s to %s", was, got)
		}
		if got := symbolsOf(edge.book, market.Live); !slices.Equal(got, []market.Symbol{symbolOf(0)}) {
			t.Errorf("live are %v", got)
		}
		if got := edge.book.Find(symbolOf(0)).Quote(); got.Seq <= seq || got.Values[market.Bid].String() != "0.09" {
			t.Errorf("the record is %+v", got)
		}
		if got := edge.heard(symbolOf(0)); got.Trades != 1 {
			t.Errorf("%d trades were told of, want that of the new leader", got.Trades)
		}
		visitor.visit(edge)
		if diff := cmp.Diff(edge.records(), visitor.has, sameQuotes()); diff != "" {
			t.Errorf("the client (-edge +client):\n%s", diff)
		}
	})
}

func TestALostEngineIsHealedInTwoSeconds(t *testing.T) {
	t.Parallel()
	inCluster(t, relay.FollowerConfig{All: true}, func(c *cluster, edge *member) {
		c.engine.Stop(true)
		pass(time.Minute)
		for i := range 200 {
			quote(c.leader.book, symbolOf(i), 5, 2, 5)
		}
		pass(time.Second)
		c.engine.Forget()
		c.engine.Stop(false)
		pass(2 * time.Second)
		if diff := cmp.Diff(c.leader.records(), edge.records(), sameQuotes()); diff != "" {
			t.Errorf("(-leader +edge):\n%s", diff)
		}
		if edge.places.Outward(edge.book.AdvanceSafe()) == 0 {
			t.Error("there is no cursor")
		}
	})
}

// ender is an inlet that ends.
type ender struct{ *relaytest.Node }

func (ender) Receive(context.Context, func(relay.Message)) error { return relaytest.ErrAway }

func TestAnInletThatEndsEndsTheFollower(t *testing.T) {
	t.Parallel()
	m := newMember(relaytest.New(), "edge", false)
	f, err := relay.NewFollower(relay.FollowerConfig{Book: m.book, Inlet: ender{m.node}, Places: m.places, All: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Run(t.Context()); !errors.Is(err, relaytest.ErrAway) {
		t.Errorf("Run = %v", err)
	}
}

package deploy

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"ticker/client"
	"ticker/internal/proxytest"
)

func TestClientsOfAKilledNodeGoOnAtAnother(t *testing.T) {
	t.Parallel()
	overEach(t, func(t *testing.T, program proxytest.Program) {
		source, nodes := startEdges(t, "")
		source.publish(t, map[string]int{"A": 1, quiet: 1})
		all := balance(t, program, upstreams(nodes), nil).watchers(t, 20)
		expectAll(t, all, map[string]int{"A": 1, quiet: 1})
		for i, n := range nodes {
			if n.sessions(t, "websocket") == 0 {
				t.Errorf("node %d has no sessions", i)
			}
		}
		// With this record comes a cursor behind the quiet one.
		source.publish(t, map[string]int{"A": 2})
		expectAll(t, all, map[string]int{"A": 2, quiet: 1})
		nodes[0].Kill(t)
		source.publish(t, map[string]int{"A": 3, "B": 4})
		expectAll(t, all, map[string]int{"A": 3, "B": 4, quiet: 1})
		await(t, "a session for each client", func() bool { return sessionsOf(t, nodes[1:], "websocket") == 16 })
		expectQuietOnce(t, all)
	})
}

func TestClientsOutliveTheLossOfEveryNode(t *testing.T) {
	t.Parallel()
	overEach(t, func(t *testing.T, program proxytest.Program) {
		source, nodes := startEdges(t, "")
		all := balance(t, program, upstreams(nodes), nil).watchers(t, 10)
		for _, n := range nodes {
			n.Kill(t)
		}
		for i, w := range all {
			await(t, fmt.Sprintf("client %d is told that there is no service", i), func() bool { return w.refused.Load() > 0 || w.over.Load() })
		}
		nodes[2].Restart(t)
		source.publish(t, map[string]int{"A": 1})
		expectAll(t, all, map[string]int{"A": 1})
	})
}

func TestARollingRestartLosesNoClientAndNoState(t *testing.T) {
	t.Parallel()
	overEach(t, func(t *testing.T, program proxytest.Program) {
		source, nodes := startEdges(t, "")
		b := balance(t, program, upstreams(nodes), nil)
		all := b.watchers(t, 100)
		before := b.mustOpen(t).epoch
		ctx, stop := context.WithCancel(t.Context())
		var pouring errgroup.Group
		pouring.Go(func() error { return source.pour(ctx) })
		for _, n := range nodes {
			n.Restart(t)
		}
		stop()
		must(t, pouring.Wait())
		source.publish(t, last())
		expectAll(t, all, last())
		for i, w := range all {
			if w.way != client.Poll && w.Stats().Connections < 2 {
				t.Errorf("client %d never had to come back", i)
			}
		}
		if after := b.mustOpen(t).epoch; after != before {
			t.Errorf("the epoch is %s, and was %s", after, before)
		}
	})
}

func TestNewSessionsSeeNothingOfADrain(t *testing.T) {
	t.Parallel()
	overEach(t, func(t *testing.T, program proxytest.Program) {
		_, nodes := startEdges(t, "")
		b := balance(t, program, upstreams(nodes), nil)
		b.watchers(t, 60) // so that a drain takes its time
		var drained atomic.Bool
		var during, after atomic.Int32
		var opening errgroup.Group
		for i := range 2 {
			opening.Go(func() error {
				for after.Load() < 20 {
					count := &during
					if drained.Load() {
						count = &after
					}
					s, err := b.open(t.Context(), nil, from(100+i))
					if err != nil {
						return err
					}
					count.Add(1)
					if err := s.Close(); err != nil {
						return fmt.Errorf("close session: %w", err)
					}
				}
				return nil
			})
		}
		await(t, "new sessions", func() bool { return during.Load() > 20 })
		nodes[0].Stop(t)
		drained.Store(true)
		if err := opening.Wait(); err != nil {
			t.Errorf("after %d sessions in a drain and %d after it: %v", during.Load(), after.Load(), err)
		}
	})
}

// settled opens a session at each node, and returns a cursor behind what they show: A,
// which is 1, and B, which is 3.
func (b *balancer) settled(t *testing.T, source *node, nodes []*node) (cursor string) {
	t.Helper()
	source.publish(t, map[string]int{"A": 1, "B": 1})
	var sessions []*session
	for range nodes {
		s := b.mustOpen(t)
		s.subscribe(t, "", "A", "B")
		s.until(t, map[string]int{"A": 1, "B": 1})
		sessions = append(sessions, s)
	}
	for i, n := range nodes {
		if got := n.sessions(t, "websocket"); got != 1 {
			t.Fatalf("node %d has %d sessions, want one", i, got)
		}
	}
	// A node that has just begun with a symbol has no cursor until the next tick.
	for bid := 2; bid <= 3; bid++ {
		source.publish(t, map[string]int{"B": bid})
		for _, s := range sessions {
			cursor = s.until(t, map[string]int{"A": 1, "B": bid})
		}
	}
	for _, s := range sessions {
		if s.epoch != sessions[0].epoch {
			t.Errorf("nodes are in the epochs %s and %s", s.epoch, sessions[0].epoch)
		}
	}
	return cursor
}

func TestACursorIsGoodOnEveryNode(t *testing.T) {
	t.Parallel()
	overEach(t, func(t *testing.T, program proxytest.Program) {
		source, nodes := startEdges(t, "")
		b := balance(t, program, upstreams(nodes), nil)
		cursor := b.settled(t, source, nodes)
		source.publish(t, map[string]int{"B": 4})
		for range nodes {
			s := b.mustOpen(t)
			s.subscribe(t, cursor, "A", "B")
			s.until(t, map[string]int{"B": 4})
		}
		for i, n := range nodes {
			if got := n.sessions(t, "websocket"); got != 2 {
				t.Errorf("node %d has %d sessions, want two", i, got)
			}
		}
	})
}

func TestPollsOfOneClientMayGoToAnyNode(t *testing.T) {
	t.Parallel()
	overEach(t, func(t *testing.T, program proxytest.Program) {
		source, nodes := startEdges(t, "")
		b := balance(t, program, upstreams(nodes), nil)
		cursor, bid := b.settled(t, source, nodes), 3
		for range 12 {
			source.publish(t, map[string]int{"B": bid + 1})
			for shown := bid; shown <= bid; {
				var got map[string]int
				got, cursor = b.poll(t, cursor)
				// A cursor may be a little older than the records that it came with.
				if shown = got["B"]; len(got) != 1 || shown < bid {
					t.Fatalf("a poll brings %v, and B was %d before", got, bid)
				}
			}
			bid++
		}
		expectPollsOfAll(t, nodes)
	})
}

// poll asks for what A and B became since a cursor, on a connection of its own.
func (b *balancer) poll(t *testing.T, since string) (got map[string]int, cursor string) {
	t.Helper()
	code, text, err := request(t.Context(), b.client(t, false), http.MethodGet,
		b.url()+"/v1/poll?wait=60s&symbols=A,B&cursor="+url.QueryEscape(since), "")
	must(t, err)
	var answer struct {
		Cursor string
		Quotes []quote
	}
	if code != http.StatusOK || json.Unmarshal([]byte(text), &answer) != nil {
		t.Fatalf("a poll is answered %d %s", code, text)
	}
	got = make(map[string]int)
	for _, q := range answer.Quotes {
		got[q.Symbol] = q.Bid
	}
	return got, answer.Cursor
}

func expectPollsOfAll(t *testing.T, nodes []*node) {
	t.Helper()
	for i, n := range nodes {
		if n.metric(t, `ticker_delivered_frames_total{transport="poll"}`) == 0 {
			t.Errorf("node %d had no polls", i)
		}
	}
}

func TestAClientThatPollsNeedsNoNodeOfItsOwn(t *testing.T) {
	t.Parallel()
	overEach(t, func(t *testing.T, program proxytest.Program) {
		source, nodes := startEdges(t, "")
		b := balance(t, program, upstreams(nodes), nil)
		// The sessions have every node follow what the polls ask for.
		all := b.watchersBy(t, client.WebSocket, client.WebSocket, client.WebSocket, client.Poll, client.Poll)
		state := map[string]int{"A": 0, quiet: 1}
		source.publish(t, state)
		expectAll(t, all, state)
		for bid := range 12 {
			source.publish(t, map[string]int{"A": bid})
			state["A"] = bid
			expectAll(t, all, maps.Clone(state))
		}
		expectPollsOfAll(t, nodes)
		expectQuietOnce(t, all)
		for i, w := range all {
			if n := w.Stats().Connections; n != 1 {
				t.Errorf("client %d (%s) made %d connections", i, w.way, n)
			}
		}
	})
}

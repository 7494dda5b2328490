package server_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ticker/auth"
	"ticker/server"
	"ticker/wire"
)

func TestAStrangerMayOnlyPingAndIsClosedAfterFiveSeconds(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.quote("A", 1)
		c := r.stranger()
		start := time.Now()
		for _, body := range []wire.Body{
			&wire.Subscribe{Symbols: []string{"A"}}, &wire.Unsubscribe{Symbols: []string{"A"}}, &wire.Configure{},
			&wire.Publish{Quotes: [][]byte{[]byte(`{"symbol":"A","bid":1}`)}},
			&wire.SnapshotQuery{Symbols: []string{"A"}}, &wire.SnapshotQuery{Symbols: []string{"A"}, At: 1},
			&wire.HistoryQuery{Span: wire.Span{Symbol: "A"}}, &wire.CandlesQuery{Span: wire.Span{Symbol: "A"}},
			&wire.SymbolsQuery{}, &wire.SessionQuery{},
		} {
			c.ask("1", body)
			if e := c.refusal(); e.Code != wire.CodeUnauthorized || e.ID != "1" {
				t.Errorf("%s: %+v", body.Verb(), e)
			}
		}
		c.ask("2", &wire.Ping{})
		if m, ok := c.next().(*wire.Pong); !ok {
			t.Errorf("%+v instead of a pong", m)
		}
		if got := c.closed(); got.code != wire.CloseUnauthorized || time.Since(start) != 5*time.Second {
			t.Errorf("closed with %+v after %v", got, time.Since(start))
		}
	}, guarded, withHistory(&archive{}), withPush(true))
}

func TestMessagesOfAStrangerAreShort(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		message := func(bytes int) string {
			const ping = `{"type":"ping","id":"1"}`
			return ping + strings.Repeat(" ", bytes-len(ping))
		}
		c := r.stranger()
		c.send(message(4 << 10))
		if m, ok := c.next().(*wire.Pong); !ok {
			t.Errorf("%+v instead of a pong", m)
		}
		c.identify(reading(t))
		c.send(message(64 << 10))
		if m, ok := c.next().(*wire.Pong); !ok {
			t.Errorf("%+v instead of a pong", m)
		}
		for name, bytes := range map[string][]byte{
			"a message": frame(text, message(4<<10+1)),
			"fragments": join(frame(textBegins, message(4<<10)), frame(continuesLast, " ")),
		} {
			c = r.stranger()
			c.write(bytes)
			if got := c.closed(); got.code != wire.CloseTooLarge {
				t.Errorf("%s: closed with %+v", name, got)
			}
		}
	}, guarded)
}

func TestAStrangerHasThreeTries(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		c := r.stranger()
		c.refused("x", wire.CodeUnauthorized)
		c.refused("y", wire.CodeUnauthorized)
		c.identify(reading(t, "A"))
		sleep(10 * time.Second) // the five seconds are over, and mean nothing any more
		c.subscribe(20*ms, "A")

		c = r.stranger()
		start := time.Now()
		for range 3 {
			c.refused("x", wire.CodeUnauthorized)
		}
		if got := c.closed(); got.code != wire.CloseUnauthorized || time.Since(start) > time.Second {
			t.Errorf("closed with %+v after %v", got, time.Since(start))
		}
	}, guarded)
}

func TestABadCredentialLeavesAGrantAsItIs(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.quote("A", 1)
		c := r.shakeAs(reading(t, "A"))
		for range 10 {
			c.refused("x", wire.CodeUnauthorized)
			c.refused(lasting(t, -time.Second), wire.CodeUnauthorized)
		}
		if got := c.subscribe(20*ms, "A", "B"); len(got.Subscribed) != 1 {
			t.Errorf("%+v", got)
		}
		c.quotes()
	}, guarded)
}

// patient lets clients be silent for long.
func patient(_ testing.TB, cfg *server.Config) { cfg.Limits.Stall = 1000 * time.Hour }

// leeway is by how much clocks may differ from those of whoever makes tokens.
const leeway = 30 * time.Second

// lasting makes a token by which a session may last for a time, though its own end comes
// before that.
func lasting(t *testing.T, d time.Duration, symbols ...string) string {
	t.Helper()
	return mint(t, auth.Claims{Expires: time.Now().Add(d - leeway), Rights: auth.Rights{Symbols: symbols}})
}

// untilExpiring passes over heartbeats up to the notice that a credential ends.
func (c *raw) untilExpiring() *wire.Expiring {
	c.t.Helper()
	for {
		m, err := c.try()
		if err != nil {
			c.t.Fatal(err)
		}
		if e, ok := m.(*wire.Expiring); ok {
			return e
		}
	}
}

func TestASessionEndsWithItsCredentialAfterAWarning(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ good, notice time.Duration }{
		{10 * time.Minute, 30 * time.Second},
		{40 * time.Second, 10 * time.Second},
	} {
		inBubble(t, func(r *rig) {
			start := time.Now()
			over := r.shakeAs(lasting(t, c.good))
			command := r.stranger()
			command.identify(lasting(t, c.good))
			for _, session := range []*raw{over, command} {
				session.wait(time.Hour)
				if got := session.untilExpiring(); got.In != c.notice || time.Since(start) != c.good-c.notice {
					t.Errorf("%+v after %v, want %v", got, time.Since(start), c.good-c.notice)
				}
			}
			for _, session := range []*raw{over, command} {
				if got := session.closedWithin(time.Hour); got.code != wire.CloseTokenExpired {
					t.Errorf("closed with %+v", got)
				}
			}
			if time.Since(start) != c.good {
				t.Errorf("closed after %v, want %v", time.Since(start), c.good)
			}
			sleep(2 * time.Second)
			if got := r.metric(`ticker_session_closes_total{code="4001"}`); got != "2" {
				t.Errorf("%s sessions expired", got)
			}
		}, guarded, patient)
	}
}

func TestAFreshCredentialKeepsASession(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		c := r.shakeAs(lasting(t, time.Minute))
		c.subscribe(20*ms, "A")
		for range 5 {
			c.wait(time.Hour)
			c.untilExpiring()
			c.identify(lasting(t, time.Minute))
		}
		r.quote("A", 1)
		if got := bids(c.quotes()); len(got) != 1 {
			t.Error(got)
		}
		c.identify(mint(t, auth.Claims{Expires: time.Now().Add(1000 * time.Hour)}))
		sleep(100 * time.Hour)
		c.ask("1", &wire.Ping{})
		for {
			m := c.next()
			if _, ok := m.(*wire.Pong); ok {
				return
			}
			if _, ok := m.(*wire.Heartbeat); !ok {
				t.Fatalf("%T %+v", m, m)
			}
		}
	}, guarded, patient)
}

func TestAnEventStreamSaysThatItsCredentialEnds(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		start := time.Now()
		s, got := r.follow("/v1/sse?symbols=A", bearer(lasting(t, 2*time.Minute))...)
		if s == nil {
			t.Fatalf("%+v", got)
		}
		if got := s.until("expiring"); !strings.Contains(got, `"in":"30s"`) || time.Since(start) != 90*time.Second {
			t.Errorf("%s after %v", got, time.Since(start))
		}
		s.until("expired")
		if name, _ := s.next(); name != "" || time.Since(start) != 2*time.Minute {
			t.Errorf("%q after %v instead of the end", name, time.Since(start))
		}
	}, guarded)
}

func TestAPollIsAnsweredWhenItsCredentialEnds(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		start := time.Now()
		got := r.get("/v1/poll?symbols=A&wait=1m", bearer(lasting(t, 10*time.Second))...)
		if got.status != http.StatusNoContent || time.Since(start) != 10*time.Second {
			t.Errorf("%+v after %v", got, time.Since(start))
		}
	}, guarded)
}

func TestRightsThatShrinkTakeSymbolsAwayAndSaySo(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		for _, symbol := range roadSymbols() {
			r.quote(symbol, 1)
		}
		c := r.shakeAs(reading(t, "A*", "B*", "C*"))
		c.subscribe(20*ms, "A1", "A2", "B*", "*")
		c.quotes()
		c.identify(reading(t, "A1"))
		removed, ok := c.next().(*wire.Removed)
		if !ok {
			t.Fatal("no event tells what was removed")
		}
		want := &wire.Removed{Symbols: []string{"A2", "B*"}, Code: wire.CodeForbidden}
		if diff := cmp.Diff(want, removed, cmpopts.SortSlices(strings.Compare)); diff != "" {
			t.Error(diff)
		}
		for _, symbol := range roadSymbols() {
			r.quote(symbol, 2)
		}
		if diff := cmp.Diff([]string{"A1=0.02"}, bids(c.quotes())); diff != "" {
			t.Error(diff)
		}
		c.identify(reading(t)) // all; what is subscribed still is the name and the star
		if got := bids(c.quotes()); len(got) != len(roadSymbols())-1 {
			t.Errorf("with more rights: %v", got)
		}
	}, guarded)
}

func TestRevokedSessionsEnd(t *testing.T) {
	t.Parallel()
	d := newDoorman(t)
	inBubble(t, func(r *rig) {
		bad := mint(t, auth.Claims{Subject: "bad"})
		c, other := r.shakeAs(bad), r.shakeAs(mint(t, auth.Claims{Subject: "good"}))
		s, _ := r.follow("/v1/sse?symbols=A", bearer(bad)...)
		d.revoke("bad")
		start := time.Now()
		if got := c.closed(); got.code != wire.CloseUnauthorized || time.Since(start) > 5*time.Second {
			t.Errorf("closed with %+v after %v", got, time.Since(start))
		}
		for name := "x"; name != ""; name, _ = s.next() {
		}
		other.subscribe(20*ms, "A")
		sleep(2 * time.Second) // the client of the stream does not close it
		if got := r.metric(`ticker_session_closes_total{code="4101"}`); got != "2" {
			t.Errorf("%s sessions were closed", got)
		}
	}, guardedBy(d))
}

func TestSessionsOfASubjectAreBounded(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.quote("A", 1)
		two := mint(t, auth.Claims{Subject: "two", Rights: auth.Rights{Sessions: 2}})
		c := r.shakeAs(two)
		s, _ := r.follow("/v1/sse?symbols=A", bearer(two)...)
		s.until("quotes")
		c.identify(two) // which is no other session

		crowded := func(got answer) {
			t.Helper()
			if p := got.problem(t); p.Code != wire.CodeRateLimited || p.Status != http.StatusTooManyRequests || got.header.Get("Retry-After") == "" {
				t.Errorf("%+v", got)
			}
		}
		_, got := r.shake(bearer(two)...)
		crowded(got)
		_, got = r.follow("/v1/sse?symbols=A", bearer(two)...)
		crowded(got)
		crowded(r.get("/v1/poll?symbols=A&wait=0s", bearer(two)...))
		late := r.stranger()
		late.refused(two, wire.CodeRateLimited)
		if got := late.closed(); got.code != wire.CloseOverloaded {
			t.Errorf("closed with %+v", got)
		}
		if got := r.get("/v1/snapshot?symbols=A", bearer(two)...); got.status != http.StatusOK {
			t.Errorf("a request is no session: %+v", got)
		}
		other := r.shakeAs(mint(t, auth.Claims{Subject: "other"}))
		other.refused(two, wire.CodeRateLimited)
		other.subscribe(20*ms, "A") // under the grant that it has
		other.quotes()

		if err := c.conn.Close(); err != nil {
			t.Fatal(err)
		}
		sleep(5 * time.Second)
		other.identify(two)
		r.shakeAs(mint(t, auth.Claims{Subject: "other", Rights: auth.Rights{Sessions: 1}}))
		crowded(r.get("/v1/poll?symbols=A&wait=0s", bearer(two)...))
	}, guarded)
}

func TestASessionIsToldAndHeldToTheLimitsOfItsGrant(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		token := mint(t, auth.Claims{Rights: auth.Rights{Interval: time.Second, MaxSymbols: 2}})
		c, _ := r.shake(bearer(token)...)
		w := asWelcome(c.next())
		if w == nil || w.Limits.Symbols != 2 || w.Interval.Min != time.Second || w.Interval.Default != time.Second || w.Interval.Max != time.Minute {
			t.Errorf("%+v", w)
		}
		if got := c.subscribe(20*ms, "A", "B"); got.Interval != time.Second {
			t.Errorf("%+v", got)
		}
		c.ask("1", &wire.Subscribe{Symbols: []string{"C"}})
		if e := c.refusal(); e.Code != wire.CodeTooManySymbols || !strings.Contains(e.Message, "2 names") {
			t.Errorf("%+v", e)
		}
		for _, target := range []string{"/v1/snapshot?symbols=A,B,C", "/v1/sse?symbols=A,B,C", "/v1/poll?symbols=A,B,C&wait=0s"} {
			if p := r.askRoad(target, bearer(token)...).problem(t); p.Code != wire.CodeTooManySymbols {
				t.Errorf("%s: %+v", target, p)
			}
		}
		r.quote("A", 1)
		got := r.get("/v1/poll?symbols=A", bearer(token)...)
		start := time.Now()
		r.quote("A", 2)
		again := r.get("/v1/poll?interval=20ms&symbols=A&cursor="+got.header.Get("Ticker-Cursor"), bearer(token)...)
		if again.status != http.StatusOK || time.Since(start) != time.Second {
			t.Errorf("%+v after %v", again, time.Since(start))
		}
	}, guarded)
}

package server_test

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"ticker/auth"
	"ticker/server"
	"ticker/wire"
)

// perSecond bounds the requests of a client: so many a second, and twice that at once.
func perSecond(requests int) change {
	return func(_ testing.TB, cfg *server.Config) { cfg.Limits.RequestsPerSecond = requests }
}

// expectTooMany expects the answer to a request beyond a rate, and returns after how long
// the client may come back.
func expectTooMany(t *testing.T, got answer) time.Duration {
	t.Helper()
	p := got.problem(t)
	seconds, err := strconv.Atoi(got.header.Get("Retry-After"))
	if p.Status != http.StatusTooManyRequests || p.Code != wire.CodeRateLimited || err != nil || seconds < 2 {
		t.Errorf("%+v", got)
	}
	return time.Duration(seconds) * time.Second
}

// readRoads are the requests that count.
func readRoads() map[string]string {
	all := roads("A")
	all["symbols"] = "/v1/symbols"
	all["a mistake"] = "/v1/snapshot?symbols=a"
	all["a poll with a mistake"] = "/v1/poll?symbols=a"
	all["a poll from elsewhere"] = "/v1/poll?symbols=A&wait=1m&cursor=elsewhere"
	return all
}

func TestRequestsOfACredentialAreBoundedOnEveryRoad(t *testing.T) {
	t.Parallel()
	for road, target := range readRoads() {
		inBubble(t, func(r *rig) {
			r.quote("A", 1)
			desk := bearer(mint(t, auth.Claims{Subject: "desk", Rights: auth.Rights{Publish: []string{"*"}}}))
			for range 4 {
				if got := r.askRoad(target, desk...); got.status == http.StatusTooManyRequests {
					t.Fatalf("%s: %+v", road, got)
				}
			}
			expectTooMany(t, r.askRoad(target, desk...))
			expectTooMany(t, r.get("/v1/symbols", desk...)) // it is one bucket for all roads
			if got := r.get("/v1/symbols", bearer(mint(t, auth.Claims{Subject: "other"}))...); got.status != http.StatusOK {
				t.Errorf("%s, somebody else: %+v", road, got)
			}
			if got := r.request(http.MethodPost, "/v1/quotes", `{"symbol":"A","bid":1}`, desk...); got.status != http.StatusOK {
				t.Errorf("%s, publishing: %+v", road, got)
			}
			if got := r.metric(`ticker_refusals_total{reason="request_rate"}`); got != "2" {
				t.Errorf("%s: %s were refused", road, got)
			}
			sleep(time.Second)
			for range 2 {
				r.get("/v1/symbols", desk...)
			}
			expectTooMany(t, r.get("/v1/symbols", desk...))
		}, guarded, withHistory(&archive{}), withPush(true), perSecond(2))
	}
}

func TestWithoutCredentialsRequestsAreBoundedByAddress(t *testing.T) {
	t.Parallel()
	onStreet(t, func(r *rig, from func(string) *rig) {
		for one, same := range map[string]string{"203.0.113.9": "203.0.113.9", "2001:db8::1": "2001:db8::2"} {
			for range 4 {
				if got := from(one).get("/v1/symbols"); got.status != http.StatusOK {
					t.Errorf("%s: %+v", one, got)
				}
			}
			expectTooMany(t, from(same).get("/v1/symbols"))
		}
		for _, other := range []string{"203.0.113.10", "2001:db8:0:1::1"} {
			if got := from(other).get("/v1/symbols"); got.status != http.StatusOK {
				t.Errorf("%s: %+v", other, got)
			}
		}
		for range 50 {
			if got := from("127.0.0.1").get("/v1/symbols"); got.status != http.StatusOK {
				t.Errorf("a program of this machine: %+v", got)
			}
		}
	}, perSecond(2))
}

func TestAPollThatKeepsToItsIntervalIsNoRequest(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.quote("A", 0)
		token := bearer(reading(t))
		got := r.get("/v1/poll?symbols=A", token...)
		for i := range 100 {
			r.quote("A", int64(i))
			got = r.get("/v1/poll?symbols=A&interval=20ms&wait=20ms&cursor="+got.header.Get("Ticker-Cursor"), token...)
			if got.status != http.StatusOK {
				t.Fatalf("poll %d: %+v", i, got)
			}
		}
		hasty := "/v1/poll?symbols=A&interval=20ms&wait=19ms&cursor=" + got.header.Get("Ticker-Cursor")
		for range 3 {
			got = r.get(hasty, token...)
		}
		expectTooMany(t, got)
	}, guarded, perSecond(1))
}

// The looks of a client whose credential has an interval: as many as it has commands at
// once, and one an interval.
const (
	lookInterval = 10 * time.Second
	lookBurst    = 5
)

func fewLooks(_ testing.TB, cfg *server.Config) { cfg.Limits.CommandBurst = lookBurst }

// slowly makes the header of a credential that may look once an interval.
func slowly(t *testing.T, symbols ...string) []string {
	t.Helper()
	return bearer(mint(t, auth.Claims{Rights: auth.Rights{Interval: lookInterval, Symbols: symbols}}))
}

// hear returns what a session is sent until nothing comes for a while.
func (c *raw) hear() string {
	var heard strings.Builder
	for {
		c.wait(ms)
		_, payload, err := c.readFrame()
		if err != nil {
			return heard.String()
		}
		heard.Write(payload)
	}
}

// glances are the ways to the newest of a symbol for who asks again and again. Each
// returns what asks once more.
func glances(t *testing.T, r *rig) map[string]func() string {
	t.Helper()
	token := slowly(t)
	from := func(wait string) func() string {
		cursor := ""
		return func() string {
			got := r.get("/v1/poll?symbols=A&wait="+wait+"&cursor="+cursor, token...)
			if next := got.header.Get("Ticker-Cursor"); next != "" {
				cursor = next
			}
			return got.body
		}
	}
	session := func(bodies ...wire.Body) func() string {
		c := r.shakeAs(strings.TrimPrefix(token[1], "Bearer "))
		return func() string {
			for _, body := range bodies {
				c.ask("1", body)
			}
			return c.hear()
		}
	}
	subscribe := &wire.Subscribe{Symbols: []string{"A"}}
	return map[string]func() string{
		"snapshots":        func() string { return r.get("/v1/snapshot?symbols=A", token...).body },
		"polls":            func() string { return r.get("/v1/poll?symbols=A", token...).body },
		"polls on and on":  from("0s"),
		"polls that wait":  from("300ms"),
		"snapshot queries": session(&wire.SnapshotQuery{Symbols: []string{"A"}}),
		"subscribes":       session(subscribe, &wire.Unsubscribe{Symbols: []string{"A"}}),
		"sessions":         func() string { return session(subscribe)() },
		"event streams":    func() string { return r.glanceAtEvents(t, token) },
		"rights that change": func() func() string {
			c := r.shakeAs(strings.TrimPrefix(slowly(t, "B")[1], "Bearer "))
			c.ask("1", &wire.Subscribe{Symbols: []string{"*"}})
			return func() string {
				for _, symbols := range []string{"A", "B"} {
					c.ask("2", &wire.Auth{Token: strings.TrimPrefix(slowly(t, symbols)[1], "Bearer ")})
				}
				return c.hear()
			}
		}(),
	}
}

// glanceAtEvents opens an event stream for its first records.
func (r *rig) glanceAtEvents(t *testing.T, headers []string) string {
	t.Helper()
	s, _ := r.follow("/v1/sse?symbols=A", headers...)
	if s == nil {
		return ""
	}
	defer func() { _ = s.resp.Body.Close() }()
	return s.until("quotes")
}

// sequences returns the sequences of A that stand somewhere.
func sequences(text string) (found []string) {
	for _, m := range regexp.MustCompile(`"symbol":"A","seq":(\d+)`).FindAllStringSubmatch(text, -1) {
		found = append(found, m[1])
	}
	return found
}

func TestACredentialSeesTheNewestNoMoreOftenThanItsIntervalOnAnyRoad(t *testing.T) {
	t.Parallel()
	const span = 10 * lookInterval
	for _, road := range []string{
		"snapshots", "polls", "polls on and on", "polls that wait", "snapshot queries", "subscribes", "sessions",
		"event streams", "rights that change", "all of them",
	} {
		inBubble(t, func(r *rig) {
			ways := glances(t, r)
			seen := make(map[string]bool)
			for start := time.Now(); time.Since(start) < span; sleep(250 * ms) {
				for name, glance := range ways {
					if name != road && road != "all of them" {
						continue
					}
					r.quote("A", 1)
					for _, seq := range sequences(glance()) {
						seen[seq] = true
					}
				}
			}
			// What a session that stays subscribed is sent in each interval comes on top.
			least, most := lookBurst, lookBurst+11
			switch road {
			case "rights that change", "sessions":
				most += 11
			case "all of them":
				most += 4 * 11
			}
			if len(seen) < least || len(seen) > most {
				t.Errorf("%s: %d were seen in %v, want %d to %d", road, len(seen), span, least, most)
			}
		}, guarded, fewLooks)
	}
}

func TestWhoMayNotLookYetIsToldWhenAndByWhatReason(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.quote("A", 1)
		token := slowly(t)
		c := r.shakeAs(strings.TrimPrefix(token[1], "Bearer "))
		for range lookBurst {
			c.ask("1", &wire.SnapshotQuery{Symbols: []string{"A"}})
			c.result("1", &wire.QuoteList{})
		}
		sleep(time.Second) // for the rate of messages
		for _, body := range []wire.Body{&wire.SnapshotQuery{Symbols: []string{"A"}}, &wire.Subscribe{Symbols: []string{"A"}}} {
			c.ask("2", body)
			if e := c.refusal(); e.Code != wire.CodeRateLimited || e.ID != "2" || !strings.Contains(e.Message, "interval") {
				t.Errorf("%s: %+v", body.Verb(), e)
			}
		}
		for _, target := range []string{"/v1/snapshot?symbols=A", "/v1/poll?symbols=A", "/v1/sse?symbols=A"} {
			if wait := expectTooMany(t, r.askRoad(target, token...)); wait < lookInterval-time.Second {
				t.Errorf("%s: to be asked again after %v", target, wait)
			}
		}
		if got := r.metric(`ticker_refusals_total{reason="interval"}`); got != "5" {
			t.Errorf("%s were refused", got)
		}
		// What is no look at the newest goes on, and so does who has no interval.
		if got := r.get("/v1/symbols", token...); got.status != http.StatusOK {
			t.Errorf("symbols: %+v", got)
		}
		if got := r.get("/v1/snapshot?at=1&symbols=A", token...); got.status != http.StatusOK {
			t.Errorf("the past: %+v", got)
		}
		other := mint(t, auth.Claims{Rights: auth.Rights{Interval: 20 * ms}})
		for range 2 * lookBurst {
			if got := r.get("/v1/snapshot?symbols=A", bearer(other)...); got.status != http.StatusOK {
				t.Errorf("an interval that is that of the rate: %+v", got)
			}
		}
		sleep(lookInterval)
		if got := r.get("/v1/snapshot?symbols=A", token...); got.status != http.StatusOK {
			t.Errorf("an interval later: %+v", got)
		}
	}, guarded, fewLooks, withHistory(&archive{}))
}

func TestAFreshCredentialForTheSameSymbolsIsNoLook(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		c := r.shakeAs(strings.TrimPrefix(slowly(t, "A", "B")[1], "Bearer "))
		for range 4 * lookBurst {
			c.identify(strings.TrimPrefix(slowly(t, "B", "A")[1], "Bearer "))
			sleep(100 * ms)
		}
		r.quote("A", 1)
		if got := c.subscribe(20*ms, "A"); len(got.Subscribed) != 1 {
			t.Errorf("%+v", got)
		}
	}, guarded, fewLooks)
}

func TestAPollThatMayNotLookYetLosesNothing(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.quote("A", 0)
		token := slowly(t)
		got := r.get("/v1/poll?symbols=A", token...)
		empty := 0
		for i := range 400 {
			r.quote("A", int64(i))
			cursor := got.header.Get("Ticker-Cursor")
			got = r.get("/v1/poll?symbols=A&wait=250ms&cursor="+cursor, token...)
			switch {
			case got.status == http.StatusOK:
			case got.status != http.StatusNoContent || got.header.Get("Ticker-Cursor") != cursor:
				t.Fatalf("%+v", got)
			default:
				empty++
			}
		}
		sleep(lookInterval)
		r.quote("A", 1)
		got = r.get("/v1/poll?symbols=A&wait=250ms&cursor="+got.header.Get("Ticker-Cursor"), token...)
		if last := sequences(got.body); len(last) != 1 || last[0] != "402" {
			t.Errorf("%v is not the newest", last)
		}
		if empty < 300 {
			t.Errorf("%d of 400 were answered with nothing", empty)
		}
	}, guarded, fewLooks)
}

func TestManyPollsFromOneCursorAreNoMoreThanTheSessionsThatMayBegin(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.quote("A", 0)
		token := slowly(t)
		cursor := r.get("/v1/poll?symbols=A", token...).header.Get("Ticker-Cursor")
		const polls = 20
		answers := make(chan answer, polls)
		var polling sync.WaitGroup
		for range polls {
			polling.Go(func() { answers <- r.get("/v1/poll?symbols=A&wait=10s&cursor="+cursor, token...) })
			sleep(100 * ms)
		}
		for start := time.Now(); time.Since(start) < lookInterval; sleep(10 * ms) {
			r.quote("A", 1)
		}
		polling.Wait()
		close(answers)
		seen := make(map[string]bool)
		for got := range answers {
			for _, seq := range sequences(got.body) {
				seen[seq] = true
			}
		}
		// Those that are paced, what is left in the bucket, and what it gains meanwhile.
		if most := lookBurst + lookBurst + 1; len(seen) < lookBurst || len(seen) > most {
			t.Errorf("%d polls saw %d, want %d to %d", polls, len(seen), lookBurst, most)
		}
	}, guarded, fewLooks)
}

package server_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/auth"
	"ticker/market"
	"ticker/server"
	"ticker/wire"
)

// roads are the ways to the quotes of a symbol over HTTP.
func roads(symbol string) map[string]string {
	return map[string]string{
		"snapshot":         "/v1/snapshot?symbols=" + symbol,
		"snapshot of then": "/v1/snapshot?at=1&symbols=" + symbol,
		"history":          "/v1/history/" + symbol,
		"candles":          "/v1/candles/" + symbol,
		"event stream":     "/v1/sse?symbols=" + symbol,
		"poll":             "/v1/poll?wait=0s&symbols=" + symbol,
	}
}

// ask asks over one of the roads, and does not wait for the end of an event stream.
func (r *rig) askRoad(target string, headers ...string) answer {
	r.t.Helper()
	if !strings.HasPrefix(target, "/v1/sse") {
		return r.get(target, headers...)
	}
	_, got := r.follow(target, headers...)
	return got
}

func TestEveryRoadWantsOneGoodCredential(t *testing.T) {
	t.Parallel()
	r := overTCP(t, guarded, withHistory(&archive{}), withPush(true))
	good := reading(t, "A")
	foreign, err := auth.Mint(auth.JWT{Algorithm: auth.HS256, Secret: strings.Repeat("x", 32)},
		auth.Claims{Subject: "desk-1", Expires: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	wrong := map[string][]string{
		"none":            nil,
		"nonsense":        bearer("nonsense"),
		"signed by other": bearer(foreign),
		"expired":         bearer(lasting(t, -time.Second)),
		"empty":           bearer(""),
		"another scheme":  {"Authorization", "Basic " + good},
		"two headers":     append(bearer(good), bearer(good)...),
		"two of them":     append(bearer(good), "Sec-WebSocket-Protocol", "ticker.v1.json, bearer."+reading(t, "B")),
		"too long":        bearer(strings.Repeat("x", 9<<10)),
	}
	targets := roads("A")
	targets["symbols"] = "/v1/symbols"
	for road, target := range targets {
		t.Run(road, func(t *testing.T) {
			t.Parallel()
			for name, headers := range wrong {
				got := r.askRoad(target, headers...)
				if p := got.problem(t); p.Code != wire.CodeUnauthorized || p.Status != http.StatusUnauthorized || got.header.Get("WWW-Authenticate") != "Bearer" {
					t.Errorf("%s: %+v", name, got)
				}
			}
			if got := r.askRoad(target, bearer(good)...); got.status != http.StatusOK && got.status != http.StatusNoContent {
				t.Errorf("a good one: %+v", got)
			}
		})
	}
	for name, headers := range wrong {
		if got := r.request(http.MethodPost, "/v1/quotes", `{"symbol":"A","bid":1}`, headers...); got.status != http.StatusUnauthorized {
			t.Errorf("publishing, %s: %+v", name, got)
		}
		if _, got := r.shake(headers...); name != "none" && (got.status != http.StatusUnauthorized || got.header.Get("WWW-Authenticate") != "Bearer") {
			t.Errorf("handshake, %s: %+v", name, got)
		}
	}
	r.shakeAs(good)
}

func TestWhatIsNotCoveredIsForbiddenOnEveryRoad(t *testing.T) {
	t.Parallel()
	r := overTCP(t, guarded, withHistory(&archive{}))
	r.quote("A1", 1)
	r.quote("B1", 1)
	token := reading(t, "A*")
	for _, symbol := range []string{"B1", "UNHEARD"} { // which of them there is shows in nothing
		for road, target := range roads(symbol) {
			if p := r.askRoad(target, bearer(token)...).problem(t); p.Code != wire.CodeForbidden || p.Status != http.StatusForbidden {
				t.Errorf("%s of %s: %+v", road, symbol, p)
			}
		}
	}
	for _, target := range []string{"/v1/snapshot?symbols=A1,B*", "/v1/snapshot?at=1&symbols=B*,A1", "/v1/sse?symbols=A1,B*", "/v1/poll?symbols=B*"} {
		if got := r.askRoad(target, bearer(token)...); got.status != http.StatusForbidden {
			t.Errorf("%s: %+v", target, got)
		}
	}
	c := r.shakeAs(token)
	for _, q := range []wire.Body{
		&wire.SnapshotQuery{Symbols: []string{"B1"}}, &wire.SnapshotQuery{Symbols: []string{"B*"}, At: 1},
		&wire.HistoryQuery{Span: wire.Span{Symbol: "B1"}}, &wire.CandlesQuery{Span: wire.Span{Symbol: "B1"}},
	} {
		c.ask("1", q)
		if e := c.refusal(); e.Code != wire.CodeForbidden {
			t.Errorf("%s: %+v", q.Verb(), e)
		}
	}
	want := []wire.RejectedSymbol{{Symbol: "B1", Code: wire.CodeForbidden}, {Symbol: "B*", Code: wire.CodeForbidden}}
	if diff := cmp.Diff(want, c.subscribe(20*ms, "A*", "B1", "B*").Rejected); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"A1=0.01"}, bids(c.quotes())); diff != "" {
		t.Error(diff)
	}
}

func TestAPatternBringsWhatOfItMayBeRead(t *testing.T) {
	t.Parallel()
	r := overTCP(t, guarded, withPair)
	r.quote("A", 1)
	r.quote("B", 1)
	headers := bearer(reading(t, "A", "C*"))
	for _, target := range []string{"/v1/snapshot?symbols=*", "/v1/snapshot?symbols=*&at=1", "/v1/poll?symbols=*&wait=0s", "/v1/symbols"} {
		if got := r.get(target, headers...); got.status != http.StatusOK || !strings.Contains(got.body, `"A"`) || strings.Contains(got.body, `"B"`) {
			t.Errorf("%s: %+v", target, got)
		}
	}
	s, _ := r.follow("/v1/sse?symbols=*", headers...)
	if got := s.until("quotes"); !strings.Contains(got, `"A"`) || strings.Contains(got, `"B"`) {
		t.Errorf("event stream: %s", got)
	}
	c := r.shakeAs(reading(t, "A"))
	for _, q := range []*wire.SnapshotQuery{{Symbols: []string{"*"}}, {Symbols: []string{"*"}, At: 1}} {
		var list wire.QuoteList
		c.ask("1", q)
		c.result("1", &list)
		if len(list.Records) != 1 || list.Records[0].Symbol != "A" {
			t.Errorf("%+v: %+v", q, list.Records)
		}
	}
}

func TestHistoryIsAskedOnlyForWhatMayBeRead(t *testing.T) {
	t.Parallel()
	asked := make(chan []string, 1)
	r := overTCP(t, guarded, withHistory(&archive{think: func(_ context.Context, body wire.Body) error {
		asked <- body.(*wire.SnapshotQuery).Symbols
		return nil
	}}))
	for query, want := range map[string][]string{
		"*": {"A", "C*"}, "C1*,C1*,CX,*": {"A", "C*", "C1*", "CX"},
	} {
		got := r.get("/v1/snapshot?symbols="+query+"&at=1", bearer(reading(t, "A", "C*"))...)
		if got.status != http.StatusOK {
			t.Fatalf("%s: %+v", query, got)
		}
		if diff := cmp.Diff(want, <-asked); diff != "" {
			t.Errorf("%s is asked as (-want +got):\n%s", query, diff)
		}
	}
}

// roadSymbols are those of a book in which some may not be read.
func roadSymbols() []market.Symbol { return []market.Symbol{"A1", "A2", "B1", "B2", "C1", "C2", "D"} }

func TestPagesOfSymbolsAreFullThoughSomeMayNotBeRead(t *testing.T) {
	t.Parallel()
	r := overTCP(t, guarded)
	for _, symbol := range roadSymbols() {
		r.quote(symbol, 1)
	}
	c := r.shakeAs(reading(t, "A*", "C*"))
	var pages [][]string
	for page, more := "", true; more; more = page != "" {
		var list wire.SymbolList
		c.ask("1", &wire.SymbolsQuery{Limit: 2, Page: page})
		c.result("1", &list)
		pages, page = append(pages, list.Symbols), list.Next
	}
	if diff := cmp.Diff([][]string{{"A1", "A2"}, {"C1", "C2"}}, pages); diff != "" {
		t.Error(diff)
	}
}

func TestACredentialComesAsAHeaderASubprotocolOrACommand(t *testing.T) {
	t.Parallel()
	r := overTCP(t, guarded)
	token := reading(t)
	for name, headers := range map[string][]string{
		"header":                     bearer(token),
		"scheme in lower case":       {"Authorization", "bearer  " + token},
		"subprotocol":                {"Sec-WebSocket-Protocol", "ticker.v1.json, bearer." + token},
		"subprotocol in front":       {"Sec-WebSocket-Protocol", "bearer." + token + ",ticker.v1.json"},
		"the same in several places": append(bearer(token), "Sec-WebSocket-Protocol", "ticker.v1.json, bearer."+token),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, got := r.shake(headers...)
			if got.status != http.StatusSwitchingProtocols || asWelcome(c.next()) == nil {
				t.Fatalf("%+v", got)
			}
			want := ""
			if strings.Contains(name, "sub") || strings.Contains(name, "several") {
				want = "ticker.v1.json"
			}
			if protocol := got.header.Get("Sec-Websocket-Protocol"); protocol != want {
				t.Errorf("the answer names %q", protocol)
			}
			c.ask("1", &wire.SessionQuery{})
			c.result("1", &wire.Ledger{})
		})
	}
	c := r.stranger()
	expires := time.Now().Add(time.Hour).Truncate(time.Second)
	if got := c.identify(mint(t, auth.Claims{Subject: "desk-7", Expires: expires})); got.Sub != "desk-7" || !got.Expires.Equal(expires) {
		t.Errorf("%+v", got)
	}
	c.ask("1", &wire.SessionQuery{})
	c.result("1", &wire.Ledger{})
}

func TestACredentialInAURLIsTakenOnlyWhereThatIsAllowed(t *testing.T) {
	t.Parallel()
	token := reading(t, "A")
	for _, allowed := range []bool{true, false} {
		r := overTCP(t, guarded, withHistory(&archive{}), func(_ testing.TB, cfg *server.Config) { cfg.AllowQuery = allowed })
		r.quote("A", 1)
		for road, target := range roads("A") {
			sign := "?"
			if strings.Contains(target, "?") {
				sign = "&"
			}
			want := http.StatusUnauthorized
			if allowed {
				want = http.StatusOK
			}
			if got := r.askRoad(target + sign + "token=" + token); got.status != want {
				t.Errorf("%s, allowed is %v: %+v", road, allowed, got)
			}
			if got := r.askRoad(target+sign+"token="+token+"&token=x", bearer(token)...); got.status != http.StatusUnauthorized {
				t.Errorf("%s, another besides: %+v", road, got)
			}
		}
	}
}

func TestWhereNobodyIsAskedACredentialMeansNothing(t *testing.T) {
	t.Parallel()
	r := overTCP(t)
	r.quote("A", 1)
	if got := r.get("/v1/snapshot?symbols=A", bearer("nonsense")...); got.status != http.StatusOK {
		t.Errorf("%+v", got)
	}
	if got := r.get("/v1/snapshot?symbols=A&token=x"); got.status != http.StatusBadRequest {
		t.Errorf("%+v", got)
	}
	c := r.shakeAs("nonsense")
	if got := c.identify("anything"); got.Sub != "anonymous" || !got.Expires.IsZero() {
		t.Errorf("%+v", got)
	}
}

func TestTheDashboardAndTheAdminListenerAskNobody(t *testing.T) {
	t.Parallel()
	r := overTCP(t, guarded)
	if got := r.get("/"); got.status != http.StatusOK {
		t.Errorf("the dashboard: %+v", got)
	}
	if got := r.admin("/readyz"); got.status != http.StatusOK {
		t.Errorf("readiness: %+v", got)
	}
}

func TestKeysThatAreOutOfReachAreAReasonToComeBack(t *testing.T) {
	t.Parallel()
	d := newDoorman(t)
	r := overTCP(t, guardedBy(d))
	token := reading(t)
	c, live := r.stranger(), r.shakeAs(token)
	d.setAway(true)
	for _, got := range []answer{r.get("/v1/symbols", bearer(token)...), r.askRoad("/v1/sse?symbols=A", bearer(token)...)} {
		if p := got.problem(t); p.Code != wire.CodeUnavailable || got.header.Get("Retry-After") == "" {
			t.Errorf("%+v", got)
		}
	}
	if _, got := r.shake(bearer(token)...); got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
		t.Errorf("%+v", got)
	}
	for range 5 { // more than there are tries with a wrong one
		c.refused(token, wire.CodeUnavailable)
	}
	live.refused(token, wire.CodeUnavailable)
	d.setAway(false)
	c.identify(token)
	live.identify(token)
}

func TestACredentialForADelayedPlanIsForbidden(t *testing.T) {
	t.Parallel()
	r := overTCP(t, guarded)
	token := mint(t, auth.Claims{Rights: auth.Rights{Delay: 15 * time.Minute}})
	got := r.get("/v1/symbols", bearer(token)...)
	if p := got.problem(t); p.Code != wire.CodeForbidden || !strings.Contains(p.Detail, "delayed plan") {
		t.Errorf("%+v", got)
	}
	r.stranger().refused(token, wire.CodeForbidden)
}

package server_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ticker/market"
	"ticker/server"
	"ticker/wire"
)

// archive is a history that has one record and one candle of every symbol, or
// does what a test says.
type archive struct {
	// think happens before each answer; its error is the answer.
	think func(ctx context.Context, body wire.Body) error
	// records and candles are how long the lists are; 1 if 0.
	records, candles int
	next             string
}

func (a *archive) thought(ctx context.Context, body wire.Body) error {
	if a.think == nil {
		return nil
	}
	return a.think(ctx, body)
}

func (a *archive) AsOf(ctx context.Context, symbols []string, at int64) ([]market.Quote, error) {
	if err := a.thought(ctx, &wire.SnapshotQuery{Symbols: symbols, At: at}); err != nil {
		return nil, err
	}
	return a.quotes(market.Symbol(symbols[0])), nil
}

func (a *archive) Quotes(ctx context.Context, q *wire.HistoryQuery) ([]market.Quote, string, error) {
	if err := a.thought(ctx, q); err != nil {
		return nil, "", err
	}
	return a.quotes(market.Symbol(q.Symbol)), a.next, nil
}

func (a *archive) Candles(ctx context.Context, q *wire.CandlesQuery) ([]market.Candle, error) {
	if err := a.thought(ctx, q); err != nil {
		return nil, err
	}
	return a.bars(), nil
}

func (a *archive) bars() []market.Candle {
	list := make([]market.Candle, cmp.Or(a.candles, 1))
	for i := range list {
		list[i].TS = int64(i) * 60_000_000
		list[i].Trade(market.NewDecimal(15000, 2), market.NewDecimal(100, 0))
		list[i].Trade(market.NewDecimal(14950, 2), market.NewDecimal(5, 1))
	}
	return list
}

func (a *archive) quotes(symbol market.Symbol) []market.Quote {
	list := make([]market.Quote, cmp.Or(a.records, 1))
	for i := range list {
		list[i] = market.Quote{
			Symbol: symbol, Seq: uint64(i) + 1, Recv: 1763740800000412, TS: 1763740800000000, Source: "sim",
			Known: market.Fields(0).With(market.Bid),
		}
		list[i].Values[market.Bid] = market.NewDecimal(18998, 2)
	}
	return list
}

func withHistory(a *archive) change {
	return func(_ testing.TB, cfg *server.Config) { cfg.History = a }
}

// pastQuery is one question in both ways of asking it.
type pastQuery struct {
	target string // over HTTP
	query  string // resource and params over WebSocket
}

func (q pastQuery) message() string { return `{"type":"query","id":"1","resource":` + q.query + `}` }

const aTime = "2026-11-20T14:30:00Z"

// pastQueries are questions, with what history is asked for each.
func pastQueries() map[pastQuery]wire.Body {
	const from, to = 1795185000000000, 1795188600000000
	span := wire.Span{Symbol: "BTC/USD", From: from, To: to}
	return map[pastQuery]wire.Body{
		{
			"/v1/snapshot?symbols=AAPL,BTC-*&at=" + aTime,
			`"snapshot","params":{"symbols":["AAPL","BTC-*"],"at":"` + aTime + `"}`,
		}: &wire.SnapshotQuery{Symbols: []string{"AAPL", "BTC-*"}, At: from},
		{"/v1/history/AAPL", `"history","params":{"symbol":"AAPL"}`}: &wire.HistoryQuery{Span: wire.Span{Symbol: "AAPL"}},
		{
			"/v1/history/BTC/USD?limit=10000&page=cGFnZQ&to=1795188600000000&from=" + aTime,
			`"history","params":{"symbol":"BTC/USD","from":"` + aTime + `","to":1795188600000000,"limit":10000,"page":"cGFnZQ"}`,
		}: &wire.HistoryQuery{Span: span, Limit: 10_000, Page: "cGFnZQ"},
		{"/v1/candles/AAPL", `"candles","params":{"symbol":"AAPL"}`}: &wire.CandlesQuery{Span: wire.Span{Symbol: "AAPL"}},
		{
			"/v1/candles/BTC%2FUSD?step=90s&from=" + aTime + "&to=1795188600000000",
			`"candles","params":{"symbol":"BTC/USD","from":"` + aTime + `","to":1795188600000000,"step":"1m30s"}`,
		}: &wire.CandlesQuery{Span: span, Step: 90 * time.Second},
	}
}

// emptyOf returns an empty result for the answer to a query.
func emptyOf(body wire.Body) wire.Result {
	if _, candles := body.(*wire.CandlesQuery); candles {
		return &wire.Candles{}
	}
	return &wire.QuoteList{}
}

func TestPastIsAskedForAndAnsweredAlikeOverEveryTransport(t *testing.T) {
	t.Parallel()
	asked := make(chan wire.Body, 1)
	a := &archive{records: 3, candles: 3, next: "bmV4dA", think: func(_ context.Context, body wire.Body) error {
		asked <- body
		return nil
	}}
	r := overTCP(t, withHistory(a))
	text, packed := r.connect(wire.JSON), r.connect(wire.MsgPack)
	for q, want := range pastQueries() {
		got := r.get(q.target)
		if diff := gocmp.Diff(want, <-asked); diff != "" || got.status != http.StatusOK || got.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %+v (-want +asked):\n%s", q.target, got, diff)
		}
		overHTTP, overText, overPacked := emptyOf(want), emptyOf(want), emptyOf(want)
		if err := wire.JSON.ParseResult([]byte(got.body), overHTTP); err != nil {
			t.Fatal(err)
		}
		text.send(q.message())
		if diff := gocmp.Diff(want, <-asked); diff != "" {
			t.Errorf("%s (-want +asked):\n%s", q.query, diff)
		}
		text.result("1", overText)
		packed.ask("2", want)
		if diff := gocmp.Diff(want, <-asked); diff != "" {
			t.Errorf("%s in MessagePack (-want +asked):\n%s", q.query, diff)
		}
		packed.result("2", overPacked)
		if string(wire.JSON.AppendResult(nil, overText)) != got.body {
			t.Errorf("%s\nis over WebSocket %+v", got.body, overText)
		}
		for _, other := range []wire.Result{overText, overPacked} {
			if diff := gocmp.Diff(overHTTP, other, sameNumbers()); diff != "" {
				t.Errorf("%s (-HTTP +WebSocket):\n%s", q.target, diff)
			}
		}
	}
}

// sameNumbers compares numbers by their digits.
func sameNumbers() gocmp.Option {
	return gocmp.Options{
		gocmp.Comparer(sameDecimal), cmpopts.EquateEmpty(),
		gocmp.Comparer(func(a, b market.Total) bool { return a.String() == b.String() }),
	}
}

func TestAnswersAboutThePastAreWrittenAsTheProtocolTells(t *testing.T) {
	t.Parallel()
	r := overTCP(t, withHistory(&archive{next: "bmV4dA"}))
	const record = `{"symbol":"AAPL","seq":1,"bid":189.98,"ts":1763740800000000,"recv":1763740800000412,"source":"sim"}`
	for target, want := range map[string]string{
		"/v1/snapshot?symbols=AAPL&at=1": `{"quotes":[` + record + `]}`,
		"/v1/history/AAPL":               `{"quotes":[` + record + `],"next":"bmV4dA"}`,
		"/v1/candles/AAPL": `{"candles":[{"ts":0,"open":150.00,"high":150.00,"low":149.50,"close":149.50,` +
			`"volume":100.5,"trades":2}]}`,
	} {
		if diff := gocmp.Diff(want, r.get(target).body); diff != "" {
			t.Errorf("%s (-want +got):\n%s", target, diff)
		}
	}
}

func TestQuestionsAboutThePastThatAreWrongAreRefusedAlikeOverBothTransports(t *testing.T) {
	t.Parallel()
	r := overTCP(t, unlimited, withHistory(&archive{think: func(_ context.Context, body wire.Body) error {
		t.Errorf("history was asked %+v", body)
		return nil
	}}), func(_ testing.TB, cfg *server.Config) { cfg.Limits.Symbols = 3 })
	const candles, history = `"candles","params":{"symbol":"A",`, `"history","params":{"symbol":"A",`
	for name, c := range map[string]struct {
		pastQuery
		code   wire.Code
		detail string
	}{
		"time of a word": {
			pastQuery{"/v1/snapshot?symbols=A&at=yesterday", `"snapshot","params":{"symbols":["A"],"at":"yesterday"}`},
			"bad_request", "at must be an RFC 3339 time or integer microseconds, of the years 1970 to 2262",
		},
		"no time":     {pastQuery{"/v1/snapshot?symbols=A&at=", `"snapshot","params":{"symbols":["A"],"at":""}`}, "bad_request", "at must be an RFC"},
		"time 0":      {pastQuery{"/v1/snapshot?symbols=A&at=0", `"snapshot","params":{"symbols":["A"],"at":0}`}, "bad_request", "at must be an RFC"},
		"no symbols":  {pastQuery{"/v1/snapshot?at=1", `"snapshot","params":{"at":1}`}, "bad_request", "symbols must be"},
		"many":        {pastQuery{"/v1/snapshot?symbols=A,B,C,D&at=1", `"snapshot","params":{"symbols":["A","B","C","D"],"at":1}`}, "too_many_symbols", "at most 3"},
		"backwards":   {pastQuery{"/v1/history/A?from=2&to=1", history + `"from":2,"to":1}`}, "bad_request", "from must be before to"},
		"nothing":     {pastQuery{"/v1/candles/A?from=2&to=2", candles + `"from":2,"to":2}`}, "bad_request", "from must be before to"},
		"until 0":     {pastQuery{"/v1/candles/A?to=0", candles + `"to":0}`}, "bad_request", "to must be an RFC"},
		"before 1970": {pastQuery{"/v1/history/A?from=1969-12-31T23:59:59Z", history + `"from":"1969-12-31T23:59:59Z"}`}, "bad_request", "from must be an RFC"},
		"absurd year": {pastQuery{"/v1/history/A?to=9999-01-01T00:00:00Z", history + `"to":"9999-01-01T00:00:00Z"}`}, "bad_request", "to must be an RFC"},
		"injection":   {pastQuery{"/v1/history/A?from=1;DROP%20TABLE", history + `"from":"1;DROP TABLE"}`}, "bad_request", ""},
		"limit 0":     {pastQuery{"/v1/history/A?limit=0", history + `"limit":0}`}, "bad_request", "limit must be an integer of 1 to 10000"},
		"limit below": {pastQuery{"/v1/history/A?limit=-5", history + `"limit":-5}`}, "bad_request", "limit must be an integer of 1 to 10000"},
		"limit above": {pastQuery{"/v1/history/A?limit=10001", history + `"limit":10001}`}, "bad_request", "limit must be an integer of 1 to 10000"},
		"limit text":  {pastQuery{"/v1/history/A?limit=1e3", history + `"limit":1e3}`}, "bad_request", "limit must be an integer of 1 to 10000"},
		"step 0":      {pastQuery{"/v1/candles/A?step=0s", candles + `"step":"0s"}`}, "bad_request", "step must be a duration above 0"},
		"step below":  {pastQuery{"/v1/candles/A?step=-1m", candles + `"step":"-1m"}`}, "bad_request", "step must be a duration above 0"},
		"step word":   {pastQuery{"/v1/candles/A?step=minute", candles + `"step":"minute"}`}, "bad_request", `step must be a duration such as "250ms"`},
		"no step":     {pastQuery{"/v1/candles/A?step=", candles + `"step":""}`}, "bad_request", `step must be a duration such as "250ms"`},
		"told twice":  {pastQuery{"/v1/candles/A?step=1m&step=2m", candles + `"step":"1m","step":"2m"}`}, "bad_request", "twice"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := r.get(c.target).problem(t)
			if p.Code != c.code || p.Status != http.StatusBadRequest || !strings.Contains(p.Detail, c.detail) {
				t.Errorf("%+v, want %s and %q", p, c.code, c.detail)
			}
			client := r.connect(wire.JSON)
			client.send(c.message())
			if e := client.refusal(); e.Code != c.code || e.ID != "1" || !strings.Contains(e.Message, c.detail) {
				t.Errorf("%+v, want %s and %q", e, c.code, c.detail)
			}
		})
	}
	for name, target := range map[string]string{
		"step of a history":   "/v1/history/A?step=1m",
		"limit of candles":    "/v1/candles/A?limit=1",
		"page of candles":     "/v1/candles/A?page=x",
		"a misspelt word":     "/v1/candles/A?form=1",
		"time of a snapshot?": "/v1/snapshot?symbols=A&from=1",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if p := r.get(target).problem(t); p.Code != "bad_request" || !strings.Contains(p.Detail, "no parameter") {
				t.Errorf("%+v", p)
			}
		})
	}
}

// failing is a history that answers every question with an error.
func failing(err error) *archive {
	return &archive{think: func(context.Context, wire.Body) error { return err }}
}

func TestRefusalsOfHistoryReachTheClientAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		refusal wire.Error
		status  int
	}{
		{wire.Error{Code: wire.CodeBadRequest, Message: "step 1s is finer than history.every, which is 10s"}, 400},
		{wire.Error{Code: wire.CodeBadSymbol, Message: "no symbol"}, 400},
		{wire.Error{Code: wire.CodeTooLarge, Message: "at most 10000 records"}, 413},
		{wire.Error{Code: wire.CodeNotFound, Message: "no such symbol"}, 404},
		{wire.Error{Code: wire.CodeTimeout, Message: "took too long"}, 504},
		{wire.Error{Code: wire.CodeUnavailable, Message: "too many questions"}, 503},
	} {
		t.Run(string(c.refusal.Code), func(t *testing.T) {
			t.Parallel()
			r := overTCP(t, withHistory(failing(fmt.Errorf("ask store: %w", &c.refusal))))
			client := r.connect(wire.JSON)
			for q := range pastQueries() {
				got := r.get(q.target)
				if p := got.problem(t); p.Status != c.status || p.Code != c.refusal.Code || p.Detail != c.refusal.Message {
					t.Errorf("%s: %+v", q.target, p)
				}
				if again := got.header.Get("Retry-After"); (again != "") != (c.status == http.StatusServiceUnavailable) {
					t.Errorf("%s: Retry-After %q", q.target, again)
				}
				client.send(q.message())
				want := c.refusal
				want.ID = "1"
				if diff := gocmp.Diff(&want, client.refusal()); diff != "" {
					t.Errorf("%s (-want +got):\n%s", q.query, diff)
				}
			}
			if c.refusal.ID != "" {
				t.Error("the id of a request stands in an error that is history's own")
			}
		})
	}
}

func TestHistoryThatCannotAnswerIsUnavailableAndLoggedNowAndThen(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	inBubble(t, func(r *rig) {
		for range 2 {
			for range 5 {
				p := r.get("/v1/candles/A").problem(t)
				if p.Code != wire.CodeUnavailable || strings.Contains(p.Detail, "secret") {
					t.Errorf("%+v", p)
				}
			}
			time.Sleep(time.Minute)
		}
	}, withHistory(failing(errors.New("dial 10.0.0.1: secret"))), func(_ testing.TB, cfg *server.Config) {
		cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
	})
	if lines := strings.Count(log.String(), `msg="history could not answer" error="dial 10.0.0.1: secret"`); lines != 2 {
		t.Errorf("%d lines:\n%s", lines, &log)
	}
}

func TestSymbolThatIsNotRecordedYetHasAnEmptyPast(t *testing.T) {
	t.Parallel()
	r := overTCP(t, withHistory(failing(&wire.Error{Code: wire.CodeNotFound, Message: "no such symbol"})))
	r.quote("NEW", 1)
	for target, want := range map[string]string{
		"/v1/history/NEW": `{"quotes":[]}`,
		"/v1/candles/NEW": `{"candles":[]}`,
	} {
		if got := r.get(target); got.body != want {
			t.Errorf("%s: %+v", target, got)
		}
	}
	c := r.connect(wire.JSON)
	c.ask("1", &wire.HistoryQuery{Span: wire.Span{Symbol: "NEW"}})
	c.result("1", &wire.QuoteList{})
	c.ask("2", &wire.HistoryQuery{Span: wire.Span{Symbol: "NONE"}})
	if e := c.refusal(); e.Code != wire.CodeNotFound || e.ID != "2" {
		t.Errorf("%+v", e)
	}
}

func TestAnswerAboutThePastIsWholeOverHTTPHoweverLong(t *testing.T) {
	t.Parallel()
	r := overTCP(t, withHistory(&archive{records: 10_000, candles: 10_001}))
	var quotes wire.QuoteList
	if err := wire.JSON.ParseResult([]byte(r.get("/v1/history/A").body), &quotes); err != nil || len(quotes.Records) != 10_000 {
		t.Errorf("%d records, %v", len(quotes.Records), err)
	}
	var candles wire.Candles
	if err := wire.JSON.ParseResult([]byte(r.get("/v1/candles/A").body), &candles); err != nil || len(candles.Candles) != 10_001 {
		t.Errorf("%d candles, %v", len(candles.Candles), err)
	}
	if got := r.request(http.MethodHead, "/v1/candles/A", ""); got.status != http.StatusOK || got.body != "" {
		t.Errorf("%+v", got)
	}
	c := r.connect(wire.JSON)
	for _, body := range []wire.Body{
		&wire.HistoryQuery{Span: wire.Span{Symbol: "A"}}, &wire.CandlesQuery{Span: wire.Span{Symbol: "A"}},
		&wire.SnapshotQuery{Symbols: []string{"A"}, At: 1},
	} {
		c.ask("1", body)
		if e := c.refusal(); e.Code != wire.CodeTooLarge || e.ID != "1" {
			t.Errorf("%+v", e)
		}
	}
}

// trouble is a part that says what is wrong with it.
type trouble string

func (t trouble) Trouble() string { return string(t) }

func TestReadinessTellsTheTroubleOfEveryPart(t *testing.T) {
	t.Parallel()
	const away = "history: the store is not reachable: connection refused"
	for _, c := range []struct {
		checks []server.Check
		status int
		detail string
	}{
		{[]server.Check{trouble(""), trouble("")}, http.StatusOK, ""},
		{[]server.Check{trouble(""), trouble(away)}, http.StatusServiceUnavailable, away},
		{[]server.Check{trouble("a"), trouble("b")}, http.StatusServiceUnavailable, "a; b"},
	} {
		r := overTCP(t, func(_ testing.TB, cfg *server.Config) { cfg.Checks = c.checks })
		got := r.admin("/readyz")
		if got.status != c.status || c.detail != "" && got.problem(t).Detail != c.detail {
			t.Errorf("%+v, want %d and %q", got, c.status, c.detail)
		}
	}
}

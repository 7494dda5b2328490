package web

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// trade is one trade: its time in microseconds, its price in cents, its size.
type trade struct {
	at          int64
	price, size int
}

// candle is what /v1/candles answers, and what the page makes of it.
type candle struct {
	TS                             int64
	Open, High, Low, Close, Volume json.Number
	Trades                         int
}

// past is a history of one symbol. Its zero value knows no trade.
type past struct {
	mu     sync.Mutex
	trades []trade
	// refusal answers instead, if it has a status.
	refusal refusal
	asked   []question
}

// refusal is why a question is not answered.
type refusal struct {
	status       int
	code, detail string
}

// question is a request for candles.
type question struct {
	symbol         string
	from, to, step int64
}

// tell adds trades, in any order, and returns all of them in the order of their
// times.
func (p *past) tell(trades ...trade) []trade {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trades = append(p.trades, trades...)
	slices.SortStableFunc(p.trades, func(a, b trade) int { return cmp.Compare(a.at, b.at) })
	return slices.Clone(p.trades)
}

// fail makes every answer this problem; status 0 makes them good again.
func (p *past) fail(status int, code, detail string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refusal = refusal{status, code, detail}
}

// questions returns what was asked so far.
func (p *past) questions() []question {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked)
}

// ask keeps a question and returns the candles, or why not.
func (p *past) ask(ask question) ([]map[string]any, refusal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, ask)
	if p.refusal.status != 0 {
		return nil, p.refusal
	}
	if ask.step == 0 || ask.from >= ask.to || ask.to-ask.from > 100*24*time.Hour.Microseconds() {
		return nil, refusal{http.StatusBadRequest, "bad_request", fmt.Sprintf("bad question %+v", ask)}
	}
	return candlesOf(p.trades, ask), refusal{}
}

// ServeHTTP implements http.Handler.
func (p *past) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ask, err := parseQuestion(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	list, why := p.ask(ask)
	if why.status != 0 {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(why.status)
		_, _ = fmt.Fprintf(w, `{"title":"T","status":%d,"code":%s,"detail":%s}`, why.status, js(why.code), js(why.detail))
		return
	}
	_, _ = fmt.Fprintf(w, `{"candles":%s}`, js(list)) // a page that left is no mistake
}

// answer is what is said to a query over WebSocket.
func (p *past) answer(c command) string {
	list, why := p.ask(question{symbol: c.Params.Symbol, from: c.Params.From, to: c.Params.To, step: stepOf(c.Params.Step)})
	if why.status != 0 {
		return fmt.Sprintf(`{"type":"error","id":%q,"code":%s,"message":%s}`, c.ID, js(why.code), js(why.detail))
	}
	return fmt.Sprintf(`{"type":"response","id":%q,"result":{"candles":%s}}`, c.ID, js(list))
}

func parseQuestion(r *http.Request) (ask question, err error) {
	escaped := strings.TrimPrefix(r.URL.EscapedPath(), "/v1/candles/")
	if ask.symbol, err = url.PathUnescape(escaped); err != nil || strings.Contains(escaped, "/") {
		return ask, fmt.Errorf("path %q: %w", escaped, err)
	}
	query := r.URL.Query()
	for name, value := range map[string]*int64{"from": &ask.from, "to": &ask.to} {
		if *value, err = strconv.ParseInt(query.Get(name), 10, 64); err != nil {
			return ask, err
		}
	}
	ask.step = stepOf(query.Get("step"))
	return ask, nil
}

// stepOf returns the microseconds of a step, 0 for one that there is not.
func stepOf(name string) int64 {
	return map[string]time.Duration{
		"1s": time.Second, "1m": time.Minute, "5m": 5 * time.Minute, "1h": time.Hour, "1d": 24 * time.Hour,
	}[name].Microseconds()
}

// candlesOf is the slow and obvious way from trades to candles.
func candlesOf(trades []trade, ask question) []map[string]any {
	bars := map[int64][]trade{}
	for _, t := range trades {
		if ask.from <= t.at && t.at < ask.to {
			ts := t.at - t.at%ask.step
			bars[ts] = append(bars[ts], t)
		}
	}
	list := make([]map[string]any, 0, len(bars))
	for ts, bar := range bars {
		byPrice := func(a, b trade) int { return cmp.Compare(a.price, b.price) }
		volume := 0
		for _, t := range bar {
			volume += t.size
		}
		list = append(list, map[string]any{
			"ts": ts, "open": cents(bar[0].price), "close": cents(bar[len(bar)-1].price),
			"high": cents(slices.MaxFunc(bar, byPrice).price), "low": cents(slices.MinFunc(bar, byPrice).price),
			"volume": volume, "trades": len(bar),
		})
	}
	slices.SortFunc(list, func(a, b map[string]any) int { return cmp.Compare(a["ts"].(int64), b["ts"].(int64)) })
	return list
}

func cents(price int) json.Number { return json.Number(fmt.Sprintf("%d.%02d", price/100, price%100)) }

// walk returns a trade every so many steps of the clock, up to a time, with
// prices that wander.
func walk(until time.Time, every time.Duration, count int) []trade {
	trades := make([]trade, count)
	for i := range trades {
		swing := (i*7919)%97 - 48 + (i%240-120)*(i%240-120)/40
		trades[i] = trade{
			at:    until.Add(-every * time.Duration(count-i)).UnixMicro(),
			price: 9600000 + 100*swing, size: 1 + (i*31)%17,
		}
	}
	return trades
}

func TestTheModelSumsUpTradesByStep(t *testing.T) {
	t.Parallel()
	got := candlesOf([]trade{{1_000_000, 500, 1}, {1_999_999, 700, 2}, {3_000_000, 100, 4}, {4_000_000, 1, 1}},
		question{from: 0, to: 4_000_000, step: 1_000_000})
	text, err := json.Marshal(got)
	want := `[{"close":7.00,"high":7.00,"low":5.00,"open":5.00,"trades":2,"ts":1000000,"volume":3},` +
		`{"close":1.00,"high":1.00,"low":1.00,"open":1.00,"trades":1,"ts":3000000,"volume":4}]`
	if err != nil || string(text) != want {
		t.Errorf("candles are %s, %v; want %s", text, err, want)
	}
}

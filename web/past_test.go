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
	// refuse, if set, answers instead.
	refuse func(http.ResponseWriter)
	asked  []question
}

// question is a request for candles.
type question struct {
	symbol, token  string
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
	p.refuse = nil
	if status == 0 {
		return
	}
	p.refuse = func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"title":"T","status":%d,"code":%s,"detail":%s}`, status, js(code), js(detail))
	}
}

// questions returns what was asked so far.
func (p *past) questions() []question {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked)
}

// ServeHTTP implements http.Handler.
func (p *past) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	ask, err := parseQuestion(r)
	p.asked = append(p.asked, ask)
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
	case p.refuse != nil:
		p.refuse(w)
	default:
		list := candlesOf(p.trades, ask)
		// A page that left meanwhile is no mistake.
		_ = json.NewEncoder(w).Encode(map[string]any{"candles": list})
	}
}

func parseQuestion(r *http.Request) (ask question, err error) {
	escaped := strings.TrimPrefix(r.URL.EscapedPath(), "/v1/candles/")
	if ask.symbol, err = url.PathUnescape(escaped); err != nil || strings.Contains(escaped, "/") {
		return ask, fmt.Errorf("path %q: %w", escaped, err)
	}
	ask.token = strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	query := r.URL.Query()
	for name, value := range map[string]*int64{"from": &ask.from, "to": &ask.to} {
		if *value, err = strconv.ParseInt(query.Get(name), 10, 64); err != nil {
			return ask, err
		}
	}
	step, known := map[string]time.Duration{
		"1s": time.Second, "1m": time.Minute, "5m": 5 * time.Minute, "1h": time.Hour, "1d": 24 * time.Hour,
	}[query.Get("step")]
	ask.step = step.Microseconds()
	if !known || ask.from >= ask.to || ask.to-ask.from > 100*24*time.Hour.Microseconds() {
		err = fmt.Errorf("bad question %q", r.URL.RawQuery)
	}
	return ask, err
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

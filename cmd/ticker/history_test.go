package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/market"
)

// candle is a candle as HTTP shows it, numbers as text.
type candle struct {
	TS                             int64
	Open, High, Low, Close, Volume json.Number
	Trades                         uint64
}

// candles asks a service for the candles of a symbol.
func (r *running) candles(symbol string, params url.Values) []candle {
	r.t.Helper()
	code, body := get(r.t, r.public+"/v1/candles/"+url.PathEscape(symbol)+"?"+params.Encode())
	var answer struct{ Candles []candle }
	if err := json.Unmarshal([]byte(body), &answer); err != nil || code != http.StatusOK {
		r.t.Fatalf("candles of %s: %d %s", symbol, code, body)
	}
	return answer.Candles
}

// asOf asks a service for the records of all symbols as of a time.
func (r *running) asOf(at int64) map[string]map[string]any {
	r.t.Helper()
	code, body := get(r.t, fmt.Sprintf("%s/v1/snapshot?symbols=*&at=%d", r.public, at))
	if code != http.StatusOK {
		r.t.Fatalf("snapshot as of %d: %d %s", at, code, body)
	}
	return records(r.t, []byte(body))
}

// history asks a service for all recorded quotes of a symbol, page by page.
func (r *running) history(symbol string) []map[string]any {
	r.t.Helper()
	all, err := r.askHistory(symbol)
	if err != nil {
		r.t.Fatal(err)
	}
	return all
}

// askHistory is history of a service that may not be able to answer.
func (r *running) askHistory(symbol string) (all []map[string]any, err error) {
	r.t.Helper()
	for page := ""; ; {
		code, body := get(r.t, fmt.Sprintf("%s/v1/history/%s?limit=777&page=%s", r.public, symbol, page))
		var answer struct {
			Quotes []map[string]any
			Next   string
		}
		dec := json.NewDecoder(strings.NewReader(body))
		dec.UseNumber()
		if err := dec.Decode(&answer); err != nil || code != http.StatusOK {
			return nil, fmt.Errorf("history of %s: %d %s", symbol, code, body)
		}
		all = append(all, answer.Quotes...)
		if page = answer.Next; page == "" {
			return all, nil
		}
	}
}

// eventually asks again until it is so.
func eventually(t testing.TB, what string, so func() bool) {
	t.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	late := time.After(30 * time.Second)
	for !so() {
		select {
		case <-again.C:
		case <-late:
			t.Fatalf("%s: not within 30 s", what)
		}
	}
}

// push posts quotes and expects all of them to be accepted.
func (r *running) push(lines ...string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.public+"/v1/quotes", strings.NewReader(strings.Join(lines, "\n")))
	if err != nil {
		r.t.Fatal(err)
	}
	if code, body := do(r.t, req); code != http.StatusOK || !strings.Contains(body, fmt.Sprintf(`"accepted":%d`, len(lines))) {
		r.t.Fatalf("push: %d %s", code, body)
	}
}

func TestWhatWasPushedCanBeAskedForTwoSecondsLater(t *testing.T) {
	t.Parallel()
	r := startServe(t, "--feed", "push:")
	r.push(`{"symbol":"A/B","last":10.50,"lastSize":2}`, `{"symbol":"A/B","last":11,"lastSize":1}`, `{"symbol":"A/B","last":9.25,"lastSize":4}`)
	want := []candle{{Open: "10.50", High: "11", Low: "9.25", Close: "9.25", Volume: "7", Trades: 3}}
	eventually(t, "a candle of what was pushed", func() bool {
		code, _ := get(t, r.public+"/v1/history/"+url.PathEscape("A/B"))
		return code == http.StatusOK && len(r.candles("A/B", url.Values{"step": {"1h"}})) > 0
	})
	got := r.candles("A/B", url.Values{"step": {"1h"}})
	want[0].TS = got[0].TS
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("candles (-want +got):\n%s", diff)
	}
	if q := r.asOf(time.Now().UnixMicro())["A/B"]; fmt.Sprint(q["last"]) != "9.25" || fmt.Sprint(q["seq"]) != "3" {
		t.Errorf("as of now: %v", q)
	}
	if q := r.asOf(got[0].TS - 1)["A/B"]; q != nil {
		t.Errorf("before anything was pushed: %v", q)
	}
	code, stdout, stderr := program(t, nil, "candles", "--url", r.public, "--step", "1h", "A/B")
	if code != 0 || !strings.Contains(stdout, `"close":9.25`) || stderr != "" {
		t.Errorf("ticker candles: exit %d: %s%s", code, stdout, stderr)
	}
	code, stdout, stderr = program(t, nil, "snapshot", "--url", r.public, "--at", time.Now().UTC().Format(time.RFC3339Nano), "A/B")
	if code != 0 || !strings.Contains(stdout, `"last":9.25`) || stderr != "" {
		t.Errorf("ticker snapshot --at: exit %d: %s%s", code, stdout, stderr)
	}
}

func TestAfterARestartTheBookIsBackAsStale(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := startServe(t, "--data", dir, "--feed", "push:")
	first.push(`{"symbol":"A","bid":1.10,"ask":1.20,"ts":1700000000000000}`, `{"symbol":"B","last":5,"lastSize":1}`)
	before := first.snapshot()
	if code := first.end(); code != 0 {
		t.Fatalf("exit %d: %s", code, first.log)
	}
	second := startServe(t, "--data", dir, "--feed", "push:")
	after := second.snapshot()
	for symbol, q := range before {
		q["status"], q["reason"], q["seq"] = "stale", "disconnected", json.Number("1")
		if diff := cmp.Diff(q, after[symbol]); diff != "" {
			t.Errorf("%s (-before +after the restart):\n%s", symbol, diff)
		}
	}
	second.push(`{"symbol":"A","bid":1.30}`)
	q := second.snapshot()["A"]
	if q["status"] != nil || fmt.Sprintf("%v %v %v", q["bid"], q["ask"], q["seq"]) != "1.30 1.20 2" {
		t.Errorf("after its feed spoke: %v", q)
	}
	if code := second.end(); code != 0 {
		t.Fatalf("exit %d: %s", code, second.log)
	}
	third := startServe(t, "--data", dir, "--feed", "push:")
	var bids []string
	for _, q := range third.history("A") {
		bids = append(bids, fmt.Sprint(q["bid"], " ", q["seq"]))
	}
	if diff := cmp.Diff([]string{"1.1 1", "1.3 2"}, trimmed(bids)); diff != "" {
		t.Errorf("history of two lives (-want +got):\n%s", diff)
	}
}

// trimmed takes zeros off the ends of fractions.
func trimmed(lines []string) []string {
	var out []string
	for _, line := range lines {
		number, rest, _ := strings.Cut(line, " ")
		out = append(out, strings.TrimRight(number, "0")+" "+rest)
	}
	return out
}

func TestADamagedHistoryDelaysNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "history.db"), []byte(strings.Repeat("this is no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	r := startServe(t, "--data", dir, "--feed", "push:")
	r.push(`{"symbol":"A","last":5,"lastSize":1}`)
	eventually(t, "a new history", func() bool { return len(r.asOf(time.Now().UnixMicro())) == 1 })
	aside, err := filepath.Glob(filepath.Join(dir, "history.db.damaged-*"))
	if err != nil || len(aside) != 1 {
		t.Errorf("set aside: %v %v", aside, err)
	}
}

func TestASessionOfThePastIsPlayedAndNotRecorded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := startServe(t, "--data", dir, "--feed", "push:")
	first.push(`{"symbol":"A","last":1,"lastSize":1}`, `{"symbol":"A","last":3,"lastSize":1}`, `{"symbol":"B","bid":7}`)
	before := first.snapshot()
	first.end()

	second := startServe(t, "--data", dir, "--feed", "history:?from=2020-01-01T00:00:00Z&speed=max&clock=recorded")
	second.log.line(t, "session of the past has ended")
	after := second.snapshot()
	for symbol, q := range before {
		got := after[symbol]
		if got == nil || got["status"] != nil || got["source"] != "history" {
			t.Errorf("%s: %v", symbol, got)
			continue
		}
		for _, key := range []string{"last", "lastSize", "bid", "recv", "ts"} {
			if fmt.Sprint(got[key]) != fmt.Sprint(q[key]) {
				t.Errorf("%s: %s is %v, was %v", symbol, key, got[key], q[key])
			}
		}
	}
	recorded := len(second.history("A"))
	second.end()
	third := startServe(t, "--data", dir, "--feed", "push:")
	if again := len(third.history("A")); again != recorded || recorded == 0 {
		t.Errorf("%d records of A after the session was played, %d before", again, recorded)
	}
}

// TestHistoryOfReplayedCaptures plays every recording that is there with its own
// times, keeping every update and then one a second, and compares what history
// says with the expected files: the record of each symbol at seven moments, and
// the number, the volume and the extremes of all trades.
func TestHistoryOfReplayedCaptures(t *testing.T) {
	t.Parallel()
	for _, c := range readCaptures(t) {
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			want := readExpected(t, c)
			every, sampled := t.TempDir(), t.TempDir()
			for dir, period := range map[string]string{every: "0s", sampled: "1s"} {
				r := startServe(t, "--data", dir, "--config", writeFile(t, "history: {every: "+period+"}"), "--feed", c.feed())
				r.log.line(t, "recording has ended")
				if code := r.end(); code != 0 {
					t.Fatalf("exit %d: %s", code, r.log)
				}
			}
			all := startServe(t, "--data", every, "--feed", "push:")
			some := startServe(t, "--data", sampled, "--feed", "push:")
			for _, e := range want {
				compareAsOf(t, all, e)
				compareTrades(t, all, e)
				for _, step := range []string{"1s", "7s", "1m"} {
					if e.TradeUpdates == 0 {
						continue
					}
					params := e.span(step)
					if diff := cmp.Diff(all.candles(e.Symbol, params), some.candles(e.Symbol, params), numbers()); diff != "" {
						t.Errorf("%s, %s candles of every trade and of samples (-every +samples):\n%s", e.Symbol, step, diff)
					}
				}
			}
		})
	}
}

// numbers compares numbers by their value.
func numbers() cmp.Option {
	return cmp.Comparer(func(a, b json.Number) bool {
		x, errX := market.ParseDecimal(a.String())
		y, errY := market.ParseDecimal(b.String())
		return errX == nil && errY == nil && x.Equal(y)
	})
}

// span asks for candles of all that a recording has of a symbol.
func (e *expected) span(step string) url.Values {
	return url.Values{
		"step": {step}, "from": {fmt.Sprint(e.FirstRecv / 1000)}, "to": {fmt.Sprint(e.LastRecv/1000 + 1)},
	}
}

func compareAsOf(t *testing.T, r *running, e expected) {
	t.Helper()
	for _, probe := range e.AsOf {
		q := r.asOf(probe.At / 1000)[e.Symbol]
		if probe.State == nil {
			if q != nil {
				t.Errorf("%s as of %d: %v, want none", e.Symbol, probe.At, q)
			}
			continue
		}
		e.State = probe.State
		compareFields(t, e, q)
	}
}

func compareTrades(t *testing.T, r *running, e expected) {
	t.Helper()
	if e.Updates == 0 {
		return
	}
	var sum market.Bar
	for _, c := range r.candles(e.Symbol, e.span("1h")) {
		part := market.Bar{Envelope: market.Envelope{High: decimalOf(t, c.High), Low: decimalOf(t, c.Low), Trades: c.Trades}}
		part.Volume.Add(decimalOf(t, c.Volume))
		sum.Merge(&part)
	}
	if sum.Trades != e.TradeUpdates {
		t.Errorf("%s: %d trades, want %d", e.Symbol, sum.Trades, e.TradeUpdates)
	}
	if sum.Trades > 0 && !(sameNumber(t, sum.Volume.String(), e.TradeVolume) &&
		sameNumber(t, sum.High.String(), e.TradeMax) && sameNumber(t, sum.Low.String(), e.TradeMin)) {
		t.Errorf("%s: volume %v from %v to %v, want %s from %s to %s", e.Symbol,
			sum.Volume, sum.Low, sum.High, e.TradeVolume, e.TradeMin, e.TradeMax)
	}
}

func decimalOf(t *testing.T, n json.Number) market.Decimal {
	t.Helper()
	d, err := market.ParseDecimal(n.String())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

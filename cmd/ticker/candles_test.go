package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const twoCandles = `{"candles":[
 {"ts":1795185000000000, "open":1.50,"high":2,"low":-1,"close":2,"volume":100.001,"trades":7,"novelty":"\u009b2J"},
 {"ts":1795185060000000,"open":2,"high":2,"low":2,"close":2,"volume":0,"trades":1}]}`

func TestCandlesArePrintedAsTheServiceWroteThem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		flags []string
		asked string
		want  string
	}{
		"JSON lines": {
			[]string{"--from", "2026-11-20T14:30:00Z", "--to", "1795188600000000", "--step", "1m"},
			"Bearer secret /v1/candles/BTC/USD?from=1795185000000000&step=60s&to=1795188600000000",
			`{"ts":1795185000000000,"open":1.50,"high":2,"low":-1,"close":2,"volume":100.001,"trades":7,"novelty":"\u009b2J"}` + "\n" +
				`{"ts":1795185060000000,"open":2,"high":2,"low":2,"close":2,"volume":0,"trades":1}` + "\n",
		},
		"a table": {
			[]string{"--format", "csv"},
			"Bearer secret /v1/candles/BTC/USD",
			"ts,open,high,low,close,volume,trades\n" +
				"1795185000000000,1.50,2,-1,2,100.001,7\n1795185060000000,2,2,2,2,0,1\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, asked := answeringHTTP(t, 200, twoCandles)
			args := append([]string{"candles", "--url", address, "BTC/USD"}, c.flags...)
			code, stdout, stderr := program(t, []string{"TICKER_TOKEN=secret"}, args...)
			if diff := cmp.Diff(c.want, stdout); diff != "" || code != 0 || stderr != "" {
				t.Errorf("exit code %d, stderr %q, stdout (-want +got):\n%s", code, stderr, diff)
			}
			if got := <-asked; got != c.asked {
				t.Errorf("asked %q, want %q", got, c.asked)
			}
		})
	}
}

func TestCandlesThatAreNotThereFail(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]struct {
		status int
		body   string
	}{
		"ticker: no candle of AAPL in that time\n": {200, `{"candles":[]}`},
		"ticker: get candles: not_found: no such symbol[2J\n": {
			404, `{"title":"Not Found","status":404,"detail":"no such symbol\u001b[2J","code":"not_found"}`,
		},
		"ticker: get candles: read message: unexpected kind of value: an object instead of an array at byte 11\n": {200, `{"candles":{}}`},
		"ticker: get candles: 502 Bad Gateway\n": {502, "<html>"},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			address, _ := answeringHTTP(t, c.status, c.body)
			code, stdout, stderr := program(t, nil, "candles", "--url", address, "AAPL")
			if code != 1 || stdout != "" || stderr != want {
				t.Errorf("exit code %d, stdout %q, stderr %q, want 1 and %q", code, stdout, stderr, want)
			}
		})
	}
}

func TestCandlesThatCannotBeAskedForAreAMistakeOfTheCaller(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"candles":                          "candles takes one SYMBOL",
		"candles A B":                      "candles takes one SYMBOL",
		"candles BTC-*":                    `no symbol "BTC-*"`,
		"candles aapl":                     `no symbol "aapl"`,
		"candles --from yesterday A":       `--from "yesterday": not an RFC 3339 time`,
		"candles --to 0 A":                 `--to "0": not an RFC 3339 time`,
		"candles --from 2 --to 1 A":        "--from must be before --to",
		"candles --step minute A":          `--step "minute": not a duration`,
		"candles --step -1m A":             "--step must be above 0",
		"candles --format xml A":           "must be json or csv",
		"candles --url ftp://host A":       "--url: read URL",
		"snapshot --at 0 A":                `--at "0": not an RFC 3339 time`,
		"snapshot --at never A":            `--at "never": not an RFC 3339 time`,
		"snapshot --format JSON A":         "must be json or csv",
		"snapshot --at 2026-11-20 --url x": "snapshot takes at least one SYMBOL",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := program(t, nil, strings.Fields(args)...)
			if code != 2 || stdout != "" || !strings.Contains(stderr, want) || strings.Count(stderr, "\n") != 1 {
				t.Errorf("exit code %d, stdout %q, stderr %q, want 2 and %q", code, stdout, stderr, want)
			}
		})
	}
}

func TestSnapshotAsATableHasAColumnForEveryField(t *testing.T) {
	t.Parallel()
	address, asked := answeringHTTP(t, 200, `{"quotes":[
		{"symbol":"A","seq":1,"bid":1.50,"ts":1,"recv":2,"source":"a \"b\", c`+"\u009b"+`2J"},
		{"symbol":"B","seq":9,"volume":12345678901234567890.5,"recv":3,"status":"stale","reason":"silent"}]}`)
	code, stdout, stderr := program(t, nil, "snapshot", "--format", "csv", "--url", address, "--at", "7", "A", "B")
	want := `symbol,seq,bid,bidSize,ask,askSize,last,lastSize,open,high,low,volume,ts,recv,source,status,reason
A,1,1.50,,,,,,,,,,1,2,"a ""b"", c2J",live,
B,9,,,,,,,,,,12345678901234567890.5,,3,,stale,silent
`
	if diff := cmp.Diff(want, stdout); diff != "" || code != 0 || stderr != "" {
		t.Errorf("exit code %d, stderr %q, stdout (-want +got):\n%s", code, stderr, diff)
	}
	if got := <-asked; got != " /v1/snapshot?at=7&symbols=A%2CB" {
		t.Errorf("asked %q", got)
	}
}

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"

	"ticker/auth"
)

const planDelay = 2 * time.Second

// planned is a service with a delayed plan of two seconds. What is pushed are trades of A
// whose prices count them.
type planned struct {
	*running
	live, delayed string      // credentials
	pushed        []time.Time // before each trade was sent
}

func startPlanned(t *testing.T) *planned {
	t.Helper()
	file := writeFile(t, "auth: {mode: jwt, jwt: {secret: "+testSecret+"}, delays: [2s, 1m]}\n"+
		"history: {every: 200ms}\nlimits: {requests_per_second: 10000}")
	p := &planned{running: startServe(t, "--config", file, "--feed", "push:")}
	for at, args := range map[*string][]string{&p.live: {"--publish", "*"}, &p.delayed: {"--delay", "2s"}} {
		code, token, stderr := program(t, nil, append([]string{"token", "--config", file, "--sub", "desk"}, args...)...)
		if code != 0 {
			t.Fatal(stderr)
		}
		*at = strings.TrimSpace(token)
	}
	return p
}

// ask makes a request with a credential.
func (p *planned) ask(method, path, credential, body string) (int, string) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.public+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+credential)
	return do(p.t, req)
}

// trade pushes the next trade.
func (p *planned) trade() {
	p.t.Helper()
	n := len(p.pushed)
	p.pushed = append(p.pushed, time.Now())
	body := fmt.Sprintf(`{"symbol":"A","last":%d,"lastSize":1}`, n)
	if code, text := p.ask(http.MethodPost, "/v1/quotes", p.live, body); code != http.StatusOK || !strings.Contains(text, `"accepted":1`) {
		p.t.Fatalf("%d %s", code, text)
	}
}

// newestIn returns the newest trade that a text tells of, -1 for none, and says that all
// of them were sent long enough ago.
func (p *planned) newestIn(what, text string) int {
	p.t.Helper()
	now, newest := time.Now(), -1
	for _, m := range regexp.MustCompile(`"(?:last|high|close)":(\d+)`).FindAllStringSubmatch(text, -1) {
		n, err := strconv.Atoi(m[1])
		if err != nil || n >= len(p.pushed) {
			p.t.Fatalf("%s: %v in %s", what, err, text)
		}
		if age := now.Sub(p.pushed[n]); age < planDelay {
			p.t.Errorf("%s shows trade %d after %v", what, n, age)
		}
		newest = max(newest, n)
	}
	return newest
}

// dialDelayed opens a session of the delayed plan and subscribes to everything.
func (p *planned) dialDelayed() *websocket.Conn {
	p.t.Helper()
	dialer := &websocket.Dialer{Subprotocols: []string{"ticker.v1.json", "bearer." + p.delayed}}
	conn, resp, err := dialer.DialContext(p.t.Context(), "ws"+strings.TrimPrefix(p.public, "http")+"/v1/ws", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	defer closing(p.t, resp.Body)
	p.t.Cleanup(func() { closing(p.t, conn) })
	next(p.t, conn) // the welcome
	request(p.t, conn, `{"type":"command","id":"1","action":"subscribe","symbols":["*"],"envelope":true}`)
	return conn
}

// stream reads what an event stream of the delayed plan says.
func (p *planned) stream() io.Reader {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.public+"/v1/sse?symbols=*", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.delayed)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { closing(p.t, resp.Body) })
	return resp.Body
}

func TestADelayedPlanSeesTheMarketLateOnEveryRoad(t *testing.T) {
	t.Parallel()
	p := startPlanned(t)
	conn, stream := p.dialDelayed(), p.stream()
	seen := make(map[string]int)
	look := func(road, target string) bool {
		code, text := p.ask(http.MethodGet, strings.ReplaceAll(target, "NOW", fmt.Sprint(time.Now().UnixMicro())), p.delayed, "")
		if code != http.StatusOK && code != http.StatusNoContent && code != http.StatusNotFound {
			t.Fatalf("%s: %d %s", road, code, text)
		}
		seen[road] = max(seen[road], p.newestIn(road, text))
		return seen[road] == len(p.pushed)-1
	}
	roads := map[string]string{
		"snapshot": "/v1/snapshot?symbols=*", "snapshot of now": "/v1/snapshot?symbols=*&at=NOW", "poll": "/v1/poll?symbols=*&wait=0s",
		"history": "/v1/history/A?limit=10000&to=NOW", "candles": "/v1/candles/A?step=1s", "candles of a minute": "/v1/candles/A?step=1m",
	}
	for seen["snapshot"] < 10 { // trades go on until the plan has come some way
		p.trade()
		for road, target := range roads {
			look(road, target)
		}
	}
	for road, target := range roads {
		eventually(t, road+" shows the last trade", func() bool { return look(road, target) })
	}
	trades := 0
	for newest := -1; newest < len(p.pushed)-1; {
		text := next(t, conn)
		newest = max(newest, p.newestIn("a session", text))
		for _, m := range regexp.MustCompile(`"trades":(\d+)`).FindAllStringSubmatch(text, -1) {
			n, _ := strconv.Atoi(m[1]) // of digits
			trades += n
		}
	}
	if trades != len(p.pushed) {
		t.Errorf("envelopes tell of %d trades, %d were pushed", trades, len(p.pushed))
	}
	var told strings.Builder
	for buf := make([]byte, 4096); p.newestIn("an event stream", told.String()) < len(p.pushed)-1; {
		n, err := stream.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		told.Write(buf[:n])
	}
	_, text := p.ask(http.MethodGet, "/v1/candles/A?step=1m", p.delayed, "")
	p.expectTrades(text)
	p.expectOriginal()
	if code := p.end(); code != 0 {
		t.Errorf("exit %d: %s", code, p.log)
	}
}

// expectTrades says that candles hold every trade.
func (p *planned) expectTrades(text string) {
	p.t.Helper()
	var answer struct{ Candles []candle }
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		p.t.Fatal(err)
	}
	var trades uint64
	for _, c := range answer.Candles {
		trades += c.Trades
	}
	if trades != uint64(len(p.pushed)) {
		p.t.Errorf("candles hold %d trades, %d were pushed", trades, len(p.pushed))
	}
}

// expectOriginal says that the delayed record, once nothing changes, is the live one but
// for its sequence, and that the two books are not of one epoch.
func (p *planned) expectOriginal() {
	p.t.Helper()
	var shown [2]map[string]any
	var cursors [2]string
	for i, credential := range []string{p.live, p.delayed} {
		_, text := p.ask(http.MethodGet, "/v1/snapshot?symbols=A", credential, "")
		shown[i] = records(p.t, []byte(text))["A"]
		delete(shown[i], "seq")
		cursors[i], _, _ = strings.Cut(text, ".")
	}
	if diff := cmp.Diff(shown[0], shown[1]); diff != "" || cursors[0] == cursors[1] {
		p.t.Errorf("cursors %q, records (-live +delayed):\n%s", cursors, diff)
	}
}

func TestADelayedPlanBeginsWithWhatWasAfterARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := writeFile(t, "auth: {mode: jwt, jwt: {secret: "+testSecret+"}, delays: [2s]}\nhistory: {every: 200ms}")
	_, token, _ := program(t, nil, "token", "--config", file, "--sub", "desk", "--publish", "*", "--delay", "2s")
	args := []string{"--config", file, "--data", dir, "--feed", "push:"}
	first := &planned{running: startServe(t, args...), live: strings.TrimSpace(token)}
	first.trade()
	first.end()
	second := &planned{running: startServe(t, args...)}
	eventually(t, "the record of the first run, as stale", func() bool {
		_, text := second.ask(http.MethodGet, "/v1/snapshot?symbols=A", first.live, "")
		return strings.Contains(text, `"last":0`) && strings.Contains(text, `"status":"stale","reason":"disconnected"`)
	})
}

func TestMistakesOfDelayedPlansAreNamedWithKeyAndLine(t *testing.T) {
	t.Parallel()
	const mode = "auth:\n  mode: jwt\n  jwt: {secret: " + testSecret + "}\n  "
	key := "{id: a, sha256: " + strings.Repeat("ab", 32)
	for text, want := range map[string]string{
		mode + "delays: 15m":                                                  ":4: auth.delays: must be a list",
		mode + "delays: [15]":                                                 `:4: auth.delays: "15" has no unit`,
		mode + "delays: [-15m]":                                               ":4: auth.delays: -15m0s is out of range: want 1s to 24h0m0s",
		mode + "delays: [25h]":                                                ":4: auth.delays: 25h0m0s is out of range",
		mode + "delays: [15m, 900s]":                                          ":4: auth.delays: 15m0s is given twice",
		mode + "delays: [2s,3s,4s,5s,6s]":                                     ":4: auth.delays: 5 delays: want 4 at most",
		mode + "delays: [1900ms]":                                             ":4: auth.delays: 1.9s is too short: want history.every, which is 1s, and 1s more",
		mode + "delays: [2h]\nhistory: {retention: 1h}":                       ":4: auth.delays: 2h0m0s is longer than history.retention, which is 1h0m0s",
		mode + "delays: [15m]\nhistory: {url: 'off'}":                         ":4: auth.delays: needs a history, and history.url is off",
		mode + "delays: [15m]\nfeeds: ['history:?from=2026-11-20T14:30:00Z']": ":4: auth.delays: needs a history that is recorded, and a feed plays it",
		mode + "delays: [15m]\n  keys: [" + key + ", delay: 10m}]":            ":5: auth.keys: entry 1: delay: 10m0s is none of auth.delays",
		mode + "keys: [" + key + ", delay: -1s}]":                             ":4: auth.keys: entry 1: delay: -1s is out of range",
		"auth:\n  delays: [15m]":                                              ":2: auth.delays: means nothing without auth.mode",
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			code, _, stderr := program(t, nil, "config", "check", writeFile(t, text))
			if code != 2 || !strings.Contains(stderr, want) {
				t.Errorf("exit %d: %s", code, stderr)
			}
		})
	}
	for _, text := range []string{
		mode + "delays: []\nhistory: {url: 'off'}",
		mode + "delays: [2s, 24h]\n  keys: [" + key + ", delay: 2s}]",
		mode + "delays: [48m]\nhistory: {retention: 0s, every: 1m}",
	} {
		if code, _, stderr := program(t, nil, "config", "check", writeFile(t, text)); code != 0 {
			t.Errorf("%s: exit %d: %s", text, code, stderr)
		}
	}
	environ := []string{"TICKER_AUTH_MODE=keys", "TICKER_AUTH_DELAYS=15m 1h", "TICKER_AUTH_KEYS=id=a&delay=15m&sha256=" + strings.Repeat("0f", 32)}
	code, stdout, stderr := program(t, environ, "config", "print")
	if code != 0 || !strings.Contains(stdout, "delays:\n    - \"15m0s\"\n    - \"1h0m0s\"\n") || !strings.Contains(stdout, "delay=15m0s") {
		t.Errorf("exit %d: %s%s", code, stdout, stderr)
	}
}

func TestATokenOfADelayedPlanSaysSo(t *testing.T) {
	t.Parallel()
	file := writeFile(t, "auth: {mode: jwt, jwt: {secret: "+testSecret+"}, delays: [15m]}")
	authority, err := auth.New(auth.Config{JWT: auth.JWT{Algorithm: auth.HS256, Secret: testSecret}})
	if err != nil {
		t.Fatal(err)
	}
	_, token, stderr := program(t, nil, "token", "--config", file, "--sub", "desk", "--delay", "15m")
	g, err := authority.Authenticate(t.Context(), strings.TrimSpace(token))
	if err != nil || g.Delay != 15*time.Minute {
		t.Errorf("%+v, %v: %s", g, err, stderr)
	}
	for delay, want := range map[string]string{"-1s": "delay: is below 0", "25h": "delay: is more than can be meant"} {
		code, stdout, stderr := program(t, nil, "token", "--config", file, "--sub", "desk", "--delay", delay)
		if code != 2 || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("--delay %s: exit %d %q %q", delay, code, stdout, stderr)
		}
	}
}

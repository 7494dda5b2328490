package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// logBuffer is a stderr that tests can wait on.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{}
}

func newLogBuffer() *logBuffer { return &logBuffer{more: make(chan struct{}, 1)} }

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	b.text.Write(p)
	b.mu.Unlock()
	select {
	case b.more <- struct{}{}:
	default:
	}
	return len(p), nil
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// line waits for a log line with this message and returns its attributes.
func (b *logBuffer) line(t testing.TB, message string) map[string]any {
	t.Helper()
	for {
		for _, text := range strings.Split(b.String(), "\n") {
			var line map[string]any
			if json.Unmarshal([]byte(text), &line) == nil && line["msg"] == message {
				return line
			}
		}
		select {
		case <-b.more:
		case <-t.Context().Done():
			t.Fatalf("no line %q in\n%s", message, b.String())
		case <-time.After(30 * time.Second):
			t.Fatalf("no line %q in\n%s", message, b.String())
		}
	}
}

// running is a service in this process.
type running struct {
	t             testing.TB
	log           *logBuffer
	stop          context.CancelFunc
	exit          chan int
	public, admin string // http://HOST:PORT
}

// startServe runs `ticker serve` on free ports until the test ends.
func startServe(t testing.TB, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	r := &running{t: t, log: newLogBuffer(), stop: cancel, exit: make(chan int, 1)}
	env := &environment{
		args:  append([]string{"serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data", t.TempDir()}, args...),
		stdin: strings.NewReader(""), stdout: io.Discard, stderr: r.log,
	}
	go func() { r.exit <- run(ctx, env) }()
	t.Cleanup(func() { r.end() })
	line := r.log.line(t, "serving")
	r.public = strings.TrimSuffix(line["dashboard"].(string), "/")
	r.admin = strings.TrimSuffix(line["admin"].(string), "/metrics")
	return r
}

// end stops the service and returns its exit code.
func (r *running) end() int {
	r.stop()
	code := <-r.exit
	r.exit <- code
	return code
}

// get fetches a URL and returns status and body.
func get(t testing.TB, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return do(t, req)
}

func post(t *testing.T, url, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return do(t, req)
}

func do(t testing.TB, req *http.Request) (int, string) {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, resp.Body)
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// snapshot returns the newest records of all symbols, numbers as text.
func (r *running) snapshot() map[string]map[string]any {
	r.t.Helper()
	code, body := get(r.t, r.public+"/v1/snapshot?symbols=*")
	if code != http.StatusOK {
		r.t.Fatalf("snapshot: %d %s", code, body)
	}
	return records(r.t, []byte(body))
}

// records returns the quotes of a snapshot or an event by symbol.
func records(t testing.TB, text []byte) map[string]map[string]any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var message struct {
		Quotes []map[string]any `json:"quotes"`
	}
	if err := dec.Decode(&message); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	all := make(map[string]map[string]any)
	for _, q := range message.Quotes {
		all[fmt.Sprint(q["symbol"])] = q
	}
	return all
}

func TestServeWithoutFlagsShowsAMarketAtOnce(t *testing.T) {
	t.Parallel()
	r := startServe(t)
	all := r.snapshot()
	for ; len(all) < 500; all = r.snapshot() {
		if err := t.Context().Err(); err != nil {
			t.Fatal(err)
		}
	}
	for symbol, q := range all {
		for _, field := range []string{"bid", "bidSize", "ask", "askSize", "last", "lastSize", "volume", "seq", "ts", "recv"} {
			if _, ok := q[field]; !ok {
				t.Fatalf("%s has no %s: %v", symbol, field, q)
			}
		}
	}
	code, page := get(t, r.public+"/")
	if code != http.StatusOK || !strings.Contains(page, "<title>") {
		t.Errorf("dashboard: %d", code)
	}
	for path, want := range map[string]string{"/healthz": "", "/readyz": "", "/metrics": `ticker_feed_connected{feed="sim"} 1`, "/debug/pprof/": "goroutine"} {
		if code, body := get(t, r.admin+path); code != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %d\n%s", path, code, body)
		}
	}
	if code := r.end(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestEveryMetricOfTheContractIsThere(t *testing.T) {
	t.Parallel()
	r := startServe(t)
	conn := dial(t, r)
	request(t, conn, `{"type":"command","id":"1","action":"subscribe","symbols":["*"]}`)
	// A command is counted before the next one is read.
	for text := request(t, conn, `{"type":"ping","id":"2"}`); !strings.Contains(text, `"pong"`); {
		text = next(t, conn)
	}
	_, metrics := get(t, r.admin+"/metrics")
	for _, name := range []string{
		"ticker_feed_updates_total{feed=\"sim\",result=\"accepted\"}", "ticker_feed_connected{", "ticker_book_symbols ",
		"ticker_sessions{transport=\"websocket\"}", "ticker_subscriptions ", "ticker_delivered_updates_total{", "ticker_delivered_frames_total{",
		"ticker_delivered_bytes_total{", "ticker_conflated_updates_total ", "ticker_delivery_age_seconds_bucket{", "ticker_commands_total{action=\"subscribe\",result=\"ok\"} 1",
	} {
		if !strings.Contains(metrics, name) {
			t.Errorf("no %s in /metrics", name)
		}
	}
}

func closing(t testing.TB, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// dial opens a session and reads its welcome.
func dial(t testing.TB, r *running) *websocket.Conn {
	t.Helper()
	conn, resp, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(r.public, "http")+"/v1/ws", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, resp.Body)
	t.Cleanup(func() { closing(t, conn) })
	if _, text, err := conn.ReadMessage(); err != nil || !bytes.Contains(text, []byte(`"welcome"`)) {
		t.Fatalf("no welcome: %v %s", err, text)
	}
	return conn
}

// request sends a command and returns the next message.
func request(t testing.TB, conn *websocket.Conn, text string) string {
	t.Helper()
	if err := conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		t.Fatal(err)
	}
	return next(t, conn)
}

func next(t testing.TB, conn *websocket.Conn) string {
	t.Helper()
	_, text, err := conn.ReadMessage()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAPushedQuoteReachesAClientDigitByDigit(t *testing.T) {
	t.Parallel()
	r := startServe(t, "--feed", "push:")
	conn := dial(t, r)
	answer := request(t, conn, `{"type":"command","id":"1","action":"subscribe","symbols":["AAPL","X*"]}`)
	if !strings.Contains(answer, `"pending":["AAPL"]`) {
		t.Errorf("answer %s", answer)
	}
	const price = "12345678901234567890.123456789012345678"
	code, body := post(t, r.public+"/v1/quotes", `{"symbol":"AAPL","bid":`+price+`,"ts":1763740800000000}`)
	if code != http.StatusOK || body != `{"accepted":1,"rejected":[]}` {
		t.Errorf("post: %d %s", code, body)
	}
	event := next(t, conn)
	if !strings.Contains(event, `"bid":`+price) || !strings.Contains(event, `"seq":1`) || !strings.Contains(event, `"source":"push"`) {
		t.Errorf("event %s", event)
	}
	published := request(t, conn, `{"type":"command","id":"2","action":"publish","quotes":[{"symbol":"XYZ","last":"1.50"},{"symbol":"xyz"}]}`)
	event = next(t, conn)
	if strings.Contains(published, `"quotes"`) { // the record may overtake the answer
		published, event = event, published
	}
	if !strings.Contains(published, `"accepted":1`) || !strings.Contains(published, `"bad_symbol"`) || !strings.Contains(event, `"last":1.50`) {
		t.Errorf("published %s\nevent %s", published, event)
	}
}

func TestASilentFeedTurnsItsSymbolsStaleUntilItSpeaks(t *testing.T) {
	t.Parallel()
	r := startServe(t, "--feed", "push:?silence=300ms")
	conn := dial(t, r)
	request(t, conn, `{"type":"command","id":"1","action":"subscribe","symbols":["*"],"interval":"20ms"}`)
	for i, quote := range []string{`{"symbol":"A","bid":1}`, `{"symbol":"A","bid":2}`} {
		post(t, r.public+"/v1/quotes", quote)
		if event := next(t, conn); strings.Contains(event, `"status"`) {
			t.Errorf("a live record: %s", event)
		}
		want := fmt.Sprintf(`"seq":%d,"bid":%d,`, 2*i+2, i+1)
		event := next(t, conn)
		if !strings.Contains(event, `"status":"stale","reason":"silent"`) || !strings.Contains(event, want) {
			t.Errorf("a stale record: %s, want %s", event, want)
		}
	}
	if q := r.snapshot()["A"]; q["status"] != "stale" || q["reason"] != "silent" {
		t.Errorf("snapshot %v", q)
	}
}

func TestShutdownAnnouncesClosesWith1001AndExits0(t *testing.T) {
	t.Parallel()
	r := startServe(t)
	conn := dial(t, r)
	r.stop()
	var messages []string
	for {
		_, text, err := conn.ReadMessage()
		if err != nil {
			if !websocket.IsCloseError(err, websocket.CloseGoingAway) {
				t.Errorf("closed with %v", err)
			}
			break
		}
		messages = append(messages, string(text))
	}
	if !strings.Contains(strings.Join(messages, "\n"), `"event":"draining"`) {
		t.Errorf("no draining event in %v", messages)
	}
	if code := r.end(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	r.log.line(t, "stopped")
}

func TestAPortInUseIsARunTimeFailure(t *testing.T) {
	t.Parallel()
	r := startServe(t)
	address := strings.TrimPrefix(r.public, "http://")
	code, _, stderr := program(t, nil, "serve", "--listen", address, "--admin", "127.0.0.1:0")
	if code != 1 || !strings.Contains(stderr, address) || strings.Count(stderr, "\n") != 1 {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

func TestMistakesOfTheCommandLineExit2WithOneLine(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"serv"},
		{"serve", "--nonsense"},
		{"serve", "extra"},
		{"serve", "--listen", "nowhere"},
		{"serve", "--feed", "martian:"},
		{"serve", "--feed", "sim:?symbols=0"},
		{"serve", "--feed", "sim:?nonsense=1"},
		{"serve", "--feed", "push:?x=1"},
		{"serve", "--feed", "replay:/does/not/exist"},
		{"serve", "--history", "mysql://x/y"},
		{"serve", "--feed", "history:"},
		{"serve", "--feed", "history:?from=soon"},
		{"serve", "--feed", "history:?from=2&to=1"},
		{"serve", "--feed", "history:?from=1&silence=5s"},
		{"serve", "--history", "off", "--feed", "history:?from=1"},
		{"serve", "--listen", "0.0.0.0:0"},
		{"config", "nonsense"},
		{"config", "check"},
		{"config", "print", "x"},
		{"version", "x"},
		{"token"},
		{"token", "x"},
		{"token", "--sub", "a", "--ttl", "soon"},
		{"key", "x"},
		{"watch"},
		{"snapshot"},
		{"watch", "--interval", "soon", "A"},
		{"snapshot", "--nonsense"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := program(t, nil, args...)
			if code != 2 || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "ticker: ") {
				t.Errorf("exit %d, stdout %q, stderr %q", code, stdout, stderr)
			}
		})
	}
}

func TestHelpOfEveryCommandExits0(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"", "serve", "watch", "snapshot", "config", "config check", "config print", "token", "key", "version"} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := program(t, nil, append(strings.Fields(command), "-h")...)
			if code != 0 || stderr != "" || !strings.Contains(stdout, "Usage:") {
				t.Errorf("exit %d, stdout %q, stderr %q", code, stdout, stderr)
			}
		})
	}
	if code, stdout, _ := program(t, nil, "version"); code != 0 || !strings.HasPrefix(stdout, "ticker ") || !strings.Contains(stdout, "go1.") {
		t.Errorf("version: exit %d %q", code, stdout)
	}
}

package server_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ticker/auth"
	"ticker/server"
	"ticker/wire"
)

// logText is a log that is read while it is written.
type logText struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func TestNoLogLineAndNoAnswerHoldsACredential(t *testing.T) {
	t.Parallel()
	var log logText
	r := overTCP(t, guarded, func(_ testing.TB, cfg *server.Config) {
		cfg.AllowQuery = true
		cfg.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		cfg.Limits.Handshakes, cfg.Limits.CommandBurst = 100_000, 100_000
	})
	good := mint(t, auth.Claims{Subject: "desk-1", Rights: auth.Rights{Symbols: []string{"A"}}})
	delayed := mint(t, auth.Claims{Subject: "late", Rights: auth.Rights{Delay: time.Hour}})
	rapid.Check(t, func(rt *rapid.T) {
		credential := rapid.OneOf(
			rapid.StringMatching(`[A-Za-z0-9_-]{12,40}`),
			rapid.StringMatching(`[A-Za-z0-9_-]{8,20}\.[A-Za-z0-9_-]{8,20}\.[A-Za-z0-9_-]{8,20}`),
			rapid.SampledFrom([]string{good, delayed, good + "x", good[:len(good)-4] + "AAAA"}),
		).Draw(rt, "credential")
		answers := []answer{
			r.get("/v1/snapshot?symbols=B", bearer(credential)...),
			r.get("/v1/symbols?token=" + credential),
			r.get("/v1/symbols?token="+credential, bearer(good+"y")...),
			r.askRoad("/v1/sse?symbols=a&token=" + credential),
		}
		c, got := r.shake("Sec-WebSocket-Protocol", "ticker.v1.json, bearer."+credential)
		answers = append(answers, got)
		_ = c.conn.Close()
		c = r.stranger()
		c.ask("1", &wire.Auth{Token: credential})
		text := string(wire.JSON.AppendMessage(nil, respondable(c.next())))
		_ = c.conn.Close()
		for _, got := range answers {
			for _, values := range got.header {
				text += strings.Join(values, " ")
			}
			text += got.body
		}
		text += log.String()
		for part := range strings.SplitSeq(credential, ".") {
			if len(part) >= 8 && strings.Contains(text, part) {
				rt.Fatalf("%s stands in\n%s", part, text)
			}
		}
	})
	if !strings.Contains(log.String(), "credential refused") {
		t.Error("nothing was logged")
	}
}

// respondable makes a message that was read one that can be written.
func respondable(m wire.Message) wire.Message {
	if r, ok := m.(*wire.Response); ok {
		r.Result = &wire.Authenticated{}
		_ = r.Decode(r.Result) // what it is not is not in it either
	}
	return m
}

func TestOnlyCoveredSymbolsArePublished(t *testing.T) {
	t.Parallel()
	r := overTCP(t, guarded, withPush(true))
	token := mint(t, auth.Claims{Rights: auth.Rights{Symbols: []string{}, Publish: []string{"A*", "C"}}})
	const body = `[{"symbol":"A1","bid":1},{"symbol":"B1","bid":1},{"symbol":"C","bid":1},{"symbol":"c"}]`
	judge := func(road string, got wire.Published) {
		t.Helper()
		if got.Accepted != 2 || len(got.Rejected) != 2 ||
			got.Rejected[0].Line != 2 || got.Rejected[0].Code != wire.CodeForbidden || got.Rejected[1].Code != wire.CodeBadSymbol {
			t.Errorf("%s: %+v", road, got)
		}
	}
	var got wire.Published
	posted := r.request(http.MethodPost, "/v1/quotes", body, bearer(token)...)
	if err := wire.JSON.ParseResult([]byte(posted.body), &got); err != nil {
		t.Fatal(err)
	}
	judge("POST", got)
	c := r.shakeAs(token)
	c.send(`{"type":"command","id":"1","action":"publish","quotes":` + body + `}`)
	got = wire.Published{}
	c.result("1", &got)
	judge("WebSocket", got)
	if r.book.Find("B1") != nil || r.book.Find("A1") == nil {
		t.Error("the book holds other symbols than those that may be published")
	}
	posted = r.request(http.MethodPost, "/v1/quotes", `{"symbol":"A1","bid":2}`, bearer(reading(t))...)
	if p := posted.problem(t); p.Status != http.StatusForbidden || p.Code != wire.CodeForbidden {
		t.Errorf("without a word about publishing: %+v", posted)
	}
}

func TestBrowsersAreToldWhichPagesMaySendACredential(t *testing.T) {
	t.Parallel()
	r := overTCP(t, guarded, withOrigins("https://app.example.com"))
	ask := func(path, origin string) answer {
		t.Helper()
		return r.request(http.MethodOptions, path, "", "Origin", origin,
			"Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "authorization")
	}
	for path, methods := range map[string]string{
		"/v1/snapshot": "GET, HEAD", "/v1/history/A": "GET, HEAD", "/v1/sse": "GET", "/v1/poll": "GET", "/v1/quotes": "POST",
	} {
		got := ask(path, "https://app.example.com")
		if got.status != http.StatusNoContent || got.header.Get("Access-Control-Allow-Origin") != "https://app.example.com" ||
			got.header.Get("Access-Control-Allow-Methods") != methods || got.header.Get("Vary") != "Origin" {
			t.Errorf("%s: %+v", path, got)
		}
		for _, name := range []string{"Authorization", "Content-Type", "Last-Event-ID"} {
			if !strings.Contains(got.header.Get("Access-Control-Allow-Headers"), name) {
				t.Errorf("%s: %s is not allowed", path, name)
			}
		}
		for _, origin := range []string{"https://evil.example.com", "null", "http://app.example.com"} {
			if got := ask(path, origin); got.status != http.StatusForbidden || got.header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s for %s: %+v", path, origin, got)
			}
		}
		if got := r.request(http.MethodOptions, path, ""); got.status != http.StatusMethodNotAllowed {
			t.Errorf("%s, which is no question of a browser: %+v", path, got)
		}
	}
	if got := ask("/v1/nothing", "https://app.example.com"); got.status != http.StatusNotFound {
		t.Errorf("%+v", got)
	}
	// The page may read why it is refused.
	for _, path := range []string{"/v1/sse?symbols=A", "/v1/poll?symbols=A", "/v1/symbols"} {
		got := r.get(path, "Origin", "https://app.example.com")
		if got.status != http.StatusUnauthorized || got.header.Get("Access-Control-Allow-Origin") == "" {
			t.Errorf("%s: %+v", path, got)
		}
	}
}

func TestAnswersOverTLSTellBrowsersToStayWithIt(t *testing.T) {
	t.Parallel()
	r := overTLS(t)
	for _, path := range []string{"/", "/v1/symbols", "/v1/nothing"} {
		if got := r.get(path).header.Get("Strict-Transport-Security"); got != "max-age=31536000" {
			t.Errorf("%s: %q", path, got)
		}
	}
	if got := overTCP(t).get("/"); got.header.Get("Strict-Transport-Security") != "" {
		t.Errorf("without TLS: %+v", got.header)
	}
}

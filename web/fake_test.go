package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ticker is a server as the page sees it: the dashboard at /, a socket at /v1/ws
// whose every message the test decides, and candles of the trades it is told.
type ticker struct {
	t   testing.TB
	url string
	// heartbeat is what welcome says.
	heartbeat string
	// mute leaves pings without an answer.
	mute bool
	// grant is the interval that subscriptions get, whatever they ask for.
	grant string
	// turnAway, while true, refuses connections.
	turnAway atomic.Bool
	// dials counts the connections that were tried.
	dials atomic.Int64
	// sessions gets each session once it has subscribed.
	sessions chan *session
	// past answers for candles.
	past past
	// withoutLibrary, while true, refuses the library that draws them.
	withoutLibrary atomic.Bool

	handlers sync.WaitGroup
	mu       sync.Mutex
	open     []*websocket.Conn
}

// session is one connected page.
type session struct {
	t  testing.TB
	mu sync.Mutex
	ws *websocket.Conn
	// commands gets every command of the page, in order.
	commands chan command
}

type command struct {
	ID, Type, Action, Interval, Token string
	Symbols                           []string
}

func newTicker(tb testing.TB, options ...func(*ticker)) *ticker {
	tb.Helper()
	s := &ticker{t: tb, heartbeat: "15s", sessions: make(chan *session, 64)}
	for _, option := range options {
		option(s)
	}
	mux := http.NewServeMux()
	page := Handler()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if s.withoutLibrary.Load() && strings.HasPrefix(r.URL.Path, "/vendor/") {
			http.Error(w, "away", http.StatusServiceUnavailable)
			return
		}
		page.ServeHTTP(w, r)
	})
	mux.HandleFunc("/v1/ws", s.accept)
	mux.Handle("/v1/candles/", &s.past)
	server := httptest.NewServer(mux)
	tb.Cleanup(func() {
		server.Close()
		s.hangUp()
		s.handlers.Wait()
	})
	s.url = server.URL
	return s
}

func (s *ticker) accept(w http.ResponseWriter, r *http.Request) {
	s.handlers.Add(1) // while the server still waits for this request
	defer s.handlers.Done()
	s.dials.Add(1)
	if s.turnAway.Load() {
		http.Error(w, "away", http.StatusServiceUnavailable)
		return
	}
	upgrader := websocket.Upgrader{Subprotocols: []string{"ticker.v1.json"}}
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		s.t.Errorf("upgrade: %v", err)
		return
	}
	s.mu.Lock()
	s.open = append(s.open, ws)
	s.mu.Unlock()
	s.serve(&session{t: s.t, ws: ws, commands: make(chan command, 256)})
}

// serve greets a page and answers it until it is gone.
func (s *ticker) serve(page *session) {
	page.send(fmt.Sprintf(`{"type":"event","channel":"system","event":"welcome","session":"s","epoch":"e","heartbeat":%q,`+
		`"interval":{"default":"100ms","min":"20ms","max":"60s"},"limits":{"symbols":1000,"messageBytes":65536}}`, s.heartbeat))
	subscribed := false
	for {
		var c command
		if err := page.ws.ReadJSON(&c); err != nil {
			return
		}
		page.commands <- c
		switch {
		case c.Type == "ping" && !s.mute:
			page.send(fmt.Sprintf(`{"type":"pong","id":%q,"ts":%d}`, c.ID, time.Now().UnixMicro()))
		case c.Action == "subscribe":
			page.answer(c, s.grant)
			if !subscribed {
				s.sessions <- page
			}
			subscribed = true
		}
	}
}

// hangUp drops every connection without a word.
func (s *ticker) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ws := range s.open {
		_ = ws.Close() // it may be closed already
	}
	s.open = nil
}

func (p *session) answer(c command, grant string) {
	if grant == "" {
		grant = c.Interval
	}
	p.send(fmt.Sprintf(`{"type":"response","id":%q,"result":{"interval":%q,"subscribed":["*"],"pending":[],"rejected":[]}}`, c.ID, grant))
}

// send writes one message. A page that left meanwhile is no mistake.
func (p *session) send(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.ws.WriteMessage(websocket.TextMessage, []byte(text))
}

// quotes sends one frame of records, each a JSON object.
func (p *session) quotes(records ...string) {
	p.send(`{"type":"event","channel":"quotes","cursor":"c","quotes":[` + strings.Join(records, ",") + `]}`)
}

func (p *session) close(code int, reason string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	deadline := time.Now().Add(10 * time.Second)
	if err := p.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), deadline); err != nil {
		p.t.Errorf("close session: %v", err)
	}
}

// next returns the page's next command with the given action.
func (p *session) next(action string) command {
	p.t.Helper()
	late := time.After(20 * time.Second)
	for {
		select {
		case c := <-p.commands:
			if c.Action == action {
				return c
			}
		case <-late:
			p.t.Fatalf("no command %q came", action)
		}
	}
}

// session waits until a page has subscribed.
func (s *ticker) session() *session {
	s.t.Helper()
	select {
	case page := <-s.sessions:
		return page
	case <-time.After(20 * time.Second):
		s.t.Fatal("no page subscribed")
	}
	return nil
}

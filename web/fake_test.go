package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
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
// or a stream at /v1/sse whose every record the test decides, and candles of the
// trades it is told.
type ticker struct {
	t   testing.TB
	url string
	// heartbeat is what welcome says.
	heartbeat string
	// mute leaves pings without an answer.
	mute bool
	// grant is the interval that subscriptions get, whatever they ask for.
	grant string
	// epoch, if set, is that of every session; else each has its own.
	epoch string
	// symbols are those that can be found.
	symbols []string
	// reject names a symbol that is not for this client.
	reject string
	// withoutSocket makes it a server that only HTTP gets through to.
	withoutSocket bool
	// turnAway, while true, refuses connections and questions.
	turnAway atomic.Bool
	// dials counts the connections that were tried.
	dials atomic.Int64
	// sessions gets each session once it has subscribed.
	sessions chan *session
	// past answers for candles, account for the ledger.
	past    past
	account atomic.Value
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
	// write sends one message, or one record of a stream.
	write func(text string) error
	ws    *websocket.Conn // nil over SSE
	// commands gets every command of the page, in order.
	commands chan command
}

type command struct {
	ID, Type, Action, Resource, Interval, Since, Token string
	Symbols                                            []string
	Params                                             struct {
		Symbol, Prefix, Step string
		From, To             int64
		Limit                int
	}
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
	mux.HandleFunc("/v1/sse", s.stream)
	mux.HandleFunc("/v1/symbols", s.findSymbols)
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
	if s.turnAway.Load() || s.withoutSocket {
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
	defer func() { _ = ws.Close() }() // it may be closed already
	write := func(text string) error { return ws.WriteMessage(websocket.TextMessage, []byte(text)) }
	s.serve(&session{t: s.t, ws: ws, write: write, commands: make(chan command, 256)})
}

// serve greets a page and answers it until it is gone.
func (s *ticker) serve(page *session) {
	page.send(s.welcome())
	subscribed := false
	for {
		var c command
		if err := page.ws.ReadJSON(&c); err != nil {
			return
		}
		page.commands <- c
		if answer := s.answer(c); answer != "" {
			page.send(answer)
		}
		if c.Action == "subscribe" && !subscribed {
			subscribed = true
			s.sessions <- page
		}
	}
}

func (s *ticker) welcome() string {
	epoch := s.epoch
	if epoch == "" {
		epoch = fmt.Sprintf("e%d", s.dials.Load())
	}
	return fmt.Sprintf(`{"type":"event","channel":"system","event":"welcome","session":"s","epoch":%q,"heartbeat":%q,`+
		`"interval":{"default":"100ms","min":"20ms","max":"60s"},"limits":{"symbols":1000,"messageBytes":65536,"commandsPerSecond":200,"commandBurst":500}}`,
		epoch, s.heartbeat)
}

// answer returns what is said to a command or a query, if anything.
func (s *ticker) answer(c command) string {
	result := "{}"
	switch {
	case c.Type == "ping" && s.mute:
		return ""
	case c.Type == "ping":
		return fmt.Sprintf(`{"type":"pong","id":%q,"ts":%d}`, c.ID, time.Now().UnixMicro())
	case c.Resource == "symbols":
		result = s.symbolsFrom(c.Params.Prefix, c.Params.Limit)
	case c.Resource == "session":
		result, _ = s.account.Load().(string)
	case c.Resource == "candles":
		return s.past.answer(c)
	case c.Action == "subscribe":
		result = s.granted(c)
	}
	return fmt.Sprintf(`{"type":"response","id":%q,"result":%s}`, c.ID, result)
}

func (s *ticker) granted(c command) string {
	interval, rejected := c.Interval, ""
	if s.grant != "" {
		interval = s.grant
	}
	if s.reject != "" && slices.Contains(c.Symbols, s.reject) {
		rejected = fmt.Sprintf(`{"symbol":%q,"code":"forbidden"}`, s.reject)
	}
	return fmt.Sprintf(`{"interval":%q,"subscribed":[],"pending":[],"rejected":[%s]}`, interval, rejected)
}

func (s *ticker) symbolsFrom(prefix string, limit int) string {
	found := []string{}
	for _, symbol := range s.symbols {
		if strings.HasPrefix(symbol, prefix) && len(found) < limit {
			found = append(found, symbol)
		}
	}
	return `{"symbols":` + js(found) + `}`
}

func (s *ticker) findSymbols(w http.ResponseWriter, r *http.Request) {
	if s.turnAway.Load() {
		http.Error(w, "away", http.StatusServiceUnavailable)
		return
	}
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit")) // 0 finds nothing
	_, _ = fmt.Fprint(w, s.symbolsFrom(r.URL.Query().Get("prefix"), limit))
}

// stream is the session of a page over Server-Sent Events.
func (s *ticker) stream(w http.ResponseWriter, r *http.Request) {
	s.handlers.Add(1)
	defer s.handlers.Done()
	w.Header().Set("Content-Type", "text/event-stream")
	flush := http.NewResponseController(w)
	page := &session{t: s.t, commands: make(chan command, 256)}
	tell := func(event, text string) error {
		_, err := fmt.Fprintf(w, "event: %s\nid: c\ndata: %s\n\n", event, text)
		return errors.Join(err, flush.Flush())
	}
	page.write = func(text string) error { return tell("quotes", text) }
	query := r.URL.Query()
	asked := command{Action: "subscribe", Symbols: strings.Split(query.Get("symbols"), ","), Interval: query.Get("interval")}
	if errors.Join(tell("welcome", s.welcome()), tell("subscribed", s.granted(asked))) != nil {
		return
	}
	page.commands <- asked
	select {
	case s.sessions <- page:
	default: // nobody waits for a page that reads this often
	}
	<-r.Context().Done()
	page.mu.Lock()
	defer page.mu.Unlock()
	page.write = func(string) error { return nil } // the response is over
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

// send writes one message. A page that left meanwhile is no mistake.
func (p *session) send(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.write(text)
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

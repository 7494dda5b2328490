package livetest

import (
	"context"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"ticker/internal/pipenet"
)

// room is what may be on the way in each direction of a connection, as much as a
// kernel takes.
const room = 256 << 10

// Server is an exchange on a network in memory. Its methods may be called from any
// goroutine.
type Server struct {
	exchange Exchange
	listener *pipenet.Listener
	http     *http.Server
	tasks    sync.WaitGroup

	mu      sync.Mutex
	clients []*Client
	opened  int    // connections ever made
	refuse  string // answer to the next upgrades: "429 30" is a status and Retry-After
	deaf    bool   // messages are not answered
	strict  func(message string) string
}

// Start starts an exchange. It ends with Close.
func Start(e Exchange) *Server {
	s := &Server{exchange: e, listener: pipenet.Listen(room)}
	s.http = &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: time.Minute}
	s.tasks.Go(func() { _ = s.http.Serve(s.listener) })
	return s
}

// Close ends all connections, and the exchange.
func (s *Server) Close() {
	_ = s.http.Close()
	_ = s.listener.Close()
	for _, c := range s.Clients() {
		c.Drop()
	}
	s.tasks.Wait()
}

// Dial connects to the exchange, whatever the address.
func (s *Server) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	c, err := s.listener.Dial(ctx)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if !websocket.IsWebSocketUpgrade(r) {
		s.answer(w, r)
		return
	}
	if status, after, refused := s.refusal(); refused {
		w.Header().Set("Retry-After", after)
		w.WriteHeader(status)
		return
	}
	conn, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
	if err != nil {
		return
	}
	c := &Client{server: s, conn: conn, path: r.URL.Path}
	s.mu.Lock()
	s.clients = append(s.clients, c)
	s.opened++
	s.mu.Unlock()
	s.tasks.Go(func() { c.run() })
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	body := ""
	if s.exchange.Ask != nil {
		body = s.exchange.Ask(r.URL.RequestURI())
	}
	if body == "" {
		http.NotFound(w, r)
		return
	}
	_, _ = w.Write([]byte(body))
}

func (s *Server) refusal() (status int, after string, refused bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.refuse {
	case "":
		return 0, "", false
	case "429":
		return http.StatusTooManyRequests, "40", true
	}
	return http.StatusServiceUnavailable, "", true
}

// Refuse has upgrades answered with "429", which asks to wait for 40 s, or "503".
// Empty lets clients in again.
func (s *Server) Refuse(status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = status
}

// Deafen has the exchange answer nothing to messages, or answer again.
func (s *Server) Deafen(deaf bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deaf = deaf
}

// Intercept has messages answered by answer instead, as long as it returns
// something. Nil ends that.
func (s *Server) Intercept(answer func(message string) string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.strict = answer
}

func (s *Server) intercepted(message string) (answer string, deaf bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.strict != nil {
		answer = s.strict(message)
	}
	return answer, s.deaf
}

// Clients returns the connections that are open, the oldest first.
func (s *Server) Clients() []*Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.clients)
}

// Opened returns how many connections there ever were.
func (s *Server) Opened() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened
}

func (s *Server) remove(c *Client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients = slices.DeleteFunc(s.clients, func(other *Client) bool { return other == c })
}

// Tell says a message to all who subscribed to the stream, and returns how many
// that were.
func (s *Server) Tell(stream, message string) int {
	n := 0
	for _, c := range s.Clients() {
		if c.Has(stream) {
			c.Say(message)
			n++
		}
	}
	return n
}

// Client is one connection to the exchange.
type Client struct {
	server *Server
	conn   *websocket.Conn
	path   string

	mu       sync.Mutex // also over writes, which are in memory
	streams  []string
	heard    []string
	halfOpen bool
}

func (c *Client) run() {
	defer c.server.remove(c)
	defer c.conn.Close() //nolint:errcheck // The connection is over.
	pings := c.conn.PingHandler()
	c.conn.SetPingHandler(func(payload string) error {
		if c.stalled() {
			return nil
		}
		return pings(payload)
	})
	if c.server.exchange.Greet != nil {
		c.server.exchange.Greet(c)
	}
	stop := make(chan struct{})
	var beats sync.WaitGroup
	beats.Go(func() { c.beat(stop) })
	defer beats.Wait()
	defer close(stop)
	for {
		kind, message, err := c.conn.ReadMessage()
		if err != nil || kind == websocket.TextMessage && !utf8.Valid(message) {
			return
		}
		c.hear(string(message))
	}
}

// beat says the venue's heartbeat once a second.
func (c *Client) beat(stop <-chan struct{}) {
	if c.server.exchange.Beat == "" {
		return
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		if len(c.Streams()) > 0 {
			c.Say(c.server.exchange.Beat)
		}
	}
}

func (c *Client) hear(message string) {
	c.mu.Lock()
	c.heard = append(c.heard, message)
	c.mu.Unlock()
	answer, deaf := c.server.intercepted(message)
	switch {
	case answer != "":
		c.Say(answer)
	case !deaf && !c.stalled():
		c.server.exchange.Hear(c, message)
	}
}

// Path is the path that the client connected to.
func (c *Client) Path() string { return c.path }

// Say sends a text message. What a client does not take is lost: it is gone then.
func (c *Client) Say(message string) { c.send(websocket.TextMessage, message) }

// SayBinary sends a binary message.
func (c *Client) SayBinary(message string) { c.send(websocket.BinaryMessage, message) }

func (c *Client) send(kind int, message string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.halfOpen {
		_ = c.conn.WriteMessage(kind, []byte(message))
	}
}

// Subscribe and Unsubscribe keep the account of a client's streams.
func (c *Client) Subscribe(streams ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range streams {
		if !slices.Contains(c.streams, s) {
			c.streams = append(c.streams, s)
		}
	}
}

// Unsubscribe takes streams away.
func (c *Client) Unsubscribe(streams ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.streams = slices.DeleteFunc(c.streams, func(s string) bool { return slices.Contains(streams, s) })
}

// Streams returns what the client has subscribed, in order.
func (c *Client) Streams() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.streams)
}

// Has reports whether the client has subscribed to a stream.
func (c *Client) Has(stream string) bool { return slices.Contains(c.Streams(), stream) }

// Heard returns how many messages of the client hold a text.
func (c *Client) Heard(part string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, m := range c.heard {
		if strings.Contains(m, part) {
			n++
		}
	}
	return n
}

// Drop ends the connection without a word.
func (c *Client) Drop() { _ = c.conn.NetConn().Close() }

// Stall leaves the connection open and says nothing on it any more.
func (c *Client) Stall() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.halfOpen = true
}

func (c *Client) stalled() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.halfOpen
}

// Close sends a close frame and leaves the connection open behind it.
func (c *Client) Close(tb testing.TB, code int, text string) {
	tb.Helper()
	err := c.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, text), time.Now().Add(time.Second))
	if err != nil {
		tb.Error(err)
	}
}

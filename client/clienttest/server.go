package clienttest

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"ticker/internal/pipenet"
	"ticker/wire"
)

// Handler plays the script on every WebSocket connection that is made to it.
func Handler(script func(*Conn)) http.Handler {
	upgrader := websocket.Upgrader{
		Subprotocols: []string{wire.SubprotocolJSON, wire.SubprotocolMsgPack},
		CheckOrigin:  func(*http.Request) bool { return true },
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		socket, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return // the upgrader has answered
		}
		defer func() { _ = socket.Close() }()
		script(newConn(socket, r))
	})
}

// room is how many bytes may be on the way in each direction.
const room = 4096

// Server is a service in memory.
type Server struct {
	// URL is what a client is to be given, together with Dial.
	URL string

	listener *listener
	http     http.Server
	workers  sync.WaitGroup
}

// Start returns a server that plays the script on every connection.
func Start(script func(*Conn)) *Server { return StartHTTP(Handler(script)) }

// StartHTTP returns a server that leaves all requests to a handler.
func StartHTTP(handler http.Handler) *Server {
	s := &Server{URL: "http://ticker.test", listener: &listener{Listener: pipenet.Listen(room)}}
	s.http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.workers.Add(1)
		defer s.workers.Done()
		handler.ServeHTTP(w, r)
	})
	s.http.ReadHeaderTimeout = time.Minute
	s.workers.Go(func() { _ = s.http.Serve(s.listener) })
	return s
}

// Dial connects to the server, whatever the address.
func (s *Server) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	conn, err := s.listener.Dial(ctx)
	if err != nil {
		return nil, err
	}
	return conn, nil
}

// Close cuts all connections and waits for their scripts.
func (s *Server) Close() {
	_ = s.http.Close()
	s.listener.cut()
	s.workers.Wait()
}

// listener remembers what it accepted, because an HTTP server forgets the
// connections that it hands over.
type listener struct {
	*pipenet.Listener

	mu    sync.Mutex
	conns []net.Conn
	over  bool
}

// Accept returns the next connection.
func (l *listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		_ = conn.Close()
	}
	l.conns = append(l.conns, conn)
	return conn, nil
}

func (l *listener) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	for _, conn := range l.conns {
		_ = conn.Close()
	}
}

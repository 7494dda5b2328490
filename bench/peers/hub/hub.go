package hub

import (
	"context"
	"net/http"

	"github.com/gorilla/websocket"
	"golang.org/x/sync/errgroup"

	"ticker/bench/peers/peer"
	"ticker/wire"
)

const (
	// queueMessages is how many messages may wait for a client.
	queueMessages = 256
	// updatesAhead is how many updates may wait for the hub.
	updatesAhead = 256
	bufferBytes  = 1024
)

// Server is a hub on gorilla/websocket.
type Server struct {
	peer.Config
	upgrader websocket.Upgrader
	counter  peer.Counter
	pumps    peer.Crew

	updates    chan update
	register   chan *client
	unregister chan *client
}

// update is the message of one update of a symbol.
type update struct {
	symbol  int
	message []byte
}

// New returns a server.
func New(cfg peer.Config) *Server {
	return &Server{
		Config: cfg,
		upgrader: websocket.Upgrader{
			ReadBufferSize: bufferBytes, WriteBufferSize: bufferBytes,
			Subprotocols: []string{wire.SubprotocolJSON},
		},
		updates:    make(chan update, updatesAhead),
		register:   make(chan *client),
		unregister: make(chan *client),
	}
}

// Counts returns what the server counts.
func (s *Server) Counts() peer.Counts { return s.counter.Counts() }

// Run serves until ctx is done.
func (s *Server) Run(ctx context.Context, ready func(url string)) error {
	ln, err := s.Listener(ctx)
	if err != nil {
		return err
	}
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error {
		return s.Market.Run(ctx, func(symbol int) { s.publish(ctx, symbol) })
	})
	work.Go(func() error {
		s.dispatch(ctx)
		return nil
	})
	work.Go(func() error { return peer.ServeHTTP(ctx, ln, s.handler(ctx)) })
	ready(peer.URL(ln))
	err = work.Wait()
	s.pumps.Wait()
	return err
}

// publish hands an update of the market to the hub.
func (s *Server) publish(ctx context.Context, symbol int) {
	select {
	case s.updates <- update{symbol, s.Market.AppendEvent(nil, symbol)}:
	case <-ctx.Done():
	}
}

// dispatch is the hub, until ctx is done.
func (s *Server) dispatch(ctx context.Context) {
	members := s.newRoster()
	for {
		select {
		case <-ctx.Done():
			members.dismiss()
			return
		case c := <-s.register:
			members.join(c)
		case c := <-s.unregister:
			members.leave(c)
		case u := <-s.updates:
			members.tell(u)
		}
	}
}

// handler takes connections and starts their pumps.
func (s *Server) handler(ctx context.Context) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc(peer.Path, func(w http.ResponseWriter, r *http.Request) {
		conn, err := s.upgrader.Upgrade(w, r, nil)
		if err != nil {
			return // the upgrader has answered
		}
		c := &client{server: s, conn: conn, queue: make(chan []byte, queueMessages)}
		if !s.pumps.Go(func() { c.readPump(ctx) }) {
			_ = conn.Close() // the server is ending
		}
	})
	return mux
}

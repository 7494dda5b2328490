package centrifuge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"ticker/bench/peers/peer"
)

const (
	// queueBytes is how much may wait for a client: room for some intervals of
	// all that a busy market says.
	queueBytes = 4 << 20
	// messageBytes is the longest message of a client: many subscribes in one.
	messageBytes = 16 << 20
	// shutdownWait is how long connections may take to end.
	shutdownWait = 5 * time.Second
)

// Server is a server on centrifuge.
type Server struct {
	peer.Config
	conflated bool
	counter   peer.Counter
}

// New returns a server that publishes every update.
func New(cfg peer.Config) *Server { return &Server{Config: cfg} }

// Conflated returns a server that publishes the newest once an interval: of all
// symbols at one instant, for what a client gets then goes into one frame.
func Conflated(cfg peer.Config) *Server {
	cfg.Plan.Phases = 1
	return &Server{Config: cfg, conflated: true}
}

// conflatedDelay is the part of an interval that records wait in the queue of a
// client when all of them were published at one instant.
const conflatedDelay = 10

// writeDelay is how long the library collects what it sends in one frame.
func (s *Server) writeDelay() time.Duration {
	if s.conflated {
		return s.Plan.Interval / conflatedDelay
	}
	return s.Plan.Interval
}

// Counts returns what the server counts.
func (s *Server) Counts() peer.Counts { return s.counter.Counts() }

// Run serves until ctx is done.
func (s *Server) Run(ctx context.Context, ready func(url string)) error {
	node, err := s.node()
	if err != nil {
		return err
	}
	ln, err := s.Listener(ctx)
	if err != nil {
		return err
	}
	if err := node.Run(); err != nil {
		return fmt.Errorf("run node: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle(peer.Path, centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{
		MessageSizeLimit:   messageBytes,
		UseWriteBufferPool: true,
		PingPongConfig:     noPings(),
	}))
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { return peer.ServeHTTP(ctx, ln, mux) })
	work.Go(func() error {
		return s.Publish(ctx, s.conflated, func(symbol string, record []byte) error {
			_, err := node.Publish(symbol, record)
			return err
		})
	})
	ready(peer.URL(ln))
	return errors.Join(work.Wait(), shutDown(ctx, node))
}

// node builds the node, and says what becomes of those who connect.
func (s *Server) node() (*centrifuge.Node, error) {
	node, err := centrifuge.New(centrifuge.Config{
		LogLevel:           centrifuge.LogLevelNone,
		ClientQueueMaxSize: queueBytes,
		ClientChannelLimit: s.Market.Symbols(),
		Metrics:            centrifuge.MetricsConfig{RegistererGatherer: prometheus.NewRegistry()},
	})
	if err != nil {
		return nil, fmt.Errorf("make node: %w", err)
	}
	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return centrifuge.ConnectReply{
			Credentials:        &centrifuge.Credentials{},
			WriteDelay:         s.writeDelay(),
			MaxMessagesInFrame: -1,
			ReplyWithoutQueue:  true,
		}, nil
	})
	node.OnConnect(s.connected)
	return node, nil
}

// connected grants a client whatever it subscribes to.
func (s *Server) connected(client *centrifuge.Client) {
	s.counter.Clients.Add(1)
	client.OnSubscribe(func(_ centrifuge.SubscribeEvent, answer centrifuge.SubscribeCallback) {
		answer(centrifuge.SubscribeReply{}, nil)
	})
	client.OnDisconnect(func(e centrifuge.DisconnectEvent) {
		s.counter.Clients.Add(-1)
		if e.Code == centrifuge.DisconnectSlow.Code || e.Code == centrifuge.DisconnectWriteError.Code {
			s.counter.Dropped.Add(1)
		}
	})
}

// noPings turns the library's own pings off.
func noPings() centrifuge.PingPongConfig {
	return centrifuge.PingPongConfig{PingInterval: -1, PongTimeout: -1}
}

// shutDown ends the node and its clients, though ctx is done.
func shutDown(ctx context.Context, node *centrifuge.Node) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownWait)
	defer cancel()
	if err := node.Shutdown(ctx); err != nil {
		return fmt.Errorf("shut down node: %w", err)
	}
	return nil
}

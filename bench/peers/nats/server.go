package nats

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync/atomic"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"ticker/bench/peers/peer"
)

const (
	// pendingBytes is how much may wait for a client: NATS' own default.
	pendingBytes = 64 << 20
	// writeWait is how long a write may take: NATS' own default too.
	writeWait = 10 * time.Second
	// maxClients is far above what one machine connects.
	maxClients = 1_000_000
	startWait  = 10 * time.Second
)

var errNotReady = errors.New("start NATS: its listener did not come up")

// Server is an embedded NATS server.
type Server struct {
	peer.Config
	conflated bool
	running   atomic.Pointer[natsserver.Server]
}

// New returns a server that publishes every update.
func New(cfg peer.Config) *Server { return &Server{Config: cfg} }

// Conflated returns a server that publishes the newest once an interval.
func Conflated(cfg peer.Config) *Server { return &Server{Config: cfg, conflated: true} }

// Counts returns what the server counts. The one that publishes is no client.
func (s *Server) Counts() peer.Counts {
	ns := s.running.Load()
	if ns == nil {
		return peer.Counts{}
	}
	return peer.Counts{Clients: int64(max(ns.NumClients()-1, 0)), Dropped: ns.NumSlowConsumers()}
}

// Run serves until ctx is done.
func (s *Server) Run(ctx context.Context, ready func(url string)) error {
	ns, err := s.server()
	if err != nil {
		return err
	}
	ns.Start()
	defer func() {
		ns.Shutdown()
		ns.WaitForShutdown()
	}()
	if !ns.ReadyForConnections(startWait) {
		return errNotReady
	}
	publisher, err := nats.Connect("", nats.InProcessServer(ns), nats.NoReconnect())
	if err != nil {
		return fmt.Errorf("connect publisher: %w", err)
	}
	defer publisher.Close()
	s.running.Store(ns)
	ready(ns.WebsocketURL() + "/")
	return s.Publish(ctx, s.conflated, publisher.Publish)
}

// server builds the server, and starts nothing.
func (s *Server) server() (*natsserver.Server, error) {
	host, digits, err := net.SplitHostPort(s.Listen)
	if err != nil {
		return nil, fmt.Errorf("parse listen address: %w", err)
	}
	port, err := strconv.ParseUint(digits, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("parse listen port: %w", err)
	}
	websocket := natsserver.WebsocketOpts{Host: host, Port: int(port), NoTLS: true}
	if port == 0 {
		websocket.Port = natsserver.RANDOM_PORT
	}
	ns, err := natsserver.NewServer(&natsserver.Options{
		DontListen: true, NoLog: true, NoSigs: true,
		MaxConn: maxClients, MaxPending: pendingBytes, WriteDeadline: writeWait,
		Websocket: websocket,
	})
	if err != nil {
		return nil, fmt.Errorf("make NATS server: %w", err)
	}
	return ns, nil
}

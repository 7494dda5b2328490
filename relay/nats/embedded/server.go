package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	// maxConnections bounds who is connected: nodes of the relay, and who looks after
	// them.
	maxConnections = 1024
	// startTime bounds how long the server may take until it answers.
	startTime = 30 * time.Second
	// pollEvery is how often a start is looked at.
	pollEvery = 100 * time.Millisecond
)

// Server is a NATS server in this process.
type Server struct {
	options *server.Options
	log     *slog.Logger
	ready   chan struct{}
}

// New builds a Server and starts nothing. The error names what is wrong with the
// configuration.
func New(cfg Config) (*Server, error) {
	listen, err := cfg.complete()
	if err != nil {
		return nil, fmt.Errorf("configure embedded nats: %w", err)
	}
	options := &server.Options{
		ServerName: "ticker", Host: listen.Addr().String(), Port: int(listen.Port()), Authorization: cfg.Token,
		MaxConn: maxConnections, NoSigs: true,
		JetStream: true, StoreDir: cfg.Dir, JetStreamMaxMemory: int64(cfg.MemoryBytes), JetStreamMaxStore: int64(cfg.DiskBytes),
	}
	return &Server{options: options, log: cfg.Logger, ready: make(chan struct{})}, nil
}

// Ready is closed when the server answers.
func (s *Server) Ready() <-chan struct{} { return s.ready }

// Run runs the server until ctx is done and it has ended. The error is why it could not
// start. It is called once.
func (s *Server) Run(ctx context.Context) error {
	running, err := server.NewServer(s.options)
	if err != nil {
		return fmt.Errorf("start embedded nats: %w", err)
	}
	log := newJournal(s.log)
	running.SetLogger(log, false, false)
	running.Start()
	err = s.await(ctx, running, log)
	if err == nil {
		close(s.ready)
		<-ctx.Done()
	}
	running.Shutdown()
	running.WaitForShutdown()
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("start embedded nats: %w", err)
	}
	return nil
}

// await waits until the server answers, or has said why it will not.
func (s *Server) await(ctx context.Context, running *server.Server, log *journal) error {
	deadline := time.Now().Add(startTime)
	for !running.ReadyForConnections(pollEvery) {
		select {
		case err := <-log.fatal:
			return err
		default:
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if time.Now().After(deadline) {
			return errors.New("it does not answer")
		}
	}
	return nil
}

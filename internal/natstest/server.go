package natstest

import (
	"context"
	"fmt"
	"os"
	"testing"

	"ticker/internal/servertest"
)

// Options say how a server runs.
type Options struct {
	// Config is put into the server's configuration file as it is: accounts,
	// certificates, limits.
	Config string
}

// Server is a NATS server of its own, with its streams.
type Server struct{ *servertest.Process }

// Start starts a server, and ends it with the test.
func Start(tb testing.TB, o Options) *Server {
	tb.Helper()
	return servertest.Start(tb, o)
}

// Launch starts a server that runs until it is closed.
func (o Options) Launch() (*Server, error) {
	// Debian puts servers where only root's path leads.
	path, err := servertest.Find("nats-server", "nats-server", "/usr/sbin/nats-server")
	if err != nil {
		return nil, err
	}
	ports, err := servertest.FreePorts(1)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "nats")
	if err != nil {
		return nil, fmt.Errorf("create directory: %w", err)
	}
	config := fmt.Sprintf("listen: %q\njetstream { store_dir: %q }\n%s\n", servertest.Addr(ports[0]), dir, o.Config)
	process, err := servertest.Launch(servertest.Program{
		Path: path, Args: []string{"-c", "nats.conf"}, Dir: dir, Files: map[string]string{"nats.conf": config},
		Port: ports[0], Answers: greets,
	})
	return &Server{process}, err
}

func greets(ctx context.Context, addr string) error { return servertest.Ask(ctx, addr, "", "INFO ") }

// URL returns the server's address as clients want it.
func (s *Server) URL() string { return "nats://" + s.Addr() }

package redistest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"testing"

	"ticker/internal/servertest"
)

// Options say how a server runs.
type Options struct {
	// Persist keeps the data over a restart and a kill. Every write is in the hands
	// of the system before it is answered, so that a kill takes nothing with it.
	// Otherwise a restarted server is empty.
	Persist bool
	// Password is asked for; empty lets everybody in.
	Password string
	// Settings are further lines of redis.conf, by name.
	Settings map[string]string
}

// Server is a Redis server of its own, with its data.
type Server struct {
	*servertest.Process
	password string
}

// Shared is one server for the tests of a package.
type Shared = servertest.Shared[*Server, Options]

// Start starts a server, and ends it with the test.
func Start(tb testing.TB, o Options) *Server {
	tb.Helper()
	return servertest.Start(tb, o)
}

// Launch starts a server that runs until it is closed.
func (o Options) Launch() (*Server, error) {
	path, err := servertest.Find("redis-server", "redis-server")
	if err != nil {
		return nil, err
	}
	ports, err := servertest.FreePorts(1)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "redis")
	if err != nil {
		return nil, fmt.Errorf("create directory: %w", err)
	}
	process, err := servertest.Launch(servertest.Program{
		Path: path, Args: o.arguments(ports[0]), Dir: dir, Port: ports[0], Answers: answers,
	})
	return &Server{Process: process, password: o.Password}, err
}

// arguments are those of a server that has its data where it runs.
func (o Options) arguments(port int) []string {
	aof := "no"
	if o.Persist {
		aof = "yes"
	}
	args := []string{
		"--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--save", "",
		"--appendonly", aof, "--appendfsync", "no", "--requirepass", o.Password,
	}
	for name, value := range o.Settings {
		args = append(args, "--"+name, value)
	}
	return args
}

// answers takes being told to log in for an answer, but not being told to wait
// until the data are loaded.
func answers(ctx context.Context, addr string) error {
	return servertest.Ask(ctx, addr, "PING\r\n", "+PONG", "-NOAUTH")
}

// URL returns the address of the server, with its password.
func (s *Server) URL() string {
	u := url.URL{Scheme: "redis", Host: s.Addr()}
	if s.password != "" {
		u.User = url.UserPassword("default", s.password)
	}
	return u.String()
}

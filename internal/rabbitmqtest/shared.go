package rabbitmqtest

import (
	"fmt"
	"os"
	"sync"
	"testing"
)

// Shared is one server for the tests of a package, started by the first that
// asks for it. The zero Shared is ready.
type Shared struct {
	// Options are of the server, and fixed before its first use.
	Options

	once   sync.Once
	server *Server
	err    error
}

// Server returns the server.
func (s *Shared) Server(tb testing.TB) *Server {
	tb.Helper()
	s.once.Do(func() { s.server, s.err = launch(s.Options) })
	if s.err != nil {
		tb.Fatal(s.err)
	}
	return s.server
}

// Close ends the server, if there is one, for a TestMain whose tests ended with
// an exit code. It returns the code to exit with.
func (s *Shared) Close(code int) int {
	if s.server == nil {
		return code
	}
	if err := s.server.close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

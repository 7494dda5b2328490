package servertest

import (
	"fmt"
	"io"
	"os"
	"sync"
	"testing"
)

// Launcher starts servers: it is the options of one.
type Launcher[S io.Closer] interface {
	// Launch starts a server that runs until it is closed, and returns when it
	// answers.
	Launch() (S, error)
}

// Start starts a server, and ends it with the test.
func Start[S io.Closer](tb testing.TB, options Launcher[S]) S {
	tb.Helper()
	s, err := options.Launch()
	must(tb, err)
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// Shared is one server for the tests of a package, started by the first that
// asks for it. The zero Shared is ready.
type Shared[S io.Closer, O Launcher[S]] struct {
	// Options are of the server, and fixed before its first use.
	Options O

	once   sync.Once
	runs   bool
	server S
	err    error
}

// Server returns the server.
func (s *Shared[S, O]) Server(tb testing.TB) S {
	tb.Helper()
	s.once.Do(func() {
		s.server, s.err = s.Options.Launch()
		s.runs = s.err == nil
	})
	must(tb, s.err)
	return s.server
}

// Close ends the server, if there is one, for a TestMain whose tests ended with
// an exit code. It returns the code to exit with.
func (s *Shared[S, O]) Close(code int) int {
	if !s.runs {
		return code
	}
	if err := s.server.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

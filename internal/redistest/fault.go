package redistest

import (
	"syscall"
	"testing"
)

// Stop shuts the server down in good order.
func (s *Server) Stop(tb testing.TB) {
	tb.Helper()
	must(tb, s.stop())
}

// Kill ends the server at once, without a word to anybody.
func (s *Server) Kill(tb testing.TB) {
	tb.Helper()
	must(tb, s.kill())
}

// Restart starts the server again on the same port, after it stopped it if it
// runs, and returns when it answers. Without Options.Persist it is empty.
func (s *Server) Restart(tb testing.TB) {
	tb.Helper()
	must(tb, s.stop())
	must(tb, s.up())
}

// Pause makes the server stand still, with its connections open, until Resume.
func (s *Server) Pause(tb testing.TB) {
	tb.Helper()
	must(tb, s.signal(syscall.SIGSTOP))
}

// Resume lets the server go on after Pause.
func (s *Server) Resume(tb testing.TB) {
	tb.Helper()
	must(tb, s.signal(syscall.SIGCONT))
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

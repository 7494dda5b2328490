package postgrestest

import (
	"syscall"
	"testing"
)

// Stop shuts the server down: it ends every session, rolls back what they had
// not committed, and keeps its data.
func (s *Server) Stop(tb testing.TB) {
	tb.Helper()
	must(tb, s.stop())
}

// Kill ends the server's processes at once, without a word to anybody. What was
// committed is kept.
func (s *Server) Kill(tb testing.TB) {
	tb.Helper()
	must(tb, s.kill())
}

// Restart starts the server again on the same port and data, after it stopped
// it if it runs, and returns when it answers.
func (s *Server) Restart(tb testing.TB) {
	tb.Helper()
	must(tb, s.stop())
	must(tb, s.up())
}

// Pause makes the server stand still, with its connections open, until Resume.
func (s *Server) Pause(tb testing.TB) {
	tb.Helper()
	_, err := s.signal(syscall.SIGSTOP)
	must(tb, err)
}

// Resume lets the server go on after Pause.
func (s *Server) Resume(tb testing.TB) {
	tb.Helper()
	_, err := s.signal(syscall.SIGCONT)
	must(tb, err)
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

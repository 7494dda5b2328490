package rabbitmqtest

import (
	"syscall"
	"testing"
)

// Stop shuts the server down in good order: it closes every connection, and writes
// what its durable queues hold.
func (s *Server) Stop(tb testing.TB) {
	tb.Helper()
	must(tb, s.node.end(syscall.SIGTERM))
}

// Kill ends the server at once, without a word to anybody. What was confirmed to a
// publisher is kept; acknowledgements of the last moment may be lost.
func (s *Server) Kill(tb testing.TB) {
	tb.Helper()
	must(tb, s.node.end(syscall.SIGKILL))
}

// Restart starts the server again on the same port and data, after it stopped
// it if it runs, and returns when it answers.
func (s *Server) Restart(tb testing.TB) {
	tb.Helper()
	must(tb, s.node.end(syscall.SIGTERM))
	must(tb, s.up())
}

// Pause makes the server stand still, with its connections open, until Resume.
func (s *Server) Pause(tb testing.TB) {
	tb.Helper()
	must(tb, s.node.signal(syscall.SIGSTOP))
}

// Resume lets the server go on after Pause.
func (s *Server) Resume(tb testing.TB) {
	tb.Helper()
	must(tb, s.node.signal(syscall.SIGCONT))
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

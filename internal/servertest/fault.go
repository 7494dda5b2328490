package servertest

import "testing"

// Stop shuts the server down in good order. What it has in its directory is kept.
func (p *Process) Stop(tb testing.TB) {
	tb.Helper()
	must(tb, p.stop())
}

// Kill ends the server and its children at once, without a word to anybody.
func (p *Process) Kill(tb testing.TB) {
	tb.Helper()
	must(tb, p.kill())
}

// Restart starts the server again on the same port and directory, after it stopped
// it if it runs, and returns when it answers.
func (p *Process) Restart(tb testing.TB) {
	tb.Helper()
	must(tb, p.stop())
	must(tb, p.up())
}

// Pause makes the server stand still, with its connections open, until Resume.
func (p *Process) Pause(tb testing.TB) {
	tb.Helper()
	_, err := p.pause()
	must(tb, err)
}

// Resume lets the server go on after Pause.
func (p *Process) Resume(tb testing.TB) {
	tb.Helper()
	must(tb, p.resume())
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

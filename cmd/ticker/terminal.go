package main

import (
	"bytes"
	"fmt"
	"os"
	"sync"

	"golang.org/x/term"
)

// What a terminal is told, in the sequences that every one since the VT100 or
// xterm understands.
const (
	enterScreen = "\x1b[?1049h\x1b[?25l\x1b[?7l" // alternate screen, no cursor, no wrapping
	leaveScreen = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l"
	clearScreen = "\x1b[0m\x1b[2J"
	clearLine   = "\x1b[K"
)

// The size of a terminal that does not tell its own.
const (
	defaultColumns = 80
	defaultRows    = 24
)

// terminal is one that is drawn on. Its methods may be called by any number of
// goroutines.
type terminal struct {
	in  *os.File // nil if nobody types
	out *os.File
	ink ink

	mu     sync.Mutex
	inside bool
	saved  *term.State // of in; nil if it was left alone
	shown  []string    // the lines that stand on the screen; nil if that is not known
}

// openTerminal returns the terminal that the program writes to, and false if
// that is none, or can only print.
func openTerminal(env *environment) (*terminal, bool) {
	out, ok := env.stdout.(*os.File)
	if !ok || !term.IsTerminal(int(out.Fd())) || !canDraw || env.getenv("TERM") == "dumb" {
		return nil, false
	}
	t := &terminal{out: out, ink: inkOf(env)}
	if in, ok := env.stdin.(*os.File); ok && term.IsTerminal(int(in.Fd())) {
		t.in = in
	}
	return t, true
}

// inkOf returns what a terminal of that environment may be written with.
func inkOf(env *environment) ink {
	if env.getenv("NO_COLOR") != "" {
		return oneInk
	}
	return allInks
}

// enter takes the screen over, and the keyboard if somebody types. Whoever
// calls it calls leave. It may be called again by whoever fears that the
// terminal was changed by others meanwhile, as a shell does.
func (t *terminal) enter() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.in != nil {
		saved, err := term.MakeRaw(int(t.in.Fd()))
		if err != nil {
			return fmt.Errorf("take terminal over: %w", err)
		}
		if t.saved == nil {
			t.saved = saved
		}
	}
	t.inside, t.shown = true, nil
	_, err := t.out.WriteString(enterScreen)
	return err
}

// leave gives everything back as it was. It may be called at any time, and
// more than once.
func (t *terminal) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.inside {
		return
	}
	t.inside = false
	_, _ = t.out.WriteString(leaveScreen)
	if t.saved != nil {
		_ = term.Restore(int(t.in.Fd()), t.saved)
		t.saved = nil
	}
}

// leaveOnPanic gives the terminal back before a panic of this goroutine ends
// the program and writes why.
func (t *terminal) leaveOnPanic() {
	if reason := recover(); reason != nil {
		t.leave()
		panic(reason)
	}
}

// size returns the columns and rows of the window.
func (t *terminal) size() (columns, rows int) {
	columns, rows, err := term.GetSize(int(t.out.Fd()))
	if err != nil || columns <= 0 || rows <= 0 {
		return defaultColumns, defaultRows
	}
	return columns, rows
}

// forget makes the next draw write every line.
func (t *terminal) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.shown = nil
}

// draw shows lines from the top, as many as the window has rows and none longer
// than it is wide. It writes those that differ from what stands there, at once,
// so that no half of a picture shows. After leave it does nothing.
func (t *terminal) draw(lines []string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.inside {
		return nil
	}
	picture := difference(t.shown, lines)
	t.shown = lines
	if len(picture) == 0 {
		return nil
	}
	_, err := t.out.Write(picture)
	return err
}

// difference returns what turns a screen with these lines into one with those.
// One of another height, or of which nothing is known, is drawn from scratch. A
// line is cleared before it is written: clearing behind a full one would take
// its last character.
func difference(shown, lines []string) []byte {
	var b bytes.Buffer
	if len(shown) != len(lines) {
		shown = make([]string, len(lines))
		b.WriteString(clearScreen)
	}
	for i, line := range lines {
		if line != shown[i] {
			fmt.Fprintf(&b, "\x1b[%d;1H%s%s", i+1, clearLine, line)
		}
	}
	return b.Bytes()
}

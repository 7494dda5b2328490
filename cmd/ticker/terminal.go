package main

import (
	"bytes"
	"os"
	"sync"

	"golang.org/x/term"
)

// What a terminal is told, in the sequences that every one since the VT100 or
// xterm understands.
const (
	enterScreen = "\x1b[?1049h\x1b[?25l\x1b[?7l" // alternate screen, no cursor, no wrapping
	leaveScreen = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l"
	homeCursor  = "\x1b[H"
	clearLine   = "\x1b[K"
	clearBelow  = "\x1b[J"
)

// The size of a terminal that does not tell its own.
const (
	defaultColumns = 80
	defaultRows    = 24
)

// terminal is one that is drawn on. Its methods may be called by any number of
// goroutines.
type terminal struct {
	in     *os.File // nil if nobody types
	out    *os.File
	colour bool

	mu     sync.Mutex
	inside bool
	saved  *term.State // of in; nil if it was left alone
}

// openTerminal returns the terminal that the program writes to, and false if
// that is none, or can only print.
func openTerminal(env *environment) (*terminal, bool) {
	out, ok := env.stdout.(*os.File)
	if !ok || !term.IsTerminal(int(out.Fd())) || !canDraw || env.getenv("TERM") == "dumb" {
		return nil, false
	}
	t := &terminal{out: out, colour: env.getenv("NO_COLOR") == ""}
	if in, ok := env.stdin.(*os.File); ok && term.IsTerminal(int(in.Fd())) {
		t.in = in
	}
	return t, true
}

// enter takes the screen over, and the keyboard if somebody types. Whoever
// calls it calls leave.
func (t *terminal) enter() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.in != nil {
		saved, err := term.MakeRaw(int(t.in.Fd()))
		if err != nil {
			return err
		}
		t.saved = saved
	}
	t.inside = true
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

// draw shows lines, of which none may be longer than the window is wide, from
// the top. It writes once, so that no half of a picture shows; each line is
// cleared before it is written, because clearing behind a full line would take
// its last character. After leave it does nothing.
func (t *terminal) draw(lines []string) error {
	var picture bytes.Buffer
	picture.WriteString(homeCursor)
	for i, line := range lines {
		if i > 0 {
			picture.WriteString("\r\n")
		}
		picture.WriteString(clearLine)
		picture.WriteString(line)
	}
	if _, rows := t.size(); len(lines) < rows {
		picture.WriteString("\r\n" + clearBelow)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.inside {
		return nil
	}
	_, err := t.out.Write(picture.Bytes())
	return err
}

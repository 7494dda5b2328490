//go:build linux

package main

import (
	"bytes"
	"context"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// typist is somebody at a terminal: the other end of it.
type typist struct {
	master, terminal *os.File

	mu      sync.Mutex
	screen  bytes.Buffer
	changed chan struct{} // of capacity 1
	reading sync.WaitGroup
}

// sitDown opens a terminal of that size.
func sitDown(t *testing.T, columns, rows uint16) *typist {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	terminal, err := os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	p := &typist{master: master, terminal: terminal, changed: make(chan struct{}, 1)}
	p.resize(t, columns, rows)
	p.reading.Go(p.read)
	t.Cleanup(func() {
		_ = terminal.Close() // ends the reading of the other end
		p.reading.Wait()
		_ = master.Close()
	})
	return p
}

func (p *typist) read() {
	text := make([]byte, 4096)
	for {
		n, err := p.master.Read(text)
		if err != nil {
			return
		}
		p.mu.Lock()
		p.screen.Write(text[:n])
		p.mu.Unlock()
		select {
		case p.changed <- struct{}{}:
		default:
		}
	}
}

func (p *typist) resize(t *testing.T, columns, rows uint16) {
	t.Helper()
	if err := unix.IoctlSetWinsize(int(p.terminal.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: columns, Row: rows}); err != nil {
		t.Fatal(err)
	}
}

// settings returns how the terminal treats what is typed.
func (p *typist) settings(t *testing.T) unix.Termios {
	t.Helper()
	settings, err := unix.IoctlGetTermios(int(p.terminal.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return *settings
}

// see waits until the text was shown.
func (p *typist) see(t *testing.T, text string) {
	t.Helper()
	p.await(t, text, func(seen string) bool { return strings.Contains(seen, text) })
}

// behold waits until the text stands on the screen, in one line.
func (p *typist) behold(t *testing.T, text string) {
	t.Helper()
	p.await(t, text, func(seen string) bool {
		return slices.ContainsFunc(screenOf(seen), func(line string) bool { return strings.Contains(line, text) })
	})
}

// await gives up after so long that it will not come any more.
func (p *typist) await(t *testing.T, what string, done func(seen string) bool) {
	t.Helper()
	const patience = 30 * time.Second
	tired := time.After(patience)
	for {
		seen := p.seen()
		if done(seen) {
			return
		}
		select {
		case <-p.changed:
			continue
		case <-t.Context().Done():
		case <-tired:
		}
		t.Fatalf("never saw %q; the screen was\n%s\nafter %q", what, strings.Join(screenOf(seen), "\n"), seen)
	}
}

// seen returns everything that was shown.
func (p *typist) seen() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.screen.String()
}

// forget forgets everything that was shown.
func (p *typist) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.screen.Reset()
}

// screenOf returns what stands on a screen after everything that was written.
// It knows as much of terminals as the program uses.
func screenOf(written string) []string {
	var lines []string
	row := 0
	for len(written) > 0 {
		sequence, rest, _ := strings.Cut(written, "\x1b[")
		for len(lines) <= row {
			lines = append(lines, "")
		}
		lines[row] += strings.TrimRight(sequence, "\r\n")
		end := strings.IndexFunc(rest, func(r rune) bool { return r >= '@' && r <= '~' })
		if end < 0 {
			break
		}
		switch parameters := rest[:end]; rest[end] {
		case 'H':
			number, _, _ := strings.Cut(parameters, ";")
			n, err := strconv.Atoi(number)
			if err != nil {
				panic("a place that is none: " + parameters)
			}
			row = n - 1
		case 'J':
			lines = nil
		case 'K':
			lines[row] = ""
		}
		written = rest[end+1:]
	}
	return lines
}

func (p *typist) press(t *testing.T, keys string) {
	t.Helper()
	if _, err := p.master.WriteString(keys); err != nil {
		t.Fatal(err)
	}
}

// start runs `ticker watch` at the terminal and returns its exit code later.
func (p *typist) start(ctx context.Context, environ []string, args ...string) (exit <-chan int, stderr *bytes.Buffer) {
	code, errs := make(chan int, 1), new(bytes.Buffer)
	go func() {
		code <- run(ctx, &environment{
			args: append([]string{"watch"}, args...), environ: environ,
			stdin: p.terminal, stdout: p.terminal, stderr: errs,
		})
	}()
	return code, errs
}

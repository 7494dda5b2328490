//go:build linux

package main

import (
	"bytes"
	"context"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"ticker/client/clienttest"
	"ticker/wire"
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

// see waits until the text was shown, and gives up when nothing has changed
// for so long that nothing will.
func (p *typist) see(t *testing.T, text string) {
	t.Helper()
	const patience = 30 * time.Second
	for {
		p.mu.Lock()
		seen := p.screen.String()
		p.mu.Unlock()
		if strings.Contains(seen, text) {
			return
		}
		select {
		case <-p.changed:
			continue
		case <-t.Context().Done():
		case <-time.After(patience):
		}
		t.Fatalf("never saw %q in %q", text, seen)
	}
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

// serveApple plays a service that has one quote.
func serveApple(c *clienttest.Conn) {
	grantWatch(c)
	c.Quotes("c", recordsOf(sampleQuotes(false)[0])...)
	untilGone(c)
}

func TestTableGivesTheTerminalBack(t *testing.T) {
	t.Parallel()
	fail := make(chan struct{})
	for name, c := range map[string]struct {
		end  func(t *testing.T, p *typist, cancel func())
		code int
	}{
		"after q":         {func(t *testing.T, p *typist, _ func()) { t.Helper(); p.press(t, "xq") }, 0},
		"after Ctrl-C":    {func(t *testing.T, p *typist, _ func()) { t.Helper(); p.press(t, "\x03") }, 0},
		"after a signal":  {func(_ *testing.T, _ *typist, cancel func()) { cancel() }, 0},
		"after a failure": {func(*testing.T, *typist, func()) { close(fail) }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := sitDown(t, 100, 20)
			before := p.settings(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			address := playing(t, func(conn *clienttest.Conn) {
				grantWatch(conn)
				conn.Quotes("c", recordsOf(sampleQuotes(false)[0])...)
				if c.code == 0 {
					untilGone(conn)
				}
				select {
				case <-fail:
				case <-t.Context().Done():
				}
				conn.Close(wire.CloseForbidden)
			})
			exit, stderr := p.start(ctx, nil, "--url", address, "AAPL")
			p.see(t, enterScreen)
			p.see(t, "189.98")
			c.end(t, p, cancel)
			if code := <-exit; code != c.code {
				t.Errorf("exit code %d, want %d; stderr %q", code, c.code, stderr)
			}
			p.see(t, leaveScreen)
			if diff := cmp.Diff(before, p.settings(t)); diff != "" {
				t.Errorf("settings of the terminal (-before +after):\n%s", diff)
			}
		})
	}
}

func TestTableFollowsTheSizeOfTheWindow(t *testing.T) {
	t.Parallel()
	p := sitDown(t, 40, 10)
	exit, _ := p.start(t.Context(), []string{"NO_COLOR=1"}, "--url", playing(t, serveApple), "AAPL")
	p.see(t, "symbol     bid     ask    last  status")
	p.resize(t, 120, 10)
	if err := syscall.Kill(syscall.Getpid(), syscall.SIGWINCH); err != nil {
		t.Fatal(err)
	}
	p.see(t, "symbol  bid size     bid     ask  ask size    last  change    volume  ")
	p.press(t, "q")
	<-exit
}

func TestTerminalThatCanOnlyPrintGetsLines(t *testing.T) {
	t.Parallel()
	p := sitDown(t, 80, 24)
	ctx, cancel := context.WithCancel(t.Context())
	exit, _ := p.start(ctx, []string{"TERM=dumb"}, "--url", playing(t, serveApple), "AAPL")
	p.see(t, "live\t300\t189.98")
	cancel()
	<-exit
	p.mu.Lock()
	defer p.mu.Unlock()
	if strings.Contains(p.screen.String(), "\x1b") {
		t.Errorf("screen is %q, want no escapes", p.screen.String())
	}
}

func TestPanicOfAWorkerGivesTheTerminalBackFirst(t *testing.T) {
	t.Parallel()
	p := sitDown(t, 80, 24)
	before := p.settings(t)
	screen, ok := openTerminal(&environment{stdin: p.terminal, stdout: p.terminal})
	if !ok {
		t.Fatal("no terminal")
	}
	if err := screen.enter(); err != nil {
		t.Fatal(err)
	}
	func() {
		defer func() {
			if reason := recover(); reason != "on purpose" {
				t.Errorf("panic is %v, want the same", reason)
			}
		}()
		defer screen.leaveOnPanic()
		panic("on purpose")
	}()
	p.see(t, leaveScreen)
	if diff := cmp.Diff(before, p.settings(t)); diff != "" {
		t.Errorf("settings of the terminal (-before +after):\n%s", diff)
	}
	if err := screen.draw([]string{"too late"}); err != nil {
		t.Error(err)
	}
	screen.leave()
	if _, err := p.terminal.WriteString("the end"); err != nil {
		t.Fatal(err)
	}
	p.see(t, "the end")
	p.mu.Lock()
	defer p.mu.Unlock()
	if shown := p.screen.String(); strings.Contains(shown, "too late") || strings.Count(shown, leaveScreen) != 1 {
		t.Errorf("screen is %q, want nothing drawn once the terminal was given back", shown)
	}
}

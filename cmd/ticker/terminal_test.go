//go:build linux

package main

import (
	"context"
	"io"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"ticker/client/clienttest"
	"ticker/wire"
)

// serveApple plays a service that has one quote.
func serveApple(c *clienttest.Conn) {
	grantWatch(c)
	c.Quotes("c", freshApple()...)
	account(c)
}

// freshApple returns the record of a quote that was accepted just now.
func freshApple() []wire.Record {
	quote := sampleQuotes(false)[0]
	quote.Recv = time.Now().UnixMicro()
	return recordsOf(quote)
}

// account answers whoever asks for the ledger, until the client has gone.
func account(c *clienttest.Conn) {
	for {
		r, ok := c.Receive()
		if !ok {
			return
		}
		c.Answer(r, &wire.Ledger{Produced: 1200, Delivered: 300, Conflated: 890, Pending: 10, Age: wire.Ages{P50: 900, P99: 51000}})
	}
}

func TestTableGivesTheTerminalBack(t *testing.T) {
	t.Parallel()
	fail := make(chan struct{})
	for name, c := range map[string]struct {
		end  func(t *testing.T, p *typist, cancel func())
		code int
	}{
		"after q":         {func(t *testing.T, p *typist, _ func()) { t.Helper(); p.press(t, "x/q\rq") }, 0},
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
	p := sitDown(t, 80, 10)
	exit, _ := p.start(t.Context(), []string{"NO_COLOR=1"}, "--url", playing(t, serveApple), "AAPL")
	for _, window := range []struct {
		columns uint16
		titles  string
	}{
		{80, "  symbol     bid     ask  spread    last    vs open      %  age  status"},
		{40, "  symbol    last    vs open  age"},
		{200, "ask size  spread    last    vs open      %      volume  1 min         age  status"},
		{25, "  symbol    last    vs o…"},
	} {
		p.forget()
		p.resize(t, window.columns, 10)
		if err := syscall.Kill(syscall.Getpid(), syscall.SIGWINCH); err != nil {
			t.Fatal(err)
		}
		p.see(t, clearScreen) // a terminal may have moved anything
		p.behold(t, window.titles)
		for _, line := range screenOf(p.seen()) {
			if utf8.RuneCountInString(line) > int(window.columns) {
				t.Errorf("%d columns show %q", window.columns, line)
			}
		}
	}
	p.press(t, "q")
	<-exit
}

func TestKeysReachTheTable(t *testing.T) {
	t.Parallel()
	p := sitDown(t, 80, 10)
	exit, _ := p.start(t.Context(), []string{"NO_COLOR=1"}, "--url", playing(t, serveApple), "AAPL", "NONE")
	p.behold(t, "… NONE")
	p.press(t, "s")
	p.behold(t, "symbol▲")
	p.press(t, "/no")
	p.behold(t, "filter: NO_")
	p.press(t, "\x1b") // alone, so that only time tells that it is a key
	p.behold(t, "q quit  s sort")
	p.press(t, "?")
	p.behold(t, "Keys (any key goes back)")
	p.press(t, "\x1b[B\x0c")
	p.behold(t, "… NONE")
	p.press(t, "q")
	if code := <-exit; code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestTableWithoutAKeyboardIsDrawn(t *testing.T) {
	t.Parallel()
	p := sitDown(t, 80, 10)
	before := p.settings(t)
	ctx, cancel := context.WithCancel(t.Context())
	exit := make(chan int, 1)
	go func() {
		exit <- run(ctx, &environment{
			args:  []string{"watch", "--url", playing(t, serveApple), "AAPL"},
			stdin: strings.NewReader("q"), stdout: p.terminal, stderr: io.Discard,
		})
	}()
	p.behold(t, "Ctrl-C quits")
	p.behold(t, "189.98")
	if diff := cmp.Diff(before, p.settings(t)); diff != "" {
		t.Errorf("settings of the terminal (-before +now):\n%s", diff)
	}
	cancel()
	<-exit
}

func TestLedgerOfTheServiceIsShown(t *testing.T) {
	t.Parallel()
	p := sitDown(t, 120, 10)
	exit, _ := p.start(t.Context(), nil, "--url", playing(t, serveApple), "AAPL")
	p.behold(t, "1,200 produced = 300 delivered + 890 conflated + 10 pending  age p50 900µs, p99 51ms")
	p.press(t, "q")
	<-exit
}

func TestNothingOfAnotherLifeOfTheBookIsShown(t *testing.T) {
	t.Parallel()
	p := sitDown(t, 80, 10)
	lost, again := make(chan struct{}), make(chan struct{})
	var connections atomic.Int32
	address := playing(t, func(c *clienttest.Conn) {
		if connections.Add(1) == 1 {
			grantWatch(c)
			c.Quotes("c", freshApple()...)
			<-lost
			c.Close(wire.CloseGoingAway)
			return
		}
		<-again
		welcome := clienttest.DefaultWelcome()
		welcome.Epoch = "another"
		c.Send(welcome)
		untilGone(c)
	})
	exit, _ := p.start(t.Context(), []string{"NO_COLOR=1"}, "--url", address, "AAPL")
	p.behold(t, "189.98")
	p.behold(t, "  live")
	close(lost)
	p.behold(t, ": closed by the service: 1001 going away")
	p.behold(t, "? AAPL ")
	close(again)
	p.behold(t, "Subscribing")
	for _, line := range screenOf(p.seen()) {
		if strings.Contains(line, "189.98") || strings.Contains(line, "live") {
			t.Errorf("the screen still has %q", line)
		}
	}
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
	if strings.Contains(p.seen(), "\x1b") {
		t.Errorf("screen is %q, want no escapes", p.seen())
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
	if shown := p.seen(); strings.Contains(shown, "too late") || strings.Count(shown, leaveScreen) != 1 {
		t.Errorf("screen is %q, want nothing drawn once the terminal was given back", shown)
	}
}

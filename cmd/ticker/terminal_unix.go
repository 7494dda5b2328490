//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// canDraw says that a table can be drawn on a terminal.
const canDraw = true

// escapeMillis is how long the rest of a key's bytes may take. Then an ESC was
// the key of that name.
const escapeMillis = 50

// notifyTerminal passes on signals that concern the terminal, until stop.
func notifyTerminal(signals chan<- os.Signal) (stop func()) {
	signal.Notify(signals, unix.SIGWINCH, unix.SIGTSTP, unix.SIGCONT)
	return func() { signal.Stop(signals) }
}

// notifyEnd returns a context that ends with the signals that end a program on a
// terminal, of which none may leave that as it is.
func notifyEnd(ctx context.Context) (context.Context, context.CancelFunc) {
	return signal.NotifyContext(ctx, unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT)
}

// obey does what one of these signals asks for.
func (t *terminal) obey(s os.Signal) error {
	switch s {
	case unix.SIGTSTP:
		return t.suspend()
	case unix.SIGCONT:
		return t.enter()
	default:
		t.forget()
		return nil
	}
}

// suspend gives the terminal back and stops the program. Another thread may be
// the one that is stopped first, so that this one goes on for a moment: it must
// not take the terminal over again, which is for SIGCONT to ask for.
func (t *terminal) suspend() error {
	t.leave()
	if err := unix.Kill(unix.Getpid(), unix.SIGSTOP); err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	return nil
}

// askToSuspend does what the terminal would do about Ctrl-Z, were it not raw: it
// sends the signal to everything that was started together.
func askToSuspend() error { return unix.Kill(0, unix.SIGTSTP) }

// ignoreBrokenPipes makes writing to a pipe that nobody reads an error, also on
// the standard output, where it would end the program with a signal. It holds
// until stop.
func ignoreBrokenPipes() (stop func()) {
	never := make(chan os.Signal, 1)
	signal.Notify(never, unix.SIGPIPE)
	return func() { signal.Stop(never) }
}

// keys gives every key that is typed to press, until ctx is done. A read from
// a terminal cannot be interrupted, so it only reads when there is something,
// and is woken through a pipe.
func (t *terminal) keys(ctx context.Context, press func(stroke)) error {
	wake, waker, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("read keys: %w", err)
	}
	defer func() { _ = wake.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = waker.Close() })
	defer func() {
		if stop() {
			_ = waker.Close()
		}
	}()
	waiting := []unix.PollFd{
		{Fd: int32(t.in.Fd()), Events: unix.POLLIN},
		{Fd: int32(wake.Fd()), Events: unix.POLLIN},
	}
	var reader keyReader
	for {
		patience := -1
		if reader.unfinished() {
			patience = escapeMillis
		}
		n, err := unix.Poll(waiting, patience)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return fmt.Errorf("read keys: %w", err)
		case waiting[1].Revents != 0:
			return nil
		case n == 0:
			pressKnown(reader.finish(), press)
			continue
		}
		if err := t.readKeys(&reader, press); err != nil {
			return fmt.Errorf("read keys: %w", err)
		}
	}
}

func (t *terminal) readKeys(reader *keyReader, press func(stroke)) error {
	typed := make([]byte, 64)
	n, err := t.in.Read(typed)
	if err != nil {
		return err
	}
	for _, c := range typed[:n] {
		pressKnown(reader.read(c), press)
	}
	return nil
}

func pressKnown(k stroke, press func(stroke)) {
	if k != 0 {
		press(k)
	}
}

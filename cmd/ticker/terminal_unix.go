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

// notifyResize passes on that the size of the window changed, until stop.
func notifyResize(resized chan<- os.Signal) (stop func()) {
	signal.Notify(resized, unix.SIGWINCH)
	return func() { signal.Stop(resized) }
}

// keys gives every byte that is typed to press, until ctx is done. A read from
// a terminal cannot be interrupted, so it only reads when there is something,
// and is woken through a pipe.
func (t *terminal) keys(ctx context.Context, press func(key byte)) error {
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
	typed := make([]byte, 64)
	for {
		if _, err := unix.Poll(waiting, -1); err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("read keys: %w", err)
		}
		switch {
		case waiting[1].Revents != 0:
			return nil
		case waiting[0].Revents == 0:
			continue
		}
		n, err := t.in.Read(typed)
		if err != nil {
			return fmt.Errorf("read keys: %w", err)
		}
		for _, key := range typed[:n] {
			press(key)
		}
	}
}

package servertest

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"
)

// send signals one process, which may have ended by itself.
func send(pid int, sig syscall.Signal) error {
	if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("signal process %d: %w", pid, err)
	}
	return nil
}

// halt makes one process stand still. The signal takes a moment to reach every
// thread.
func halt(pid int) error {
	if err := send(pid, syscall.SIGSTOP); err != nil {
		return err
	}
	return poll(func() error {
		if moving := strings.Trim(states(pid), "TZX"); moving != "" {
			return fmt.Errorf("process %d does not stand still: its threads are in %s", pid, moving)
		}
		return nil
	})
}

// awaitEnd waits until a process is gone, or has nobody who asks for its end.
func awaitEnd(pid int) error {
	return poll(func() error {
		if alive(pid) {
			return fmt.Errorf("process %d is still there", pid)
		}
		return nil
	})
}

// alive reports whether a process can still do anything: a zombie cannot.
func alive(pid int) bool { return strings.Trim(states(pid), "ZX") != "" }

// poll tries until it succeeds, and returns the last error when that takes too
// long.
func poll(try func() error) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); ; <-tick.C {
		err := try()
		if err == nil || time.Now().After(deadline) {
			return err
		}
	}
}

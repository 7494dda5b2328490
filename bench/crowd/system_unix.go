//go:build unix

package crowd

import (
	"fmt"
	"syscall"
	"time"
)

// setReceiveBuffer sets the receive buffer of a socket that is not connected
// yet, so that the window it announces is small from the first segment on.
func setReceiveBuffer(raw syscall.RawConn, bytes int) error {
	var failed error
	err := raw.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, bytes)
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return fmt.Errorf("set receive buffer: %w", err)
	}
	return nil
}

// processorTime returns the processor time of this process so far.
func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0 // as for a system that does not count it
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

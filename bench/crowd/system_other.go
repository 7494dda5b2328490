//go:build !unix

package crowd

import (
	"errors"
	"syscall"
	"time"
)

// setReceiveBuffer refuses: a crowd whose slow clients are not slow would
// measure something else.
func setReceiveBuffer(syscall.RawConn, int) error {
	return fault(errors.ErrUnsupported.Error())
}

// processorTime returns 0.
func processorTime() time.Duration { return 0 }

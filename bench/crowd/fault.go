package crowd

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
)

const (
	// maxKinds bounds the kinds of fault that are told apart; what comes after
	// is one kind.
	maxKinds   = 32
	otherFault = "other"
	// maxKindBytes bounds the name of a kind, some of which a server chooses.
	maxKindBytes = 80
)

// fault is an error that is the name of its kind.
type fault string

// Error returns the name.
func (f fault) Error() string { return string(f) }

// faults counts what went wrong, by kind. The zero faults is ready for use, by
// any number of goroutines.
type faults struct {
	mu    sync.Mutex
	kinds map[string]int
}

// add counts an error, unless it came with the end of ctx, which ends every
// client.
func (f *faults) add(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	kind := kindOf(err)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.kinds == nil {
		f.kinds = make(map[string]int)
	}
	if _, known := f.kinds[kind]; !known && len(f.kinds) >= maxKinds {
		kind = otherFault
	}
	f.kinds[kind]++
}

// take returns what was counted since it was called last, nil if nothing.
func (f *faults) take() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	kinds := f.kinds
	f.kinds = nil
	return kinds
}

// kindOf returns a name that holds no address, so that the same fault of many
// clients has one.
func kindOf(err error) string {
	var (
		named  fault
		failed net.Error
		number syscall.Errno
	)
	switch {
	case errors.As(err, &named):
		return strings.ToValidUTF8(string(named[:min(len(named), maxKindBytes)]), "")
	case errors.As(err, &failed) && failed.Timeout():
		return "time-out"
	case errors.As(err, &number):
		return number.Error()
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return "connection ended"
	}
	var busy *busyError
	if errors.As(err, &busy) {
		return busy.Error()
	}
	return otherFault
}

package crowd

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestFaultsOfOneKindHaveOneNameWithoutAddresses(t *testing.T) {
	t.Parallel()
	at := func(err error) error {
		return &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, 2), Port: 4711}, Err: err}
	}
	for want, err := range map[string]error{
		"connection refused":                  at(os.NewSyscallError("connect", syscall.ECONNREFUSED)),
		"connection reset by peer":            at(syscall.ECONNRESET),
		"time-out":                            at(os.ErrDeadlineExceeded),
		"connection ended":                    fmt.Errorf("read: %w", io.EOF),
		"refused for the moment":              &busyError{},
		"closed 1013":                         closeFault([]byte("\x03\xf5overloaded")),
		"closed 1005":                         closeFault(nil),
		"other":                               at(io.ErrClosedPipe),
		"frame that breaks RFC 6455":          fmt.Errorf("read: %w", errFrame),
		"refused: " + strings.Repeat("é", 35): refused(strings.Repeat("é", 60)),
	} {
		expect(t, "kind", kindOf(err), want)
	}
}

func TestKindsOfFaultAreBounded(t *testing.T) {
	t.Parallel()
	var f faults
	for i := range 3 * maxKinds {
		f.add(t.Context(), fault(strconv.Itoa(i%(2*maxKinds))))
	}
	kinds := f.take()
	if got := kinds[otherFault]; len(kinds) != maxKinds+1 || got != maxKinds {
		t.Errorf("%d kinds, %d others", len(kinds), got)
	}
	if got := f.take(); got != nil {
		t.Errorf("left after they were taken: %v", got)
	}
}

func TestTheEndOfTheCrowdIsNoFault(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var f faults
	f.add(ctx, io.EOF)
	expect(t, "faults", f.take(), map[string]int(nil))
}

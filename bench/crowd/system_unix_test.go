//go:build unix

package crowd

import (
	"net"
	"syscall"
	"testing"
)

func TestReceiveBufferIsSetBeforeTheConnectionIsMade(t *testing.T) {
	t.Parallel()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	target, err := parseTarget("ws://" + ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	const wanted = 16 << 10
	conn, err := target.dial(t.Context(), 0, wanted)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var got int
	if err := raw.Control(func(fd uintptr) {
		got, err = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF)
	}); err != nil {
		t.Fatal(err)
	}
	// Linux doubles the number, for its own books.
	if err != nil || got < wanted || got > 2*wanted {
		t.Errorf("the receive buffer has %d bytes, error %v", got, err)
	}
}

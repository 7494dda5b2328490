package raw

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"syscall"

	"golang.org/x/sys/unix"

	"ticker/bench/peers/stream"
)

// session is one client.
type session struct {
	fd    int
	view  stream.View
	rest  []byte // of a frame that went out in part
	fixed []byte // the frame that never changes, if there is one
}

// prebuild makes the frame that the client is sent every time, and forgets the
// view, which is not needed any more.
func (s *session) prebuild() {
	var f stream.Frame
	if f.Gather(&s.view) {
		s.fixed = bytes.Clone(f.Bytes())
	}
	s.view = stream.View{}
}

// flush writes what there is to write, as far as there is room, and reports
// whether the client is still there.
func (s *session) flush(f *stream.Frame) bool {
	if len(s.rest) > 0 {
		n, err := tryWrite(s.fd, s.rest)
		if s.rest = s.rest[n:]; err != nil || len(s.rest) > 0 {
			return err == nil
		}
		s.rest = nil
	}
	if s.fixed != nil {
		n, err := tryWrite(s.fd, s.fixed)
		if n > 0 {
			s.rest = s.fixed[n:]
		}
		return err == nil
	}
	if !f.Gather(&s.view) {
		return true
	}
	n, err := tryWrite(s.fd, f.Bytes())
	if n > 0 {
		s.view.Commit(f)
		s.rest = append(s.rest, f.Bytes()[n:]...)
	}
	return err == nil
}

func (s *session) close() { _ = unix.Close(s.fd) } // nothing is left to be done about a failure

// tryWrite writes as much as there is room for: 0 and no error if there is none.
func tryWrite(fd int, p []byte) (int, error) {
	for {
		n, err := unix.Write(fd, p)
		switch {
		case err == nil:
			return n, nil
		case errors.Is(err, unix.EAGAIN):
			return 0, nil
		case !errors.Is(err, unix.EINTR):
			return 0, fmt.Errorf("write frame: %w", err)
		}
	}
}

// descriptor returns a descriptor of the connection's socket that the runtime
// does not watch, and that stays open when the connection is closed.
func descriptor(conn net.Conn) (int, error) {
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return 0, errors.ErrUnsupported
	}
	control, err := socket.SyscallConn()
	if err != nil {
		return 0, fmt.Errorf("find descriptor: %w", err)
	}
	var fd int
	var failed error
	err = control.Control(func(own uintptr) { fd, failed = unix.FcntlInt(own, unix.F_DUPFD_CLOEXEC, 0) })
	if err = errors.Join(err, failed); err != nil {
		return 0, fmt.Errorf("copy descriptor: %w", err)
	}
	return fd, nil
}

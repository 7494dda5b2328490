package server

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"ticker/fanout"
)

const (
	// unsentBytes bounds what the kernel holds and has not sent: the records in
	// it grow old and cannot be conflated any more. A client that reads 100 KB/s
	// of 870 KB/s shows records 0.4 to 1.3 s old with it, 7 s and rising without.
	unsentBytes = 16 << 10
	// sendBuffer bounds what the kernel holds for a client, sent or not.
	sendBuffer = 128 << 10
)

// tune sets the options of a client's TCP connection.
func tune(conn *net.TCPConn, limit time.Duration) error {
	if err := conn.SetWriteBuffer(sendBuffer); err != nil {
		return fmt.Errorf("set send buffer: %w", err)
	}
	if err := conn.SetNoDelay(true); err != nil {
		return fmt.Errorf("set no delay: %w", err)
	}
	// The kernel's own limit stands behind ours: it also ends a connection whose
	// peer lives and takes nothing, and cannot tell anybody why.
	timeout := limit + limit/2
	return setOptions(conn, []option{
		{"unsent bytes", unix.TCP_NOTSENT_LOWAT, unsentBytes},
		{"user timeout", unix.TCP_USER_TIMEOUT, int(timeout.Milliseconds())},
	})
}

type option struct {
	name       string
	key, value int
}

func setOptions(conn *net.TCPConn, options []option) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return fmt.Errorf("reach socket: %w", err)
	}
	for _, o := range options {
		var failed error
		err := raw.Control(func(fd uintptr) {
			failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, o.key, o.value)
		})
		if err := errors.Join(err, failed); err != nil {
			return fmt.Errorf("set %s: %w", o.name, err)
		}
	}
	return nil
}

// tcpSocket writes with system calls that never wait.
type tcpSocket struct {
	conn    *net.TCPConn
	raw     syscall.RawConn
	limit   time.Duration
	written atomic.Int64
	acked   atomic.Int64 // when Alive was called last
	waiting atomic.Bool

	// torn says that a frame was begun; rest is what was not written of it, as
	// far as that is known.
	torn bool
	rest []byte

	// The write that goes on. Writes come one at a time, and a function that is
	// made once costs no allocation for each.
	p     []byte
	n     int
	errno syscall.Errno
	write func(fd uintptr)
}

func newTCPSocket(conn *net.TCPConn, limit time.Duration) (socket, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("reach socket: %w", err)
	}
	s := &tcpSocket{conn: conn, raw: raw, limit: limit}
	s.write = s.writeOnce
	return s, nil
}

// TryWrite implements fanout.Conn.
func (s *tcpSocket) TryWrite(p []byte) (int, error) {
	s.p, s.n, s.errno = p, 0, 0
	err := s.raw.Control(s.write)
	s.p = nil
	if err == nil && s.errno != 0 {
		err = os.NewSyscallError("write", s.errno)
	}
	s.written.Add(int64(s.n))
	s.torn = 0 < s.n && s.n < len(p)
	return s.n, err
}

func (s *tcpSocket) writeOnce(fd uintptr) {
	for {
		n, err := unix.Write(int(fd), s.p)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
		case err != nil:
			errors.As(err, &s.errno)
		default:
			s.n = n
		}
		return
	}
}

// Wait implements fanout.Conn.
func (s *tcpSocket) Wait() error {
	s.waiting.Store(true)
	defer s.waiting.Store(false)
	judge := newStall(s.limit, time.Now(), s.queued())
	for {
		if err := s.conn.SetWriteDeadline(time.Now().Add(judge.pause())); err != nil {
			return err
		}
		// The poll stands inside of the function: a socket that becomes
		// writable between the poll and the wait is not missed.
		err := s.raw.Write(isWritable)
		switch {
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return err
		case judge.judge(time.Now(), s.queued()):
			return fanout.ErrStalled
		}
	}
}

// isWritable asks whether a write would take anything. A socket with an error
// is writable: the write tells it.
func isWritable(fd uintptr) bool {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
	for {
		n, err := unix.Poll(fds, 0)
		if !errors.Is(err, unix.EINTR) {
			return n != 0 || err != nil
		}
	}
}

// Write implements fanout.Conn.
func (s *tcpSocket) Write(p []byte) error {
	for {
		n, err := s.TryWrite(p)
		p = p[n:]
		if err != nil || len(p) == 0 {
			return err
		}
		s.torn, s.rest = true, p
		if err := s.Wait(); err != nil {
			return err
		}
		s.torn, s.rest = false, nil
	}
}

// queued returns how many bytes were written and are not acknowledged.
func (s *tcpSocket) queued() int {
	var queued int
	err := s.raw.Control(func(fd uintptr) {
		queued, _ = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) // 0 only makes a judge impatient
	})
	if err != nil {
		return 0
	}
	return queued
}

// Alive implements socket.
func (s *tcpSocket) Alive() bool {
	acked := s.written.Load() - int64(s.queued())
	return s.acked.Swap(acked) < acked || s.waiting.Load()
}

// LastWords implements socket. What keeps a client that takes nothing from being
// sent more is the bound on unsent bytes; behind it the send buffer has room. It
// is lifted for the last frame, with the kernel's own time limit, so that a
// client that wakes up learns why its session is over.
func (s *tcpSocket) LastWords(frame []byte) bool {
	if s.torn && s.rest == nil {
		return false
	}
	_ = setOptions(s.conn, []option{ // without them the write takes less
		{"unsent bytes", unix.TCP_NOTSENT_LOWAT, math.MaxInt32},
		{"user timeout", unix.TCP_USER_TIMEOUT, 0},
	})
	words := append(bytes.Clone(s.rest), frame...)
	n, err := s.TryWrite(words)
	return err == nil && n == len(words)
}

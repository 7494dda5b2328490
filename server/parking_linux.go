package server

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// parking is where connections wait of which nobody reads: an epoll instance of
// its own. That of package net needs a goroutine for each of them, and the stack
// of one is as large as everything else that an idle session takes.
//
// The kernel forgets a connection when it is closed.
type parking struct {
	fd   int
	file *os.File // the same, as package os waits for it
	raw  syscall.RawConn

	// Of the goroutine that waits.
	events [128]unix.EpollEvent
}

func openParking() (*parking, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	// Package os waits only for what says that it does not block.
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, errors.Join(os.NewSyscallError("fcntl", err), unix.Close(fd))
	}
	file := os.NewFile(uintptr(fd), "parking")
	raw, err := file.SyscallConn()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &parking{fd: fd, file: file, raw: raw}, nil
}

// close ends the wait that goes on, and every later one.
func (p *parking) close() error { return p.file.Close() }

// park asks for a connection to be reported once, under a number that no other
// has, when it has bytes to read or has ended. If it has now, that is at once.
func (p *parking) park(conn *net.TCPConn, number uint64) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return fmt.Errorf("reach socket: %w", err)
	}
	event := unix.EpollEvent{
		Events: unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLONESHOT,
		Fd:     int32(number), Pad: int32(number >> 32), // together what the kernel gives back
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		failed = unix.EpollCtl(p.fd, unix.EPOLL_CTL_MOD, int(fd), &event)
		if errors.Is(failed, unix.ENOENT) {
			failed = unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, int(fd), &event)
		}
	})
	if err := errors.Join(err, failed); err != nil {
		return fmt.Errorf("park connection: %w", err)
	}
	return nil
}

// waitUntil sets the time at which wait gives up.
func (p *parking) waitUntil(deadline time.Time) error { return p.file.SetReadDeadline(deadline) }

// wait waits until connections are reported, and appends their numbers. It
// fails with os.ErrDeadlineExceeded if none was in time.
func (p *parking) wait(numbers []uint64) ([]uint64, error) {
	var n int
	var failed error
	err := p.raw.Read(func(uintptr) bool {
		n, failed = unix.EpollWait(p.fd, p.events[:], 0)
		return n > 0 || failed != nil && !errors.Is(failed, unix.EINTR)
	})
	for i := range p.events[:max(n, 0)] {
		e := &p.events[i]
		numbers = append(numbers, uint64(uint32(e.Fd))|uint64(uint32(e.Pad))<<32)
	}
	return numbers, errors.Join(err, failed)
}

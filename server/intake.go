package server

import (
	"encoding/binary"
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"ticker/fanout"
	"ticker/wire"
)

// intake stands in the place of a connection under gorilla's frame reader. Up
// to the answer to the handshake it is the connection; from attach on it reads
// for as long as the client lives, and writes nothing.
//
// Only the goroutine that reads calls Read, Write and SetWriteDeadline.
type intake struct {
	net.Conn
	sock    socket // nil during the handshake
	silence time.Duration
	watch   frameWatch
	// verdict is what gorilla would have closed the connection with.
	verdict *hangUp

	mu    sync.Mutex
	ended bool
}

// attach begins the session.
func (in *intake) attach(sock socket, silence time.Duration, maxFrames int) {
	in.sock, in.silence, in.watch.maxFrames = sock, silence, maxFrames
}

// Read reads from the client. It waits for as long as the client gives a sign
// of life within the time of silence, else it fails with fanout.ErrStalled.
func (in *intake) Read(p []byte) (int, error) {
	if in.sock == nil {
		return in.Conn.Read(p)
	}
	for {
		if err := in.renew(); err != nil {
			return 0, err
		}
		n, err := in.Conn.Read(p)
		in.watch.see(p[:n])
		switch {
		case n > 0 && in.watch.fault != nil:
			// The frame reader may still have the frames before it.
			return n, in.watch.fault
		case n > 0 || !errors.Is(err, os.ErrDeadlineExceeded):
			return n, err
		case !in.sock.Alive():
			return 0, fanout.ErrStalled
		}
	}
}

// renew gives the client time anew, unless the session has ended.
func (in *intake) renew() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.ended {
		return os.ErrDeadlineExceeded
	}
	return in.SetReadDeadline(time.Now().Add(in.silence))
}

// interrupt ends the Read that goes on, and every later one. It does not wait.
func (in *intake) interrupt() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.ended = true
	_ = in.SetReadDeadline(time.Now()) // a connection that is closed has no Read going on
}

// Write takes what gorilla writes. Behind the handshake that is close frames
// only, since nothing else is asked of it: they are kept as a verdict, for
// everything that a client is sent goes through its session.
func (in *intake) Write(p []byte) (int, error) {
	if in.sock == nil {
		return in.Conn.Write(p)
	}
	if len(p) >= shortHeader+2 && p[0] == finalBit|opClose && in.verdict == nil {
		code := wire.CloseCode(binary.BigEndian.Uint16(p[shortHeader:]))
		in.verdict = &hangUp{code, string(p[shortHeader+2:])}
	}
	return len(p), nil
}

// SetWriteDeadline keeps the deadlines of gorilla's control frames away from
// the session's writes.
func (in *intake) SetWriteDeadline(t time.Time) error {
	if in.sock == nil {
		return in.Conn.SetWriteDeadline(t)
	}
	return nil
}

// discard reads on until the client has ended its half of the connection, or
// the deadline has passed.
func (in *intake) discard(until time.Time) {
	if err := in.SetReadDeadline(until); err != nil {
		return
	}
	var waste [512]byte
	for {
		if _, err := in.Conn.Read(waste[:]); err != nil {
			return
		}
	}
}

package server

import (
	"encoding/binary"
	"errors"
	"os"
	"syscall"
	"time"

	"ticker/fanout"
	"ticker/wire"
)

// intake stands in the place of a connection under gorilla's frame reader. It
// reads from a line, and writes nothing.
//
// Only the goroutine that reads calls its methods.
type intake struct {
	*line
	lulls bool // it does not wait for a client that has nothing to say
	due   bool // something is there to be read: only after that it does not wait
	lull  bool // it has said that nothing waits
	watch frameWatch
	// verdict is what gorilla would have closed the connection with.
	verdict *hangUp
}

// lullFrame tells gorilla's reader that nothing waits. An error would be its
// last; an empty message, masked as it has to be, ends its wait and leaves it as
// it was.
const lullFrame = "\x81\x80\x00\x00\x00\x00"

// Read reads from the client. It waits for as long as the client gives a sign
// of life within the time of silence, else it fails with fanout.ErrStalled.
// Where it need not wait, it reads only what is there, and then a lullFrame.
func (in *intake) Read(p []byte) (int, error) {
	look := in.lulls && !in.due && in.watch.between() // who has begun says the rest
	for {
		if err := in.renew(look); err != nil {
			return 0, err
		}
		n, err := in.Conn.Read(p)
		good := in.watch.see(p[:n])
		switch {
		case n > 0 && in.watch.fault != nil:
			return good, in.watch.fault // behind the frames before it
		case errors.Is(err, syscall.ETIMEDOUT):
			return 0, fanout.ErrStalled // judged here, since gorilla's errors hide their causes
		case n > 0 || !errors.Is(err, os.ErrDeadlineExceeded):
			in.due = false
			return n, err
		case look:
			in.lull = true
			return copy(p, lullFrame), nil
		case !in.sock.Alive():
			return 0, fanout.ErrStalled
		}
	}
}

// Write takes what gorilla writes. Behind the handshake that is close frames
// only, since nothing else is asked of it: they are kept as a verdict, for
// everything that a client is sent goes through its session.
func (in *intake) Write(p []byte) (int, error) {
	if len(p) >= shortHeader+2 && p[0] == finalBit|opClose && in.verdict == nil {
		code := wire.CloseCode(binary.BigEndian.Uint16(p[shortHeader:]))
		in.verdict = &hangUp{code, string(p[shortHeader+2:])}
	}
	return len(p), nil
}

// SetDeadline and SetWriteDeadline keep gorilla's deadlines away from the
// session's writes.
func (*intake) SetDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing: see SetDeadline.
func (*intake) SetWriteDeadline(time.Time) error { return nil }

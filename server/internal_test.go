package server

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ticker/fanout"
	"ticker/wire"
)

func TestSealMakesOneWholeFrameOfAnySize(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		before := rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(rt, "before")
		size := rapid.SampledFrom([]int{0, 1, 124, 125, 126, 127, 65534, 65535, 65536, 70000}).Draw(rt, "size")
		payload := bytes.Repeat([]byte{rapid.Byte().Draw(rt, "payload")}, size)
		op := rapid.SampledFrom([]framing{opText, opBinary}).Draw(rt, "opcode")

		dst := append(op.Open(bytes.Clone(before)), payload...)
		dst = op.Seal(dst, len(before))

		want := append(bytes.Clone(before), 0x80|byte(op))
		switch {
		case size < 126:
			want = append(want, byte(size))
		case size < 1<<16:
			want = binary.BigEndian.AppendUint16(append(want, 126), uint16(size))
		default:
			want = binary.BigEndian.AppendUint64(append(want, 127), uint64(size))
		}
		if want = append(want, payload...); !bytes.Equal(dst, want) {
			rt.Errorf("a frame of %d bytes begins with %x", size, dst[:min(len(dst), 40)])
		}
	})
}

func TestFramesAreMadeWithoutAllocations(t *testing.T) {
	buf := make([]byte, 0, 128<<10)
	payload := make([]byte, 70_000)
	for _, size := range []int{100, 1000, 70_000} {
		allocs := testing.AllocsPerRun(100, func() {
			dst := framing(opText).Open(buf[:0])
			dst = append(dst, payload[:size]...)
			framing(opText).Ping(framing(opText).Seal(dst, 0))
		})
		if allocs != 0 && !raceEnabled {
			t.Errorf("%v allocations for %d bytes", allocs, size)
		}
	}
}

func TestCloseFrameFitsAControlFrameAndIsUTF8(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		reason := rapid.String().Draw(rt, "reason") + strings.Repeat("€", rapid.IntRange(0, 60).Draw(rt, "more"))
		f := appendClose(nil, wire.ClosePolicy, reason)
		if len(f) > 127 || int(f[1]) != len(f)-2 || !utf8.Valid(f[4:]) || !strings.HasPrefix(reason, string(f[4:])) {
			rt.Errorf("%x", f)
		}
	})
	if diff := cmp.Diff([]byte{0x88, 0}, appendClose(nil, closeNoStatus, "ignored")); diff != "" {
		t.Error(diff)
	}
}

func TestStallIsJudgedFromTheLastByteThatWasAcknowledged(t *testing.T) {
	t.Parallel()
	start := time.Now()
	s := newStall(time.Minute, start, 100)
	for _, step := range []struct {
		after  time.Duration
		queued int
		want   bool
	}{
		{59 * time.Second, 100, false},
		{59 * time.Second, 99, false}, // one byte is a sign of life
		{118 * time.Second, 99, false},
		{119 * time.Second, 99, true},
		{119 * time.Second, 0, false},
	} {
		if got := s.judge(start.Add(step.after), step.queued); got != step.want {
			t.Errorf("stalled is %v after %v with %d bytes queued", got, step.after, step.queued)
		}
	}
}

func TestFrameWatchIsTheSameHoweverTheBytesAreCut(t *testing.T) {
	t.Parallel()
	stream := append([]byte{0x01, 0x81, 1, 2, 3, 4, 'x', 0x89, 0x80, 1, 2, 3, 4, 0x80, 0xfe, 0, 126, 1, 2, 3, 4},
		bytes.Repeat([]byte{'a'}, 126)...)
	bad := append(bytes.Clone(stream), 0x88, 0x81, 1, 2, 3, 4, 'x')
	for cut := 1; cut <= len(bad); cut++ {
		good, fault := frameWatch{maxFrames: 2}, frameWatch{maxFrames: 2}
		for _, w := range []struct {
			*frameWatch
			bytes []byte
		}{{&good, stream}, {&fault, bad}} {
			for rest := w.bytes; len(rest) > 0; {
				n := min(cut, len(rest))
				w.see(rest[:n])
				rest = rest[n:]
			}
		}
		if good.fault != nil || fault.fault == nil || fault.fault.code != wire.CloseProtocol {
			t.Errorf("cut into %d bytes: %v and %v", cut, good.fault, fault.fault)
		}
	}
}

// tcpPair returns the ends of a TCP connection.
func tcpPair(t testing.TB) (near, far *net.TCPConn) {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	var accepting sync.WaitGroup
	accepting.Go(func() {
		conn, err := ln.Accept()
		if err != nil {
			t.Error(err)
			return
		}
		near = conn.(*net.TCPConn)
	})
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepting.Wait()
	far = conn.(*net.TCPConn)
	t.Cleanup(func() {
		_ = near.Close()
		_ = far.Close()
	})
	return near, far
}

// ends are a socket, the connection under it, and the client's end.
type ends struct {
	socket
	near, far net.Conn
}

// overEverySocket runs a test over every kind of socket.
func overEverySocket(t *testing.T, test func(t *testing.T, e ends)) {
	t.Helper()
	for name, open := range map[string]func(t *testing.T) (near, far net.Conn){
		"TCP": func(t *testing.T) (near, far net.Conn) {
			t.Helper()
			near, far = tcpPair(t)
			return near, far
		},
		"plain": func(t *testing.T) (near, far net.Conn) {
			t.Helper()
			near, far = net.Pipe()
			t.Cleanup(func() {
				_ = near.Close()
				_ = far.Close()
			})
			return near, far
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			near, far := open(t)
			s, err := newSocket(near, 10*time.Second)
			if err != nil {
				t.Fatal(err)
			}
			test(t, ends{s, near, far})
		})
	}
}

func TestSocketWritesEverythingInOrderToASlowReader(t *testing.T) {
	t.Parallel()
	want := make([]byte, 3<<20)
	for i := range want {
		want[i] = byte(i * i >> 8)
	}
	overEverySocket(t, func(t *testing.T, e ends) {
		t.Helper()
		var writing sync.WaitGroup
		writing.Go(func() {
			for rest := want; len(rest) > 0; {
				piece := rest[:min(len(rest), 50_000)]
				n, err := e.TryWrite(piece)
				if err == nil && n < len(piece) {
					err = e.Wait()
				}
				if err == nil && n < len(piece) {
					err = e.Write(piece[n:])
				}
				if err != nil {
					t.Error(err)
					return
				}
				rest = rest[len(piece):]
			}
		})
		got := make([]byte, 0, len(want))
		for len(got) < len(want) {
			n, err := e.far.Read(got[len(got):min(len(got)+7000, len(want))])
			if err != nil {
				t.Fatal(err)
			}
			got = got[:len(got)+n]
		}
		writing.Wait()
		if !bytes.Equal(got, want) {
			t.Error("other bytes arrived")
		}
	})
}

func TestSocketFailsWhenItsConnectionIsClosed(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(e ends) net.Conn{
		"by us":         func(e ends) net.Conn { return e.near },
		"by the client": func(e ends) net.Conn { return e.far },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			overEverySocket(t, func(t *testing.T, e ends) {
				t.Helper()
				var writing sync.WaitGroup
				writing.Go(func() {
					for chunk := make([]byte, 100_000); e.Write(chunk) == nil; {
					}
				})
				if _, err := io.ReadFull(e.far, make([]byte, 100)); err != nil {
					t.Fatal(err)
				}
				if err := end(e).Close(); err != nil {
					t.Fatal(err)
				}
				writing.Wait()
				if e.LastWords([]byte("bye")) {
					t.Error("last words after the end")
				}
			})
		})
	}
}

func TestPanicAndStallAreTheirOwnCloseCodes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err    error
		code   wire.CloseCode
		silent bool
	}{
		{fanout.ErrStalled, wire.CloseStalled, false},
		{fanout.ErrPanic, wire.CloseInternal, false},
		{&hangUp{code: wire.ClosePolicy}, wire.ClosePolicy, false},
		{io.EOF, closeAbnormal, true},
		{nil, closeAbnormal, true},
	} {
		if e := endingOf(c.err); e.code != c.code || e.silent != c.silent || e.silent == (e.reason != "") {
			t.Errorf("%v ends with %+v", c.err, e)
		}
	}
}

// timedOut is a connection whose client's machine acknowledged nothing for so long that
// the kernel gave it up.
type timedOut struct{ net.Conn }

func (timedOut) SetReadDeadline(time.Time) error { return nil }

func (timedOut) Read([]byte) (int, error) {
	return 0, &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ETIMEDOUT)}
}

func TestClientThatTheKernelGivesUpIsStalledThoughTheReaderHidesCauses(t *testing.T) {
	t.Parallel()
	r, err := newReader(1024)
	if err != nil {
		t.Fatal(err)
	}
	r.serve(&line{Conn: timedOut{}, silence: time.Minute}, wire.JSON, func(byte, string) error { return nil })
	_, err = r.next()
	if got := endingOf(err).code; got != wire.CloseStalled {
		t.Errorf("it ends with %d: %v", got, err)
	}
}

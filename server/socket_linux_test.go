package server

import (
	"io"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestTCPWritesTakeNoAllocations(t *testing.T) {
	near, far := tcpPair(t)
	s, err := newSocket(near, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	frame, got := make([]byte, 6000), make([]byte, 6000)
	allocs := testing.AllocsPerRun(100, func() {
		if n, err := s.TryWrite(frame); n != len(frame) || err != nil {
			t.Fatal(n, err)
		}
		if _, err := io.ReadFull(far, got); err != nil {
			t.Fatal(err)
		}
	})
	if allocs != 0 && !raceEnabled {
		t.Errorf("%v allocations", allocs)
	}
}

func TestClientWhoseMachineAcknowledgesIsAlive(t *testing.T) {
	t.Parallel()
	near, far := tcpPair(t)
	s, err := newSocket(near, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if s.Alive() {
		t.Error("alive, with nothing written")
	}
	if _, err := s.TryWrite([]byte("ping")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(far, make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for n := 0; !s.Alive(); n++ { // the acknowledgement is on its way
		if n == 30_000 {
			t.Fatal("what was written has arrived, and it is not alive")
		}
		<-tick.C
	}
	if s.Alive() {
		t.Error("alive, with nothing acknowledged since")
	}
}

func TestSocketOptionsBoundWhatTheKernelHolds(t *testing.T) {
	t.Parallel()
	near, _ := tcpPair(t)
	s, err := newSocket(near, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]struct{ level, key, want int }{
		"unsent bytes": {unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, 16 << 10},
		"user timeout": {unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 90_000},
		"no delay":     {unix.IPPROTO_TCP, unix.TCP_NODELAY, 1},
		"send buffer":  {unix.SOL_SOCKET, unix.SO_SNDBUF, 2 * 128 << 10}, // the kernel counts its own share
	} {
		var got int
		var failed error
		err := s.(*tcpSocket).raw.Control(func(fd uintptr) { got, failed = unix.GetsockoptInt(int(fd), o.level, o.key) })
		if err != nil || failed != nil || got != o.want {
			t.Errorf("%s is %d, %v, %v", name, got, err, failed)
		}
	}
}

// BenchmarkTCPWrite watches that a frame of fifty records costs one system call
// and no more.
func BenchmarkTCPWrite(b *testing.B) {
	near, far := tcpPair(b)
	s, err := newSocket(near, time.Minute)
	if err != nil {
		b.Fatal(err)
	}
	frame, got := make([]byte, 6000), make([]byte, 6000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.TryWrite(frame); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if _, err := io.ReadFull(far, got); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

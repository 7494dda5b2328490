package server_test

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// footprint is what a process takes up.
type footprint struct {
	heap, stacks, resident, goroutines int
}

// takeFootprint measures what is in use, once garbage is gone.
func takeFootprint(t testing.TB) footprint {
	t.Helper()
	runtime.GC()
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	f := footprint{heap: int(m.HeapInuse), stacks: int(m.StackInuse), goroutines: runtime.NumGoroutine()}
	for line := range strings.Lines(string(status)) {
		if text, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			kib, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(text), " kB"))
			if err != nil {
				t.Fatal(err)
			}
			f.resident = kib << 10
		}
	}
	return f
}

// report reports what each of n connections added.
func (f footprint) report(b *testing.B, n int) {
	b.Helper()
	now := takeFootprint(b)
	each := func(before, after int) float64 { return float64(after-before) / float64(n) }
	b.ReportMetric(each(f.heap, now.heap), "heap-B/conn")
	b.ReportMetric(each(f.stacks, now.stacks), "stack-B/conn")
	b.ReportMetric(each(f.resident, now.resident), "rss-B/conn")
	b.ReportMetric(each(f.goroutines, now.goroutines), "goroutines/conn")
}

// holdOpen returns a second descriptor of a connection and closes the first, so
// that all which is left of the client is in the kernel.
func holdOpen(t testing.TB, conn net.Conn) (fd int) {
	t.Helper()
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	raw, err := conn.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var failed error
	err = raw.Control(func(first uintptr) { fd, failed = unix.FcntlInt(first, unix.F_DUPFD_CLOEXEC, 0) })
	if err := errors.Join(err, failed, conn.Close()); err != nil {
		t.Fatal(err)
	}
	return fd
}

// subscribed opens a connection with subscriptions, if any, and returns its
// descriptor.
func (r *rig) subscribed(symbols []string) (fd int) {
	r.t.Helper()
	conn, err := r.dial()
	if err != nil {
		r.t.Fatal(err)
	}
	c, _ := r.shakeOn(conn)
	c.next() // the welcome
	if len(symbols) > 0 {
		c.subscribe(100*ms, symbols...)
		c.quotes()
	}
	return holdOpen(r.t, conn)
}

func TestIdleClientsTakeNoGoroutines(t *testing.T) { //nolint:paralleltest // counts those of the process
	for name, over := range map[string]func(testing.TB, ...change) *rig{"plain": overTCP, "tls": overTLS} {
		r := over(t, unlimited)
		r.quote("A", 1)
		before := runtime.NumGoroutine()
		const clients = 500
		for i := range clients {
			fd := r.subscribed([]string{"A"}[:i%2]) // half of them never say anything
			t.Cleanup(func() { _ = unix.Close(fd) })
		}
		eventually(t, "the goroutines end over "+name, func() bool { return runtime.NumGoroutine() < before+clients/50 })
		if got := r.metric(`ticker_sessions{transport="websocket"}`); got != strconv.Itoa(clients) {
			t.Errorf("%s sessions over %s", got, name)
		}
	}
}

// BenchmarkIdleConnection watches the memory that a connection with ten
// subscriptions takes while it says nothing: run it with -benchtime=3000x.
func BenchmarkIdleConnection(b *testing.B) {
	for _, c := range []struct {
		name string
		over func(testing.TB, ...change) *rig
	}{{"plain", overTCP}, {"tls", overTLS}} {
		b.Run(c.name, func(b *testing.B) {
			r := c.over(b, unlimited)
			symbols := make([]string, 10)
			for i := range symbols {
				symbols[i] = string(symbolOf(i))
				r.quote(symbolOf(i), 1)
			}
			var open []int
			for range 20 { // what is made once
				open = append(open, r.subscribed(symbols))
			}
			before := takeFootprint(b)
			for b.Loop() {
				open = append(open, r.subscribed(symbols))
			}
			before.report(b, b.N)
			for _, fd := range open {
				if err := unix.Close(fd); err != nil {
					b.Error(err)
				}
			}
		})
	}
}

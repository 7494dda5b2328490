package main

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// BenchmarkServe watches what a whole service takes: the market it simulates
// by default, and clients that watch all of it at 100 ms. An operation is one
// frame for every client; "cores" is the processor time of the process over
// the time that passed, reading clients included.
func BenchmarkServe(b *testing.B) {
	for _, clients := range []int{0, 1, 200} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			r := startServe(b)
			var bytes atomic.Int64
			ctx, cancel := context.WithCancel(b.Context())
			var readers sync.WaitGroup
			for range clients {
				conn := dial(b, r)
				request(b, conn, `{"type":"command","id":"1","action":"subscribe","symbols":["*"],"interval":"100ms"}`)
				readers.Go(func() { consume(ctx, conn, &bytes) })
			}
			before, began := processorTime(b), time.Now()
			for b.Loop() {
				time.Sleep(100 * time.Millisecond)
			}
			passed := time.Since(began).Seconds()
			b.ReportMetric((processorTime(b)-before).Seconds()/passed, "cores")
			b.ReportMetric(float64(bytes.Load())/passed/1e6, "MB/s")
			cancel()
			r.end()
			readers.Wait()
		})
	}
}

// consume reads a client's messages and throws them away.
func consume(ctx context.Context, conn *websocket.Conn, bytes *atomic.Int64) {
	for ctx.Err() == nil {
		_, message, err := conn.NextReader()
		if err != nil {
			return
		}
		n, err := io.Copy(io.Discard, message)
		bytes.Add(n)
		if err != nil {
			return
		}
	}
}

// processorTime returns what the process has used of all processors.
func processorTime(tb testing.TB) time.Duration {
	tb.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

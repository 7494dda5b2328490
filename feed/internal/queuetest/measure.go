package queuetest

import (
	"context"
	"sync"
	"testing"

	"ticker/feed"
	"ticker/market"
)

// Measure runs a source and benchmarks rounds of so many updates, each from send,
// which has one round sent, to the last of it at the sink.
func Measure(b *testing.B, source feed.Source, round int, send func()) {
	b.Helper()
	to := &tally{round: round, connected: make(chan struct{}), done: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(b.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = source.Run(ctx, to) })
	defer running.Wait()
	defer cancel()
	<-to.connected
	b.ReportAllocs()
	for b.Loop() {
		send()
		<-to.done
	}
	b.ReportMetric(float64(b.N*round)/b.Elapsed().Seconds(), "messages/s")
}

// tally is a sink that tells of every round.
type tally struct {
	up              sync.Once
	connected, done chan struct{}
	n, round        int
}

// Connected implements feed.Sink.
func (c *tally) Connected() { c.up.Do(func() { close(c.connected) }) }

// Update implements feed.Sink.
func (c *tally) Update(*market.Update) {
	if c.n++; c.n%c.round == 0 {
		c.done <- struct{}{}
	}
}

// Alive implements feed.Sink.
func (*tally) Alive() {}

// Reject implements feed.Sink.
func (*tally) Reject(error, []byte) {}

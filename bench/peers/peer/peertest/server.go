package peertest

import (
	"context"
	"testing"
	"time"

	"ticker/bench/peers/pace"
	"ticker/bench/peers/peer"
	"ticker/bench/peers/stream"
	"ticker/feed/sim"
	"ticker/market"
)

// patience is how long a test waits for what is bound to come.
const patience = 30 * time.Second

// Server is what is tested.
type Server interface {
	Run(ctx context.Context, ready func(url string)) error
	Counts() peer.Counts
}

// Fields are those that the records of a Config carry.
const Fields = market.Fields(1<<market.Bid | 1<<market.BidSize | 1<<market.Ask | 1<<market.AskSize)

// Config returns the setting of a server with a market of some symbols at a
// rate, flushed every 10 ms in 4 phases.
func Config(t testing.TB, symbols, rate int) peer.Config {
	t.Helper()
	m, err := stream.New(stream.Config{Sim: sim.Config{Symbols: symbols, Rate: rate, Seed: 1}, Fields: Fields})
	if err != nil {
		t.Fatal(err)
	}
	return peer.Config{
		Listen: "127.0.0.1:0", Market: m,
		Plan: pace.Plan{Interval: 10 * time.Millisecond, Phases: 4},
	}
}

// Start runs a server until the test ends, or until stop, and returns its URL.
// The server must end without an error.
func Start(t testing.TB, s Server) (url string, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- s.Run(ctx, func(url string) { ready <- url }) }()
	stopped := false
	stop = func() {
		cancel()
		if stopped {
			return
		}
		stopped = true
		if err := <-ended; err != nil {
			t.Errorf("the server ended with %v", err)
		}
	}
	t.Cleanup(stop)
	select {
	case url = <-ready:
	case err := <-ended:
		stopped = true
		t.Fatalf("the server did not start: %v", err)
	}
	return url, stop
}

// Await waits until what is bound to come true is true.
func Await(t testing.TB, what string, done func() bool) {
	t.Helper()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	deadline := time.After(patience)
	for !done() {
		select {
		case <-look.C:
		case <-deadline:
			t.Fatalf("still waiting: %s", what)
		}
	}
}

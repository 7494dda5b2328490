package queuetest

import (
	"context"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"ticker/book"
	"ticker/feed"
	"ticker/market"
)

// Service is a feed with its book.
type Service struct {
	Book *book.Book
	feed *feed.Feed
}

// Serve runs a feed until the test ends.
func Serve(t *testing.T, source feed.Source) *Service {
	t.Helper()
	s := &Service{Book: book.New(book.Config{})}
	var err error
	s.feed, err = feed.New(feed.Config{
		Name: "queue", Source: source, Book: s.Book, Silence: patience,
		Backoff: feed.Backoff{Min: time.Millisecond, Max: 100 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running errgroup.Group
	running.Go(func() error { return s.feed.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		if err := running.Wait(); err != nil {
			t.Errorf("feed: %v", err)
		}
	})
	return s
}

// AwaitConnection waits until the feed is connected.
func (s *Service) AwaitConnection(t *testing.T) {
	t.Helper()
	waitFor(t, "a connection", s.feed.Connected)
}

// Await waits until the record of a symbol has a bid and a status.
func (s *Service) Await(t *testing.T, symbol market.Symbol, bid string, status market.Status) {
	t.Helper()
	waitFor(t, string(symbol)+" "+bid+" "+status.String(), func() bool {
		c := s.Book.Find(symbol)
		if c == nil {
			return false
		}
		q := c.Quote()
		return q.Values[market.Bid].String() == bid && q.Status == status
	})
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !done(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s: it never came", what)
		}
	}
}

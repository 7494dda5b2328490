package queuetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"ticker/book"
	"ticker/feed"
	"ticker/market"
)

// Service is a feed with its book.
type Service struct {
	Feed *feed.Feed
	Book *book.Book
	Log  *Log
	// Stop ends the feed and waits for it.
	Stop func()

	traded market.Envelope // what was counted so far
}

// Serve runs a feed until the test ends, or Stop is called.
func Serve(t *testing.T, source feed.Source, log *Log) *Service {
	t.Helper()
	s := &Service{Book: book.New(book.Config{Sampling: &book.Sampling{}}), Log: log}
	var err error
	s.Feed, err = feed.New(feed.Config{
		Name: "queue", Source: source, Book: s.Book, Silence: patience, Logger: log.Logger,
		Backoff: feed.Backoff{Min: time.Millisecond, Max: 100 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Feed.Run(ctx); err != nil {
			t.Errorf("feed: %v", err)
		}
	})
	s.Stop = func() {
		cancel()
		running.Wait()
	}
	t.Cleanup(s.Stop)
	return s
}

// AwaitConnection waits until the feed is connected.
func (s *Service) AwaitConnection(t *testing.T) {
	t.Helper()
	Await(t, "a connection", s.Feed.Connected)
}

// Quote returns the record of a symbol that has one.
func (s *Service) Quote(t *testing.T, symbol market.Symbol) market.Quote {
	t.Helper()
	cell := s.Book.Find(symbol)
	if cell == nil {
		t.Fatalf("there is no %s in the book", symbol)
	}
	return cell.Quote()
}

// Await waits until the record of a symbol has a bid and a status.
func (s *Service) Await(t *testing.T, symbol market.Symbol, bid string, status market.Status) {
	t.Helper()
	Await(t, string(symbol)+" "+bid+" "+status.String(), func() bool {
		c := s.Book.Find(symbol)
		if c == nil {
			return false
		}
		q := c.Quote()
		return q.Values[market.Bid].String() == bid && q.Status == status
	})
}

// AwaitTrades waits until the book has counted trades, and wants no more of them.
func (s *Service) AwaitTrades(t *testing.T, want uint64) {
	t.Helper()
	Await(t, fmt.Sprintf("%d trades", want), func() bool { return s.counted().Trades >= want })
	if got := s.counted().Trades; got != want {
		t.Fatalf("%d trades are counted, of %d", got, want)
	}
}

// counted returns what the book has counted of trades in all.
func (s *Service) counted() *market.Envelope {
	for _, sample := range s.Book.Samples(nil, true) {
		s.traded.Merge(&sample.Bar.Envelope)
	}
	return &s.traded
}

// Await waits until a condition holds.
func Await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !holds(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s: it never came", what)
		}
	}
}

package push_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ticker/feed"
	"ticker/feed/push"
	"ticker/market"
)

// countingBook counts what it is told.
type countingBook struct {
	mu             sync.Mutex
	applied, stale int
}

func (*countingBook) Line(string) market.SourceID { return 1 }

func (b *countingBook) Apply(*market.Update) market.Outcome {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.applied++
	return market.Duplicate // a publisher is not told
}

func (b *countingBook) MarkStale(market.SourceID, market.Reason) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stale++
	return 1
}

func TestPublisherOutlastsSilenceAndTheGarbageOfAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source, err := push.New(push.Config{})
		if err != nil {
			t.Fatal(err)
		}
		book := &countingBook{}
		f, err := feed.New(feed.Config{Name: "push", Source: source, Book: book, Silence: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { _ = f.Run(ctx) })
		synctest.Wait()
		if !f.Connected() {
			t.Error("not connected")
		}
		for i := range 5 {
			time.Sleep(time.Hour)
			if _, rejected, err := source.PublishBody([]byte(strings.Repeat("?\n", 1000)), nil); len(rejected) != 1000 || err != nil {
				t.Errorf("garbage: %d, %v", len(rejected), err)
			}
			if err := source.Publish([]byte(quote("A", i)), nil); err != nil {
				t.Errorf("Publish after an hour of silence: %v", err)
			}
		}
		cancel()
		wg.Wait()
		if book.applied != 5 || book.stale != 5 {
			t.Errorf("%d quotes in the book, %d times stale", book.applied, book.stale)
		}
	})
}

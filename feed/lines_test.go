package feed_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"ticker/feed"
	"ticker/market"
)

// linesFunc is Lines made of its Run.
type linesFunc func(ctx context.Context, run func(context.Context, feed.Source), ready func()) error

func (f linesFunc) Run(ctx context.Context, run func(context.Context, feed.Source), ready func()) error {
	return f(ctx, run, ready)
}

// named is a source with a name for the log.
type named struct {
	sourceFunc
	name string
}

func (n named) String() string { return n.name }

// numberedBook gives every line a number of its own and remembers which were
// marked.
type numberedBook struct {
	fakeBook
	lines  int
	marked []market.SourceID
}

func (b *numberedBook) Line(string) market.SourceID {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines++
	return market.SourceID(b.lines) //nolint:gosec // Few.
}

func (b *numberedBook) MarkStale(line market.SourceID, _ market.Reason) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.marked = append(b.marked, line)
	return 1
}

func newLinesFeed(t *testing.T, book feed.Book, run linesFunc) *feed.Feed {
	t.Helper()
	f, err := feed.New(feed.Config{Name: "test", Book: book, Lines: run, Random: func(int64) int64 { return 0 }})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestALineThatEndsMarksItsOwnSymbolsOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		book := &numberedBook{}
		fail := make(chan struct{})
		speak := func(ends <-chan struct{}) sourceFunc {
			return func(ctx context.Context, to feed.Sink) error {
				to.Update(&market.Update{Symbol: "A", Set: 1})
				select {
				case <-ctx.Done():
				case <-ends:
				}
				return errors.New("gone")
			}
		}
		f := newLinesFeed(t, book, func(ctx context.Context, run func(context.Context, feed.Source), ready func()) error {
			ready()
			go run(ctx, named{speak(nil), "one"})
			run(ctx, named{speak(fail), "two"})
			return nil
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- f.Run(ctx) }()
		synctest.Wait()
		if !f.Connected() {
			t.Error("both lines are up, and the feed is not connected")
		}
		numbers := make(map[market.SourceID]bool)
		for _, u := range book.updates {
			numbers[u.Source] = true
		}
		if len(numbers) != 2 {
			t.Errorf("two lines have %d numbers", len(numbers))
		}
		fail <- struct{}{}
		synctest.Wait()
		if len(book.marked) != 1 || !numbers[book.marked[0]] {
			t.Errorf("marked %v of %v", book.marked, numbers)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		synctest.Wait()
	})
}

func TestAFeedWithoutLinesWantsNothingAndIsConnected(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		known, start, end := make(chan struct{}), make(chan struct{}), make(chan struct{})
		f := newLinesFeed(t, &numberedBook{}, func(ctx context.Context, run func(context.Context, feed.Source), ready func()) error {
			<-known
			ready()
			<-start
			inner, stop := context.WithCancel(ctx)
			go func() { <-end; stop() }()
			run(inner, sourceFunc(idle))
			<-ctx.Done()
			return nil
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- f.Run(ctx) }()
		synctest.Wait()
		for _, step := range []struct {
			do   func()
			want bool
		}{
			{func() {}, false}, // it may want some
			{func() { close(known) }, true},
			{func() { close(start) }, false}, // a line that did not connect yet
			{func() { close(end) }, true},
		} {
			step.do()
			synctest.Wait()
			if got := f.Connected(); got != step.want {
				t.Errorf("connected: %t, want %t", got, step.want)
			}
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestNumbersOfLinesThatEndedAreUsedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		book := &numberedBook{}
		f := newLinesFeed(t, book, func(ctx context.Context, run func(context.Context, feed.Source), ready func()) error {
			ready()
			for range 100 {
				inner, stop := context.WithCancel(ctx)
				run(inner, sourceFunc(func(_ context.Context, to feed.Sink) error {
					to.Update(&market.Update{Symbol: "A", Set: 1})
					stop()
					return nil
				}))
			}
			return nil
		})
		if err := f.Run(t.Context()); err != nil {
			t.Error(err)
		}
		if book.lines != 1 {
			t.Errorf("100 lines, one after the other, took %d numbers", book.lines)
		}
		if links := book.links(); len(links) != 100 || links[99] != 100 {
			t.Errorf("their connections are numbered %v", links)
		}
	})
}

// later is an error of an upstream that wants to be left alone.
type later time.Duration

func (l later) Error() string             { return "later" }
func (l later) RetryAfter() time.Duration { return time.Duration(l) }

func TestAnUpstreamThatAsksForTimeGetsItWithinABound(t *testing.T) {
	t.Parallel()
	for asked, want := range map[time.Duration]time.Duration{
		time.Minute: time.Minute, 24 * time.Hour: 10 * time.Minute, -time.Hour: 0,
	} {
		synctest.Test(t, func(t *testing.T) {
			var tries []time.Time
			book := &numberedBook{}
			ctx, cancel := context.WithCancel(t.Context())
			f, err := feed.New(feed.Config{
				Name: "test", Book: book, Random: func(int64) int64 { return 0 },
				Source: sourceFunc(func(context.Context, feed.Sink) error {
					if tries = append(tries, time.Now()); len(tries) == 2 {
						cancel()
					}
					return fmt.Errorf("connect: %w", later(asked))
				}),
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Run(ctx); err != nil {
				t.Error(err)
			}
			if got := tries[1].Sub(tries[0]); got != want {
				t.Errorf("asked for %s, waited %s", asked, got)
			}
		})
	}
}

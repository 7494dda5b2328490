package feed_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"ticker/feed"
	"ticker/market"
)

// doomed has, in the environment of a process, the name of the test that it runs
// and that is to end it.
const doomed = "TICKER_TEST_DOOMED"

// exitPanic is the exit code of a Go program that panicked; that of failed tests is
// another one.
const exitPanic = 2

// brokenBook panics over what it is told.
type brokenBook struct{ countingBook }

func (brokenBook) Apply(*market.Update) market.Outcome          { panic("broken on purpose") }
func (brokenBook) MarkStale(market.SourceID, market.Reason) int { panic("broken on purpose") }

// numberlessBook panics when it is to give a number.
type numberlessBook struct{ countingBook }

func (numberlessBook) Line(string) market.SourceID { panic("broken on purpose") }

func TestPanicOfTheBookIsNotTakenForTheSources(t *testing.T) {
	t.Parallel()
	update := func(_ context.Context, to feed.Sink) error {
		to.Update(&market.Update{Symbol: "A"})
		return nil
	}
	for name, c := range map[string]struct {
		book    feed.Book
		source  sourceFunc
		silence time.Duration
		symbol  string
		method  string
	}{
		"in an update": {book: brokenBook{}, source: update, symbol: "A", method: "Apply"},
		"in an update whose caller recovers": {book: brokenBook{}, source: func(ctx context.Context, to feed.Sink) error {
			defer func() { _ = recover() }() // as net/http does
			return update(ctx, to)
		}, symbol: "A", method: "Apply"},
		"at the end of a connection": {book: brokenBook{}, source: func(context.Context, feed.Sink) error {
			return errors.New("reset")
		}, method: "MarkStale"},
		"when a source is silent":  {book: brokenBook{}, source: idle, silence: time.Millisecond, method: "MarkStale"},
		"when there is a new line": {book: numberlessBook{}, source: idle, method: "Line"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if os.Getenv(doomed) == t.Name() {
				defer func() { t.Errorf("recovered %v", recover()) }()
				f, err := feed.New(feed.Config{Name: "test", Book: c.book, Source: c.source, Silence: c.silence})
				if err != nil {
					t.Fatal(err)
				}
				t.Fatal("Run returned: ", f.Run(t.Context()))
			}
			text := panicText(t)
			for _, want := range []string{
				`panic: book panicked, called by feed "test", symbol "` + c.symbol + `": broken on purpose`,
				"Book." + c.method + "(", // in the stack
			} {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in:\n%s", want, text)
				}
			}
		})
	}
}

// panicText runs the calling test again, doomed, in a process of its own, which must
// end by a panic, and returns what it said.
func panicText(t *testing.T) string {
	t.Helper()
	pattern := "^" + strings.ReplaceAll(t.Name(), "/", "$/^") + "$"
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run="+pattern, "-test.timeout=1m")
	cmd.Env = append(os.Environ(), doomed+"="+t.Name())
	text, err := cmd.CombinedOutput()
	if err == nil || cmd.ProcessState.ExitCode() != exitPanic {
		t.Fatalf("ended with %v:\n%s", err, text)
	}
	return string(text)
}

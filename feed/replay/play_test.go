package replay

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"ticker/feed"
)

// play plays recordings to their end, in a bubble where waiting takes no time,
// and returns what was logged.
func play(t *testing.T, c Config, to feed.Sink) string {
	t.Helper()
	log := newJournal()
	c.Logger = log.logger()
	synctest.Test(t, func(t *testing.T) {
		s, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		log.on("recording has ended", func() { close(ended) })
		run(t, s, to, func() { <-ended })
	})
	return log.text()
}

// run runs a source until wait returns, in a bubble.
func run(t *testing.T, s *Source, to feed.Sink, wait func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx, to) }()
	wait()
	synctest.Wait()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Run returned %v", err)
	}
}

// journal keeps what is logged.
type journal struct {
	mu    sync.Mutex
	lines bytes.Buffer
	word  string
	said  func()
}

func newJournal() *journal { return &journal{} }

func (j *journal) logger() *slog.Logger { return slog.New(slog.NewTextHandler(j, nil)) }

// on calls said when a line with a word is logged.
func (j *journal) on(word string, said func()) { j.word, j.said = word, said }

func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.said != nil && bytes.Contains(line, []byte(j.word)) {
		j.said()
	}
	return j.lines.Write(line)
}

func (j *journal) text() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.lines.String()
}

// write makes a file of the text, compressed if its name says so.
func write(tb testing.TB, name, text string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), name)
	content := []byte(text)
	if strings.HasSuffix(name, ".gz") {
		content = compress(tb, content)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

func compress(tb testing.TB, text []byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(text); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// readFile returns the text of a file that may be compressed.
func readFile(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(path, ".gz") {
		return text
	}
	r, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if text, err = io.ReadAll(r); err != nil {
		t.Fatal(err)
	}
	return text
}

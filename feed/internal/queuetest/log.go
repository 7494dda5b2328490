package queuetest

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
)

// Log keeps what is logged, and shows it when the test has failed.
type Log struct {
	*slog.Logger

	mu   sync.Mutex
	text bytes.Buffer
}

// NewLog returns an empty Log.
func NewLog(t *testing.T) *Log {
	t.Helper()
	l := &Log{}
	l.Logger = slog.New(slog.NewTextHandler(l, nil))
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(l.String())
		}
	})
	return l
}

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String returns what was logged so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Count returns how often a text was logged.
func (l *Log) Count(text string) int { return strings.Count(l.String(), text) }

// Await waits until a text was logged.
func (l *Log) Await(t *testing.T, text string) {
	t.Helper()
	Await(t, text+" in the log", func() bool { return l.Count(text) > 0 })
}

package main

import (
	"io"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/term"
)

// newLogger writes lines: as text on a terminal, as JSON for machines, unless
// told otherwise. The level can be set at any time.
func newLogger(lines io.Writer, s *settings, terminal bool) (*slog.Logger, *slog.LevelVar) {
	level := new(slog.LevelVar)
	level.Set(s.level())
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: readable}
	if s.logFormat == "text" || s.logFormat == "auto" && terminal {
		return slog.New(slog.NewTextHandler(lines, options)), level
	}
	return slog.New(slog.NewJSONHandler(lines, options)), level
}

// level returns the least level that is logged.
func (s *settings) level() (level slog.Level) {
	_ = level.UnmarshalText([]byte(s.logLevel)) // log.level takes nothing else
	return level
}

// readable writes durations with their unit: as JSON they would be bare
// nanoseconds.
func readable(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		a.Value = slog.StringValue(a.Value.Duration().String())
	}
	return a
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// logWriter writes log lines on a goroutine of its own, so that no quote waits
// for whoever reads the log. Lines that find its queue full are lost, and
// counted.
type logWriter struct {
	out   io.Writer
	lines chan []byte
	lost  atomic.Uint64
	done  chan struct{}
}

// maxLogLines is how many lines wait for a slow reader of the log.
const maxLogLines = 1024

// startLogWriter starts a writer; the caller closes it.
func startLogWriter(out io.Writer) *logWriter {
	w := &logWriter{out: out, lines: make(chan []byte, maxLogLines), done: make(chan struct{})}
	go w.run()
	return w
}

// Write queues one line. It never blocks and never fails.
func (w *logWriter) Write(line []byte) (int, error) {
	select {
	case w.lines <- append([]byte(nil), line...):
	default:
		w.lost.Add(1)
	}
	return len(line), nil
}

func (w *logWriter) run() {
	defer close(w.done)
	for line := range w.lines {
		// There is nobody left to tell that the log cannot be written.
		_, _ = w.out.Write(line)
	}
}

// logPatience is how long the end of the program waits for the log's reader.
const logPatience = time.Second

// close writes what waits, as far as somebody reads it. Nothing may be logged
// after it.
func (w *logWriter) close() {
	close(w.lines)
	select {
	case <-w.done:
	case <-time.After(logPatience):
	}
}

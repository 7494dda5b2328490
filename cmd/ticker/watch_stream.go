package main

import (
	"context"
	"fmt"
	"io"

	"ticker/client"
)

// stream writes records as they come. Its methods are called by one goroutine.
type stream struct {
	lines  *lines
	notes  io.Writer
	stop   func()
	failed error  // of the output
	lost   string // why there is no connection, as it was told
}

// watchLines writes a line for each record until ctx is done.
func watchLines(ctx context.Context, env *environment, o *watchOptions) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	s := &stream{lines: newLines(env.stdout, o.format, o.lineFields()), notes: env.stderr, stop: stop}
	w, err := newWatcher(o, client.Config{OnQuotes: s.batch, OnState: s.state, OnGranted: s.granted})
	if err != nil {
		return err
	}
	if err := w.run(ctx); err != nil {
		return err
	}
	return s.failed
}

// batch writes one batch. Writing is all that it waits for: a reader that is
// slow makes this slow, and the service conflates.
func (s *stream) batch(b client.Batch) {
	for i := range b.Records {
		s.lines.write(&b.Records[i])
	}
	if s.failed = s.lines.flush(); s.failed != nil {
		s.stop()
	}
}

// state tells when the connection is lost and when it is back. A reason is told
// once, however many tries fail for it.
func (s *stream) state(state client.State) {
	switch state.Phase {
	case client.Waiting:
		if reason := state.Err.Error(); reason != s.lost {
			s.lost = reason
			s.note("no connection, trying again: %s", reason)
		}
	case client.Online:
		if s.lost != "" {
			s.note("connected")
		}
		s.lost = ""
	case client.Connecting, client.Ended:
	}
}

func (s *stream) granted(g client.Granted) {
	if len(g.Rejected) > 0 && len(g.Symbols) > 0 {
		s.note("%s", rejections(g.Rejected))
	}
}

func (s *stream) note(format string, args ...any) {
	_, _ = fmt.Fprintln(s.notes, "ticker watch:", printable(fmt.Sprintf(format, args...)))
}

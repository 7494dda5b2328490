package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ticker/feed"
	"ticker/feed/internal/pace"
)

// maxFiles bounds the files that are open at once.
const maxFiles = 256

// Source plays recordings. It is a feed.Source.
type Source struct {
	config Config
	paths  []string
	logger *slog.Logger
	lap    lap
}

var _ feed.Passive = (*Source)(nil)

// New checks the configuration and that every file is there and can be opened.
func New(c Config) (*Source, error) {
	c.Speed = cmp.Or(c.Speed, pace.Recorded)
	if c.Speed < 0 {
		return nil, fmt.Errorf("speed %d is below 0", c.Speed)
	}
	paths, err := expand(c.Paths)
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		r, err := openRecording(path, c.Venue)
		if err != nil {
			return nil, err
		}
		r.close()
	}
	return &Source{config: c, paths: paths, logger: cmp.Or(c.Logger, slog.Default())}, nil
}

// expand returns the files that a list of paths and globs names, in its order
// and each once.
func expand(list string) ([]string, error) {
	var paths []string
	for element := range strings.SplitSeq(list, ",") {
		matches, err := match(strings.TrimSpace(element))
		if err != nil {
			return nil, err
		}
		for _, path := range matches {
			if !slices.Contains(paths, path) {
				paths = append(paths, path)
			}
		}
		if len(paths) > maxFiles {
			return nil, fmt.Errorf("find recordings %q: more than %d files", list, maxFiles)
		}
	}
	return paths, nil
}

// match returns the files that a path or a glob names. A file whose own name
// looks like a glob is itself.
func match(path string) ([]string, error) {
	if path == "" {
		return nil, errors.New("find recordings: a path is empty")
	}
	if _, err := os.Stat(path); err == nil || !strings.ContainsAny(path, `*?[\`) {
		return []string{path}, nil
	}
	matches, err := filepath.Glob(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("find recordings %q: %w", path, err)
	case len(matches) == 0:
		return nil, fmt.Errorf("find recordings %q: no file matches", path)
	}
	return matches, nil
}

// Passive implements feed.Passive: a recording that is garbage, or silent, is
// not played from its beginning again for that.
func (s *Source) Passive() {}

// Run plays the recordings. At their end it waits for ctx.
func (s *Source) Run(ctx context.Context, to feed.Sink) error {
	to.Connected()
	p := newPlayer(s, to)
	start := time.Now()
	for again := true; again; again = s.config.Loop && p.played > 0 {
		s.lap.next()
		if err := p.play(ctx); err != nil {
			return err
		}
	}
	s.logger.Info("recording has ended", "updates", p.updates, "skipped", p.skipped,
		"refused", p.refused, "elapsed", time.Since(start))
	<-ctx.Done()
	return ctx.Err()
}

// openAll opens the files and reads their first lines. Those without a line
// are over already. Those that are open before an error come with it.
func (s *Source) openAll() ([]*recording, error) {
	var recordings []*recording
	for _, path := range s.paths {
		r, err := openRecording(path, s.config.Venue)
		if err != nil {
			return recordings, err
		}
		if s.advance(r) {
			recordings = append(recordings, r)
		}
	}
	return recordings, nil
}

func closeAll(recordings []*recording) {
	for _, r := range recordings {
		r.close()
	}
}

// advance goes to the next line of a recording, or closes it at its end.
func (s *Source) advance(r *recording) bool {
	err := r.advance()
	if err == nil {
		return true
	}
	if !errors.Is(err, io.EOF) {
		s.logger.Error("recording ends early", "path", r.path, "line", r.number, "error", err)
	}
	r.close()
	return false
}

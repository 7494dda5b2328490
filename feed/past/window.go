package past

import (
	"context"
	"fmt"
	"time"

	"ticker/market"
)

const (
	// windowSamples is the most samples of a window, some 10 MB of them.
	windowSamples = 20_000

	firstWidth = int64(time.Second / time.Microsecond)
	// maxWidth gets over the years without a sample in no time.
	maxWidth = int64(32 * 24 * time.Hour / time.Microsecond)
)

// window is the samples of a stretch of time.
type window struct {
	end     int64
	samples []market.Sample
	err     error
}

// reading reads one window after the other.
type reading struct {
	reader  Reader
	symbols []market.Pattern
	next    int64
	width   int64
}

// readAhead reads windows until ctx is done, one before it is asked for. The
// channel is closed when all is read, or behind an error.
func (s *Source) readAhead(ctx context.Context) <-chan window {
	windows := make(chan window)
	r := reading{reader: s.cfg.Reader, symbols: s.cfg.Symbols, next: s.next, width: firstWidth}
	go func() {
		defer close(windows)
		for r.next < s.cfg.To {
			w := r.read(ctx, s.cfg.To)
			select {
			case windows <- w:
			case <-ctx.Done():
				return
			}
			if w.err != nil {
				return
			}
		}
	}()
	return windows
}

// read reads the next window, as wide as gives not too many samples and not too
// few, and no wider than up to a time.
func (r *reading) read(ctx context.Context, to int64) window {
	for {
		end := min(r.next+r.width, to)
		samples, fits, err := r.reader.Between(ctx, r.symbols, r.next, end, windowSamples)
		switch {
		case err != nil:
			return window{err: fmt.Errorf("read samples: %w", err)}
		case !fits && r.width == 1:
			return window{err: fmt.Errorf("more than %d samples of one microsecond", windowSamples)}
		case !fits:
			r.width = max(r.width/4, 1)
			continue
		case len(samples) < windowSamples/4:
			r.width = min(r.width*2, maxWidth)
		}
		r.next = end
		return window{end: end, samples: samples}
	}
}

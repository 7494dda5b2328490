package crowd

import (
	"context"
	"io"

	"golang.org/x/time/rate"
)

// slowPiece is the most that a slow client reads at once: one that read more
// would empty the buffers of the kernel in bursts, as no slow link does.
const slowPiece = 4 << 10

// slowReader reads at most so many bytes a second. What it has read it holds
// back until that much time has passed.
type slowReader struct {
	source io.Reader
	piece  int // bytes, no more than a second's worth
	wait   func(bytes int) error
}

// newSlowReader paces a source until ctx ends.
func newSlowReader(ctx context.Context, source io.Reader, bytesPerSecond int) *slowReader {
	piece := min(slowPiece, bytesPerSecond)
	pace := rate.NewLimiter(rate.Limit(bytesPerSecond), piece)
	return &slowReader{source, piece, func(n int) error { return pace.WaitN(ctx, n) }}
}

// Read implements io.Reader.
func (s *slowReader) Read(p []byte) (int, error) {
	n, err := s.source.Read(p[:min(len(p), s.piece)])
	if err != nil {
		return n, err
	}
	return n, s.wait(n)
}

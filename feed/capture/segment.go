package capture

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/prometheus/client_golang/prometheus"
)

// writeBytes are given to the operating system at once; the compressor itself
// would write a few hundred.
const writeBytes = 64 << 10

// output is what a segment needs of its file.
type output interface {
	io.Writer
	Truncate(size int64) error
	Close() error
}

// create makes a new file, and fails if it exists.
func create(path string) (output, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
}

// press is the way from text to a file; it is used again for the next one.
type press struct {
	gz    *gzip.Writer
	buf   *bufio.Writer
	tally tally
}

// tally counts what is written.
type tally struct {
	out   io.Writer
	count prometheus.Counter
	bytes int64
}

func (t *tally) Write(p []byte) (int, error) {
	n, err := t.out.Write(p)
	t.bytes += int64(n)
	t.count.Add(float64(n))
	return n, err
}

func newPress(count prometheus.Counter) *press {
	p := &press{buf: bufio.NewWriterSize(nil, writeBytes), tally: tally{count: count}}
	p.gz, _ = gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is a valid one
	return p
}

// reset begins a new file.
func (p *press) reset(out io.Writer) {
	p.tally.out, p.tally.bytes = out, 0
	p.buf.Reset(&p.tally)
	p.gz.Reset(p.buf)
}

// flush brings all that was written to the file.
func (p *press) flush() error {
	return errors.Join(p.gz.Flush(), p.buf.Flush())
}

// segment is the file that is being written.
type segment struct {
	path  string
	out   output
	press *press
	began int64 // in microseconds since the Unix epoch
	bytes int64 // recorded, before compression
	whole int64 // of the file, that hold them
}

// begin writes the header of the file at once: what has none cannot be opened by
// who plays it.
func (s *segment) begin() error {
	s.press.reset(s.out)
	if err := s.press.flush(); err != nil {
		return errors.Join(fmt.Errorf("begin recording: %w", err), s.abandon())
	}
	s.whole = s.press.tally.bytes
	return nil
}

// write records whole lines. After an error none of them are in the file, and the
// segment is finished; unless the error is errTorn, when some may be.
func (s *segment) write(lines []byte) error {
	_, err := s.press.gz.Write(lines)
	if err = errors.Join(err, s.press.flush()); err != nil {
		return errors.Join(fmt.Errorf("write recording: %w", err), s.abandon())
	}
	s.bytes += int64(len(lines))
	s.whole = s.press.tally.bytes
	return nil
}

// errTorn reports a file that could not be cut to what is whole.
var errTorn = errors.New("recording may hold a part of what is lost")

// abandon leaves a file that cannot be written with what is whole of it.
func (s *segment) abandon() error {
	err := s.out.Truncate(s.whole)
	if err != nil {
		err = fmt.Errorf("%w: %w", errTorn, err)
	}
	err = errors.Join(err, s.out.Close())
	if s.bytes == 0 {
		err = errors.Join(err, os.Remove(s.path))
	}
	return err
}

// close ends a file that is complete. After an error it is as if the process had
// been killed: the lines are there and the end is not.
func (s *segment) close() error {
	err := errors.Join(s.press.gz.Close(), s.press.buf.Flush(), s.out.Close())
	if err != nil {
		return fmt.Errorf("end recording: %w", err)
	}
	return nil
}

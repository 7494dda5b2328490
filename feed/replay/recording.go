package replay

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"ticker/feed"
)

// recording is one file that is being played.
type recording struct {
	path   string
	file   *os.File
	lines  lines
	number int // lines read
	parser feed.Parser

	// next is the line to play, and recv its receive time in microseconds, 0
	// if it was not recorded.
	next line
	recv int64
}

// openRecording opens a file and finds out whether it is what its name says.
func openRecording(path, venue string) (*recording, error) {
	parser, err := newParser(venue)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open recording: %w", err)
	}
	text, err := reader(file)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open recording %s: %w", path, err), file.Close())
	}
	return &recording{path: path, file: file, lines: newLines(text, maxLineBytes), parser: parser}, nil
}

func reader(file *os.File) (io.Reader, error) {
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("not a regular file")
	case strings.HasSuffix(file.Name(), ".gz"):
		return gzip.NewReader(bufio.NewReaderSize(file, readBytes))
	}
	return file, nil
}

// close ends the use of the file. There is nothing that could fail to be
// written to it.
func (r *recording) close() { _ = r.file.Close() }

// advance reads the next line that is not empty. The error is io.EOF at the
// end, or what ended the file early.
func (r *recording) advance() error {
	for {
		text, err := r.lines.next()
		r.number++
		switch {
		case errors.Is(err, errLong):
			r.take(line{kind: tooLong, text: text})
			return nil
		case err != nil:
			return err
		case len(text) > 0:
			r.take(parseLine(text))
			return nil
		}
	}
}

// take makes a line the next one and works out its times.
func (r *recording) take(l line) {
	r.recv = l.at / 1000
	if q, ok := r.parser.(*quotes); ok && l.kind == message && l.at == 0 {
		r.recv, l.at = q.times(l.text)
	}
	r.next = l
}

// times returns the receive time of a record in microseconds and the time in
// nanoseconds that it is played by, 0 if it has none. A bad record has none,
// and is refused when its turn comes.
func (q *quotes) times(record []byte) (recv, at int64) {
	if err := q.parser.Parse(record, &q.update); err != nil {
		return 0, 0
	}
	recv = q.update.Recv
	if at = cmp.Or(recv, q.update.TS); at > math.MaxInt64/1000 {
		return recv, 0
	}
	return recv, at * 1000
}

// earliest returns the recording whose line is next. They are in the order in
// which they are listed, so the first of those with one time wins. A line
// without a time has waited for the one before it and waits no longer.
func earliest(recordings []*recording) int {
	first := 0
	for i, r := range recordings {
		if r.next.at < recordings[first].next.at {
			first = i
		}
	}
	return first
}

package replay

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"ticker/feed/internal/venue"
)

const (
	// readBytes is what is read of a file at once; few lines are longer.
	readBytes = 64 << 10
	// maxLineBytes is the longest line that is played. The longest messages
	// of a venue, snapshots of a whole book, have some 2 MB.
	maxLineBytes = 16 << 20
	// shownBytes is how much of a longer line is kept to show.
	shownBytes = 1 << 10
)

// errLong reports a line that is longer than the limit.
var errLong = errors.New("line is too long")

// lines reads a text line by line.
type lines struct {
	in    *bufio.Reader
	limit int
	long  []byte // a line that is longer than the buffer of in
}

func newLines(in io.Reader, limit int) lines {
	return lines{in: bufio.NewReaderSize(in, readBytes), limit: limit}
}

// next returns the next line, without white space around it. It is good until
// the next call. With errLong it returns the beginning of a line. Any other
// error ends the text; io.EOF comes after the last line, also if that has no
// end, but before a line that another error cut off.
func (l *lines) next() ([]byte, error) {
	line, err := l.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		line, err = l.rest(line)
	}
	if errors.Is(err, io.EOF) && len(line) > 0 {
		err = nil
	}
	if err != nil && !errors.Is(err, errLong) {
		return nil, err
	}
	return bytes.TrimSpace(line), err
}

// rest gathers a line that began with start.
func (l *lines) rest(start []byte) ([]byte, error) {
	l.long = append(l.long[:0], start...)
	for size := len(start); ; {
		part, err := l.in.ReadSlice('\n')
		if size += len(part); size <= l.limit {
			l.long = append(l.long, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case size > l.limit && (err == nil || errors.Is(err, io.EOF)):
			return l.long[:min(len(l.long), shownBytes)], errLong
		default:
			return l.long, err
		}
	}
}

// line is one line of a recording.
type line struct {
	kind kind
	// at is the receive time in nanoseconds since the Unix epoch, 0 if the
	// line has none.
	at   int64
	text []byte // the message, without its receive time
}

// kind says what a line is.
type kind uint8

const (
	message kind = iota
	remark       // a connection, a request, an answer over HTTP
	tooLong      // text is its beginning
)

// nanos are the places of a second that receive times are read to.
const nanos = 9

// parseLine takes a line apart.
func parseLine(text []byte) line {
	if isRemark(text) {
		return line{kind: remark, text: text}
	}
	if len(text) > 0 && text[0]-'0' <= 9 {
		prefix, rest, _ := bytes.Cut(text, []byte(": "))
		if at, ok := venue.Fixed(prefix, nanos); ok {
			return line{at: at, text: rest}
		}
	}
	return line{text: text}
}

// isRemark reports whether a line begins with a URL.
func isRemark(text []byte) bool {
	scheme, _, ok := bytes.Cut(text[:min(len(text), len("https://"))], []byte("://"))
	if !ok || len(scheme) == 0 {
		return false
	}
	for _, c := range scheme {
		if c < 'a' || c > 'z' {
			return false
		}
	}
	return true
}

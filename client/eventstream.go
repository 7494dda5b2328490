package client

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

var errEventSize = errors.New("event is too large")

// byteOrderMark may stand at the beginning of an event stream.
const byteOrderMark = "\ufeff"

// streamEvent is one event of a stream, good until the next one is read.
type streamEvent struct {
	name string // "message" if the stream gives none
	data []byte
}

// eventStream reads the format of Server-Sent Events, in whatever pieces it comes.
// Ids and waits are passed over: messages of the service say both themselves.
type eventStream struct {
	in    *bufio.Reader
	limit int // bytes of a line, and of the data of an event

	begun       bool
	afterReturn bool // the last line ended with a carriage return
	line        []byte
	data        bytes.Buffer
}

func newEventStream(in io.Reader, limit int) *eventStream {
	return &eventStream{in: bufio.NewReader(in), limit: limit}
}

// next returns the next event that has data. An event that the stream breaks off in
// is none.
func (s *eventStream) next() (streamEvent, error) {
	e := streamEvent{name: "message"}
	s.data.Reset()
	for {
		line, err := s.nextLine()
		if err != nil {
			return streamEvent{}, err
		}
		if len(line) > 0 {
			if err := s.take(&e, line); err != nil {
				return streamEvent{}, err
			}
			continue
		}
		if s.data.Len() > 0 {
			e.data = bytes.TrimSuffix(s.data.Bytes(), []byte{'\n'})
			return e, nil
		}
		e.name = "message"
	}
}

// take takes one line of an event.
func (s *eventStream) take(e *streamEvent, line []byte) error {
	field, value, _ := bytes.Cut(line, []byte{':'})
	value = bytes.TrimPrefix(value, []byte{' '})
	switch string(field) {
	case "event":
		e.name = string(value)
	case "data":
		if s.data.Len()+len(value) >= s.limit {
			return errEventSize
		}
		s.data.Write(value)
		s.data.WriteByte('\n')
	}
	return nil
}

// nextLine returns the next line without its end: a line feed, a carriage return,
// or both.
func (s *eventStream) nextLine() ([]byte, error) {
	s.line = s.line[:0]
	for {
		piece, err := s.peek()
		if err != nil {
			return nil, err
		}
		end := bytes.IndexAny(piece, "\r\n")
		if end < 0 {
			end = len(piece)
		}
		if len(s.line)+end > s.limit {
			return nil, errEventSize
		}
		s.line = append(s.line, piece[:end]...)
		if end == len(piece) {
			s.discard(end)
			continue
		}
		s.afterReturn = piece[end] == '\r'
		s.discard(end + 1)
		return s.line, nil
	}
}

// peek returns what has arrived and belongs to a line, and waits for some.
func (s *eventStream) peek() ([]byte, error) {
	if !s.begun {
		s.begun = true
		// An error is seen again behind what could be read.
		if mark, _ := s.in.Peek(len(byteOrderMark)); string(mark) == byteOrderMark {
			s.discard(len(mark))
		}
	}
	first, err := s.in.Peek(1)
	if err != nil {
		return nil, err
	}
	if s.afterReturn && first[0] == '\n' {
		s.discard(1)
		s.afterReturn = false
		return s.peek()
	}
	s.afterReturn = false
	return s.in.Peek(s.in.Buffered())
}

// discard takes bytes that were peeked at.
func (s *eventStream) discard(n int) { _, _ = s.in.Discard(n) }

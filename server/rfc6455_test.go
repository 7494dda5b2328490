package server_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"ticker/wire"
)

// exchange is what a client sends behind the handshake, and what it is then sent,
// one line a frame: see describe.
type exchange struct {
	name    string
	section string // of RFC 6455, that says so
	send    []byte
	want    []string
}

// What most exchanges have as their answer.
func closedBy(code int) []string      { return []string{fmt.Sprint("close ", code)} }
func answered(ids ...string) []string { return each("answer ", ids) }

func each(before string, texts []string) []string {
	lines := make([]string, len(texts))
	for i, text := range texts {
		lines[i] = before + text
	}
	return lines
}

// lastWord is the id of the message that a test sends behind an exchange that
// leaves the session alive.
const lastWord = "still there"

// hold has the exchanges with one server, each in a session of its own. Where one
// ends its session, a session beside it lives on.
func hold(t *testing.T, codec wire.Codec, exchanges []exchange) {
	t.Helper()
	r := overTCP(t)
	for _, e := range exchanges {
		t.Run(e.section+" "+e.name, func(t *testing.T) {
			t.Parallel()
			own := *r
			own.t = t
			beside, c := own.connect(codec), own.connect(codec)
			c.write(e.send)
			want := e.want
			if !slices.ContainsFunc(want, func(line string) bool { return strings.HasPrefix(line, "close") }) {
				c.ask(lastWord, &wire.Ping{})
				want = append(slices.Clip(want), "answer "+lastWord)
			}
			if diff := cmp.Diff(want, c.transcript()); diff != "" {
				t.Errorf("answers (-want +got):\n%s", diff)
			}
			beside.lives()
		})
	}
}

// lives says that a session, which was sent nothing else, answers.
func (c *raw) lives() {
	c.t.Helper()
	c.ask(lastWord, &wire.Ping{})
	if diff := cmp.Diff(answered(lastWord), c.transcript()); diff != "" {
		c.t.Errorf("answers of a session beside it (-want +got):\n%s", diff)
	}
}

// transcript describes the frames that come until the last word is answered or
// the connection ends. A close frame must be the last.
func (c *raw) transcript() []string {
	c.t.Helper()
	c.wait(patience)
	var lines []string
	for {
		first, payload, err := c.readFrame()
		switch {
		case errors.Is(err, io.EOF):
			return lines
		case err != nil:
			return append(lines, err.Error())
		case first == ping: // a heartbeat
			c.write(frame(pong, string(payload)))
			continue
		}
		line := c.describe(first, payload)
		if line != "" {
			lines = append(lines, line)
		}
		if line == "answer "+lastWord {
			return lines
		}
	}
}

// describe returns a frame as a line: `pong PAYLOAD`, `close CODE`, `answer ID` to a
// ping of the protocol, `error CODE` of a message that was refused. A heartbeat, which
// comes whatever the client does, is none.
func (c *raw) describe(first byte, payload []byte) string {
	c.t.Helper()
	switch {
	case first == pong:
		return "pong " + string(payload)
	case first == closing && len(payload) == 0:
		return "close"
	case first == closing && (len(payload) > 125 || !utf8.Valid(payload[2:])):
		return fmt.Sprintf("a close frame of %x", payload)
	case first == closing:
		return fmt.Sprint("close ", binary.BigEndian.Uint16(payload))
	}
	m, err := c.codec.ParseMessage(payload)
	if err != nil {
		c.t.Fatalf("%v in %q", err, payload)
	}
	switch m := m.(type) {
	case *wire.Pong:
		return "answer " + m.ID
	case *wire.Error:
		return "error " + string(m.Code)
	case *wire.Heartbeat:
		return ""
	}
	return fmt.Sprintf("%T", m)
}

// say is a message that is answered under an id.
func say(id string) string { return `{"type":"ping","id":"` + id + `"}` }

// padded is say in a message of a size.
func padded(id string, size int) string {
	return say(id) + strings.Repeat(" ", size-len(say(id)))
}

// masked makes a frame with a mask of one's choice.
func masked(mask string, first byte, payload string) []byte {
	f := frame(first, payload)
	start := len(f) - len(payload)
	copy(f[start-len(mask):], mask)
	for i := range len(payload) {
		f[start+i] = payload[i] ^ mask[i%len(mask)]
	}
	return f
}

// stretched makes a frame whose length stands in 2 or 8 bytes, however short it is.
func stretched(lengthBytes int, first byte, payload string) []byte {
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(payload)))
	marker := byte(126)
	if lengthBytes == len(length) {
		marker = 127
	}
	f := append([]byte{first, 0x80 | marker}, length[len(length)-lengthBytes:]...)
	return append(append(f, 0, 0, 0, 0), payload...)
}

// pieces makes one message of text of fragments.
func pieces(fragments ...string) []byte {
	var message []byte
	for i, fragment := range fragments {
		first := byte(continues)
		if i == 0 {
			first = textBegins
		}
		if i == len(fragments)-1 {
			first |= 0x80
		}
		message = append(message, frame(first, fragment)...)
	}
	return message
}

// closeWith makes a close frame.
func closeWith(code uint16, reason string) []byte {
	return frame(closing, string(binary.BigEndian.AppendUint16(nil, code))+reason)
}

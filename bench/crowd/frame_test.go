package crowd

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// serverFrame returns a frame as servers send them. The first byte is given as
// it is.
func serverFrame(first byte, payload string) []byte {
	frame := []byte{first}
	switch n := len(payload); {
	case n < length16:
		frame = append(frame, byte(n))
	case n < 1<<16:
		frame = binary.BigEndian.AppendUint16(append(frame, length16), uint16(n))
	default:
		frame = binary.BigEndian.AppendUint64(append(frame, length64), uint64(n))
	}
	return append(frame, payload...)
}

func text(payload string) []byte { return serverFrame(finalBit|opText, payload) }

// message is what a frameReader returned.
type message struct {
	Opcode   byte
	Payload  string
	Consumed int
}

// readAll returns all messages, and the error that ended them.
func readAll(source io.Reader, ahead []byte) ([]message, error) {
	r := newFrameReader(source, new(bufferPool), ahead)
	var all []message
	for {
		opcode, payload, err := r.next()
		if err != nil {
			return all, err
		}
		all = append(all, message{opcode, string(payload), r.consumed})
	}
}

func TestMessagesOfEveryLengthAreReadWhole(t *testing.T) {
	t.Parallel()
	var stream []byte
	var want []message
	for _, n := range []int{0, 1, 125, 126, 127, 6000, ownBytes - 4, ownBytes - 1, ownBytes, ownBytes + 1, 65_535, 65_536, 1 << 20, 3} {
		payload := strings.Repeat("x", n)
		frame := text(payload)
		stream = append(stream, frame...)
		want = append(want, message{opText, payload, len(frame)})
	}
	for name, source := range map[string]func(io.Reader) io.Reader{
		"at once":       func(r io.Reader) io.Reader { return r },
		"by halves":     iotest.HalfReader,
		"byte by byte":  iotest.OneByteReader,
		"with its end":  iotest.DataErrReader,
		"partly before": func(r io.Reader) io.Reader { _, _ = io.CopyN(io.Discard, r, 300); return r },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var ahead []byte
			if name == "partly before" {
				ahead = stream[:300]
			}
			got, err := readAll(source(bytes.NewReader(stream)), ahead)
			if !errors.Is(err, io.EOF) {
				t.Errorf("the end is %v", err)
			}
			expect(t, "messages", got, want)
		})
	}
}

func TestFragmentsBecomeOneMessage(t *testing.T) {
	t.Parallel()
	stream := bytes.Join([][]byte{
		serverFrame(opText, "quo"), serverFrame(finalBit|opPing, "hello"),
		serverFrame(opContinuation, "te"), serverFrame(finalBit|opContinuation, "s"),
		serverFrame(opBinary, strings.Repeat("y", ownBytes+1)), serverFrame(finalBit|opContinuation, ""),
		text("whole"),
	}, nil)
	got, _ := readAll(bytes.NewReader(stream), nil)
	expect(t, "messages", got, []message{
		{opPing, "hello", 12},
		{opText, "quotes", 7},
		{opBinary, strings.Repeat("y", ownBytes+1), ownBytes + 7},
		{opText, "whole", 7},
	})
}

func TestFramesThatBreakTheProtocolEndTheConnection(t *testing.T) {
	t.Parallel()
	huge := binary.BigEndian.AppendUint64([]byte{finalBit | opText, length64}, maxMessage+1)
	negative := binary.BigEndian.AppendUint64([]byte{finalBit | opText, length64}, 1<<63)
	half := serverFrame(opText, strings.Repeat("x", maxMessage/2+1))
	for name, c := range map[string]struct {
		stream []byte
		want   error
	}{
		"masked":                    {[]byte{finalBit | opText, maskBit | 1, 1, 2, 3, 4, 5}, errFrame},
		"compressed":                {serverFrame(finalBit|0x40|opText, "x"), errFrame},
		"unknown opcode":            {serverFrame(finalBit|3, "x"), errFrame},
		"unknown control":           {serverFrame(finalBit|0xb, "x"), errFrame},
		"long control":              {serverFrame(finalBit|opPing, strings.Repeat("x", 126)), errFrame},
		"fragmented control":        {serverFrame(opPing, "x"), errFrame},
		"continuation of nothing":   {serverFrame(finalBit|opContinuation, "x"), errFrame},
		"message within a message":  {append(serverFrame(opText, "x"), text("y")...), errFrame},
		"too long":                  {huge, errTooLong},
		"longer than can be":        {negative, errTooLong},
		"too long in fragments":     {append(half, serverFrame(opContinuation, strings.Repeat("x", maxMessage/2))...), errTooLong},
		"end within a head":         {text("quotes")[:1], io.EOF},
		"end within a length":       {text(strings.Repeat("x", 200))[:3], io.EOF},
		"end within a payload":      {text("quotes")[:4], io.EOF},
		"end within a long payload": {text(strings.Repeat("x", 1<<17))[:1<<16], io.EOF},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := readAll(bytes.NewReader(c.stream), nil)
			if kindOf(err) != kindOf(c.want) || len(got) > 0 {
				t.Errorf("%v after %d messages, want %v", err, len(got), c.want)
			}
		})
	}
}

func TestLongFramesShareABuffer(t *testing.T) {
	t.Parallel()
	r := newFrameReader(bytes.NewReader(append(text(strings.Repeat("x", 20_000)), text("short")...)), new(bufferPool), nil)
	if _, _, err := r.next(); err != nil || r.long == nil {
		t.Fatalf("error %v, long buffer %v", err, r.long)
	}
	if _, _, err := r.next(); err != nil || r.long != nil {
		t.Errorf("error %v; the long buffer is held beside a short message", err)
	}
	if len(r.own) != ownBytes {
		t.Errorf("the connection's own buffer has grown to %d bytes", len(r.own))
	}
}

func TestFramesOfAClientAreMasked(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 5, 125, 126, 65_535, 65_536} {
		payload := strings.Repeat("z", n)
		frame := appendFrame(nil, opBinary, []byte(payload))
		head := len(frame) - n
		if frame[1]&maskBit == 0 {
			t.Errorf("%d bytes: not masked", n)
		}
		mask, masked := frame[head-4:head], frame[head:]
		for i := range masked {
			masked[i] ^= mask[i%4]
		}
		frame[1] &^= maskBit
		got, _ := readAll(io.MultiReader(bytes.NewReader(frame[:head-4]), bytes.NewReader(masked)), nil)
		expect(t, "message", got, []message{{opBinary, payload, head - 4 + n}})
	}
}

// FuzzFrames checks that nothing a server sends does more than end the
// connection, and that it does not matter how it arrives.
func FuzzFrames(f *testing.F) {
	f.Add(text("quotes"))
	f.Add(append(serverFrame(opText, "quo"), serverFrame(finalBit|opContinuation, "tes")...))
	f.Add(append(serverFrame(finalBit|opPing, "x"), serverFrame(finalBit|opClose, "\x03\xe8")...))
	f.Add(text(strings.Repeat("x", 9000)))
	f.Add([]byte{finalBit | opText, length64, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, stream []byte) {
		whole, wholeErr := readAll(bytes.NewReader(stream), nil)
		pieces, piecesErr := readAll(iotest.OneByteReader(bytes.NewReader(stream)), nil)
		expect(t, "messages", pieces, whole)
		if kindOf(wholeErr) != kindOf(piecesErr) {
			t.Errorf("ends with %v or %v", wholeErr, piecesErr)
		}
		consumed := 0
		for _, m := range whole {
			consumed += m.Consumed
		}
		if consumed > len(stream) {
			t.Errorf("%d bytes consumed of %d", consumed, len(stream))
		}
	})
}

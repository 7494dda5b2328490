package server_test

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"ticker/market"
	"ticker/wire"
)

// Opcodes of frames, and the first byte of whole ones.
const (
	text, binaryData, closing, ping, pong = 0x81, 0x82, 0x88, 0x89, 0x8a
	textBegins, continues, continuesLast  = 0x01, 0x00, 0x80
)

// raw is a WebSocket client that does what the test says and nothing besides:
// it can break every rule.
type raw struct {
	t     testing.TB
	conn  net.Conn
	in    *bufio.Reader
	codec wire.Codec
	// deaf keeps it from answering pings.
	deaf bool
	// pings counts the pings that it saw.
	pings int
}

// connect opens a session and reads its welcome.
func (r *rig) connect(codec wire.Codec) *raw {
	r.t.Helper()
	c, got := r.shake("Sec-WebSocket-Protocol", codec.Subprotocol())
	if got.status != http.StatusSwitchingProtocols || got.header.Get("Sec-Websocket-Protocol") != codec.Subprotocol() {
		r.t.Fatalf("handshake: %+v", got)
	}
	c.codec = codec
	if m := c.next(); asWelcome(m) == nil {
		r.t.Fatalf("the first message is %T", m)
	}
	return c
}

func asWelcome(m wire.Message) *wire.Welcome {
	w, _ := m.(*wire.Welcome)
	return w
}

// shake makes a connection and a handshake with more headers; those given
// replace the usual ones, and empty ones take them away.
func (r *rig) shake(headers ...string) (*raw, answer) {
	r.t.Helper()
	conn, err := r.dial()
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = conn.Close() })
	return r.shakeOn(conn, headers...)
}

// shakeOn is shake on a connection that is the caller's to close.
func (r *rig) shakeOn(conn net.Conn, headers ...string) (*raw, answer) {
	r.t.Helper()
	h := http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"},
		"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="},
	}
	host := r.addr
	for i := 0; i < len(headers); i += 2 {
		key := http.CanonicalHeaderKey(headers[i])
		switch {
		case key == "Host":
			host = headers[i+1]
		case i >= 2 && headers[i-2] == headers[i]:
			h.Add(key, headers[i+1])
		case headers[i+1] == "":
			h.Del(key)
		default:
			h.Set(key, headers[i+1])
		}
	}
	var request strings.Builder
	request.WriteString("GET /v1/ws HTTP/1.1\r\nHost: " + host + "\r\n")
	if err := h.Write(&request); err != nil {
		r.t.Fatal(err)
	}
	c := &raw{t: r.t, conn: conn, in: bufio.NewReader(conn)}
	c.write([]byte(request.String() + "\r\n"))
	c.wait(patience)
	resp, err := http.ReadResponse(c.in, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var body []byte
	if resp.StatusCode != http.StatusSwitchingProtocols {
		if body, err = io.ReadAll(resp.Body); err != nil {
			r.t.Fatal(err)
		}
	}
	return c, answer{resp.StatusCode, resp.Header, string(body)}
}

// wait bounds the reads that follow.
func (c *raw) wait(d time.Duration) {
	c.t.Helper()
	if err := c.conn.SetReadDeadline(time.Now().Add(d)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *raw) write(p []byte) {
	c.t.Helper()
	if _, err := c.conn.Write(p); err != nil {
		c.t.Fatal(err)
	}
}

// frame makes a masked frame with a length of the shortest form.
func frame(first byte, payload string) []byte {
	mask := [4]byte{0x12, 0x34, 0x56, 0x78}
	f := []byte{first}
	switch n := len(payload); {
	case n < 126:
		f = append(f, 0x80|byte(n))
	case n < 1<<16:
		f = binary.BigEndian.AppendUint16(append(f, 0x80|126), uint16(n))
	default:
		f = binary.BigEndian.AppendUint64(append(f, 0x80|127), uint64(n))
	}
	f = append(f, mask[:]...)
	for i := range len(payload) {
		f = append(f, payload[i]^mask[i%4])
	}
	return f
}

// send sends one message.
func (c *raw) send(message string) {
	c.t.Helper()
	if c.codec == wire.MsgPack {
		c.write(frame(binaryData, message))
	} else {
		c.write(frame(text, message))
	}
}

// ask sends one request.
func (c *raw) ask(id string, body wire.Body) {
	c.t.Helper()
	c.send(string(c.codec.AppendRequest(nil, wire.Request{ID: id, Body: body})))
}

// subscribe asks for symbols and returns the answer, which must come next.
func (c *raw) subscribe(interval time.Duration, symbols ...string) wire.Subscribed {
	c.t.Helper()
	c.ask("s", &wire.Subscribe{Symbols: symbols, Interval: interval})
	var result wire.Subscribed
	c.result("s", &result)
	return result
}

// result reads the answer to a request, which must come next.
func (c *raw) result(id string, into wire.Result) {
	c.t.Helper()
	m := c.next()
	r, ok := m.(*wire.Response)
	if !ok || r.ID != id {
		c.t.Fatalf("%T %+v is no answer to %s", m, m, id)
	}
	if err := r.Decode(into); err != nil {
		c.t.Fatal(err)
	}
}

// refusal reads an error message, which must come next.
func (c *raw) refusal() *wire.Error {
	c.t.Helper()
	m := c.next()
	e, ok := m.(*wire.Error)
	if !ok {
		c.t.Fatalf("%T %+v is no error", m, m)
	}
	return e
}

// readFrame reads one frame as the server must write it: whole, not masked,
// with a length of the shortest form.
func (c *raw) readFrame() (first byte, payload []byte, err error) {
	c.t.Helper()
	var h [2]byte
	if _, err := io.ReadFull(c.in, h[:]); err != nil {
		return 0, nil, err
	}
	size, shortest := uint64(h[1]), uint64(0)
	var long [8]byte
	switch h[1] {
	case 126:
		_, err = io.ReadFull(c.in, long[6:])
		size, shortest = binary.BigEndian.Uint64(long[:]), 126
	case 127:
		_, err = io.ReadFull(c.in, long[:])
		size, shortest = binary.BigEndian.Uint64(long[:]), 1<<16
	}
	if h[0]&0xf0 != 0x80 || h[1] > 127 || size < shortest {
		c.t.Fatalf("a frame with the header %x and a length of %d", h, size)
	}
	if err != nil {
		return 0, nil, err
	}
	payload = make([]byte, size)
	_, err = io.ReadFull(c.in, payload)
	return h[0], payload, err
}

// next reads the next message. Pings on the way are answered.
func (c *raw) next() wire.Message {
	c.t.Helper()
	c.wait(patience)
	m, err := c.try()
	if err != nil {
		c.t.Fatalf("no message: %v", err)
	}
	return m
}

// closedWith is the error of a session that the server closed.
type closedWith struct {
	code   wire.CloseCode
	reason string
}

func (c closedWith) Error() string { return c.code.String() + ": " + c.reason }

// try reads the next message, or the error that there is none.
func (c *raw) try() (wire.Message, error) {
	c.t.Helper()
	for {
		first, payload, err := c.readFrame()
		if err != nil {
			return nil, err
		}
		switch first {
		case ping:
			c.pings++
			if !c.deaf {
				c.write(frame(pong, string(payload)))
			}
		case pong:
		case closing:
			if len(payload) < 2 {
				return nil, closedWith{code: 1005}
			}
			return nil, closedWith{wire.CloseCode(binary.BigEndian.Uint16(payload)), string(payload[2:])}
		default:
			if (first == binaryData) != (c.codec == wire.MsgPack) {
				c.t.Fatalf("a frame that begins with %x", first)
			}
			m, err := c.codec.ParseMessage(payload)
			if err != nil {
				c.t.Fatalf("%v in %q", err, payload)
			}
			return m, nil
		}
	}
}

// quotes reads the next message, which must be an event with records.
func (c *raw) quotes() *wire.Quotes {
	c.t.Helper()
	m := c.next()
	q, ok := m.(*wire.Quotes)
	if !ok {
		c.t.Fatalf("%T %+v is no quotes event", m, m)
	}
	return q
}

// quiet says that nothing arrives in a time.
func (c *raw) quiet(d time.Duration) {
	c.t.Helper()
	c.wait(d)
	if m, err := c.try(); !errors.Is(err, os.ErrDeadlineExceeded) {
		c.t.Fatalf("%T %+v, %v instead of nothing", m, m, err)
	}
}

// closed reads to the end and returns how the server closed: its close code, or
// 1006 for none. The connection must end then, and is closed.
func (c *raw) closed() closedWith {
	c.t.Helper()
	return c.closedWithin(patience)
}

func (c *raw) closedWithin(d time.Duration) closedWith {
	c.t.Helper()
	c.wait(d)
	defer func() { _ = c.conn.Close() }()
	for {
		_, err := c.try()
		var end closedWith
		switch {
		case errors.As(err, &end):
			if _, _, err := c.readFrame(); !errors.Is(err, io.EOF) {
				c.t.Errorf("%v instead of the end after a close frame", err)
			}
			return end
		case errors.Is(err, os.ErrDeadlineExceeded):
			c.t.Fatal("the session was not closed")
		case err != nil:
			return closedWith{code: 1006, reason: err.Error()}
		}
	}
}

// bid returns a record's bid, "" if it has none.
func bid(r *wire.Record) string {
	if d, ok := r.Value(market.Bid); ok {
		return d.String()
	}
	return ""
}

// bids returns symbol=bid of every record of an event.
func bids(q *wire.Quotes) []string {
	all := make([]string, len(q.Records))
	for i := range q.Records {
		all[i] = string(q.Records[i].Symbol) + "=" + bid(&q.Records[i])
	}
	return all
}

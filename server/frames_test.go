package server_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"ticker/server"
	"ticker/wire"
)

// header makes the first bytes of a masked frame that announces a payload of
// any size, in eight bytes of length.
func header(first byte, size uint64) []byte {
	return append(binary.BigEndian.AppendUint64([]byte{first, 0x80 | 127}, size), 0, 0, 0, 0)
}

// unmask makes a frame one that no client may send.
func unmask(f []byte) []byte { return append([]byte{f[0], f[1] &^ 0x80}, f[6:]...) }

func join(frames ...[]byte) []byte { return bytes.Join(frames, nil) }

func TestFramesThatBreakARuleCloseWithTheCodeOfTheRule(t *testing.T) {
	t.Parallel()
	const limit = 64 << 10
	r := overTCP(t)
	for name, c := range map[string]struct {
		codec wire.Codec
		bytes []byte
		want  wire.CloseCode
	}{
		"not masked":                     {wire.JSON, unmask(frame(text, "{}")), 1002},
		"reserved bit 1":                 {wire.JSON, frame(text|0x40, "{}"), 1002},
		"reserved bit 2":                 {wire.JSON, frame(text|0x20, "{}"), 1002},
		"reserved bit 3":                 {wire.JSON, frame(text|0x10, "{}"), 1002},
		"reserved data opcode":           {wire.JSON, frame(0x83, "{}"), 1002},
		"reserved control opcode":        {wire.JSON, frame(0x8b, ""), 1002},
		"ping in fragments":              {wire.JSON, frame(0x09, ""), 1002},
		"ping of 126 bytes":              {wire.JSON, frame(ping, strings.Repeat("x", 126)), 1002},
		"close of 126 bytes":             {wire.JSON, frame(closing, strings.Repeat("x", 126)), 1002},
		"stray continuation":             {wire.JSON, frame(continuesLast, "{}"), 1002},
		"message within a message":       {wire.JSON, join(frame(textBegins, "{"), frame(text, "{}")), 1002},
		"length with the top bit":        {wire.JSON, header(text, 1<<63), 1002},
		"length with the top bit, later": {wire.JSON, join(frame(textBegins, "{"), header(continues, 1<<63)), 1002},
		"close of one byte":              {wire.JSON, frame(closing, "\x03"), 1002},
		"close with code 999":            {wire.JSON, frame(closing, "\x03\xe7"), 1002},
		"close with code 1005":           {wire.JSON, frame(closing, "\x03\xed"), 1002},
		"close with code 5000":           {wire.JSON, frame(closing, "\x13\x88"), 1002},
		"close reason of no UTF-8":       {wire.JSON, frame(closing, "\x03\xe8\xff"), 1002},
		"message over the limit":         {wire.JSON, frame(text, strings.Repeat("x", limit+1)), 1009},
		"length of four exabytes":        {wire.JSON, header(text, 1<<62), 1009},
		"lengths that overflow together": {wire.JSON, join(frame(textBegins, "{}"), header(continues, 1<<63-1)), 1009},
		"fragments over the limit": {
			wire.JSON, join(frame(textBegins, strings.Repeat("x", limit)), frame(continuesLast, "x")), 1009,
		},
		"fragments of one byte":          {wire.JSON, join(frame(textBegins, "x"), bytes.Repeat(frame(continues, "x"), limit)), 1009},
		"empty fragments":                {wire.JSON, join(frame(textBegins, ""), bytes.Repeat(frame(continues, ""), limit+10)), 1009},
		"binary on JSON":                 {wire.JSON, frame(binaryData, "{}"), 1003},
		"text on MessagePack":            {wire.MsgPack, frame(text, "{}"), 1003},
		"no UTF-8":                       {wire.JSON, frame(text, "\"\xff\""), 1007},
		"no UTF-8 across fragments":      {wire.JSON, join(frame(textBegins, "\"\xe2"), frame(continuesLast, "\"")), 1007},
		"UTF-8 of a surrogate":           {wire.JSON, frame(text, "\"\xed\xa0\x80\""), 1007},
		"close by the client":            {wire.JSON, frame(closing, "\x03\xe8bye"), 1000},
		"close with a code of its own":   {wire.JSON, frame(closing, "\x0f\xa0"), 4000},
		"close without a code":           {wire.JSON, frame(closing, ""), 1005},
		"more after a close":             {wire.JSON, join(frame(closing, "\x03\xe8"), frame(text, "{}")), 1000},
		"close between fragments":        {wire.JSON, join(frame(textBegins, "{"), frame(closing, "\x03\xe9")), 1001},
		"rule broken behind a good ping": {wire.JSON, join(frame(ping, "x"), unmask(frame(text, "{}"))), 1002},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := r.connect(c.codec)
			client.t = t
			client.write(c.bytes)
			if got := client.closed(); got.code != c.want {
				t.Errorf("closed with %d %q, want %d", got.code, got.reason, c.want)
			}
		})
	}
}

func TestFragmentsAndControlFramesBetweenThemMakeOneMessage(t *testing.T) {
	t.Parallel()
	r := overTCP(t)
	c := r.connect(wire.JSON)
	c.write(join(
		frame(textBegins, `{"type":"ping",`), frame(ping, "are you there?"), frame(continues, ""),
		frame(continues, `"id":"\u20ac`), frame(pong, "unasked"), frame(continuesLast, "€\"}"),
	))
	if first, payload, err := c.readFrame(); first != pong || string(payload) != "are you there?" || err != nil {
		t.Errorf("%x %q, %v instead of a pong", first, payload, err)
	}
	if m, ok := c.next().(*wire.Pong); !ok || m.ID != "€€" {
		t.Errorf("%+v instead of a pong", m)
	}
}

func TestMessageOfTheLimitIsTaken(t *testing.T) {
	t.Parallel()
	r := overTCP(t, func(_ testing.TB, cfg *server.Config) { cfg.Limits.MessageBytes = 1000 })
	c := r.connect(wire.JSON)
	const message = `{"type":"ping","id":"1"}`
	c.send(message + strings.Repeat(" ", 1000-len(message)))
	if m, ok := c.next().(*wire.Pong); !ok {
		t.Errorf("%+v instead of a pong", m)
	}
	c.send(message + strings.Repeat(" ", 1001-len(message)))
	if got := c.closed(); got.code != wire.CloseTooLarge {
		t.Errorf("closed with %+v", got)
	}
}

func TestAnnouncedLengthIsNotAllocated(t *testing.T) {
	t.Parallel()
	r := overTCP(t)
	c := r.connect(wire.JSON)
	// The limit itself may be announced; what comes is two bytes.
	c.write(append(header(text, 64<<10), "{}"...))
	if err := c.conn.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the session ends", func() bool {
		return r.metric(`ticker_session_closes_total{code="1006"}`) == "1"
	})
}

func TestCloseFrameArrivesThoughTheClientIsStillSending(t *testing.T) {
	t.Parallel()
	r := overTCP(t)
	c := r.connect(wire.JSON)
	c.write(frame(text, strings.Repeat("x", 70_000)))
	// More than any buffer holds. If nobody took it the kernel would reset the
	// connection, and the close frame with it.
	c.write(bytes.Repeat(frame(text, "{}"), 1<<20))
	if got := c.closed(); got.code != wire.CloseTooLarge || got.reason != "message too large" {
		t.Errorf("closed with %+v", got)
	}
}

func TestControlFrameFloodIsClosedByPolicy(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		c := r.connect(wire.JSON)
		for range 101 {
			c.write(frame(ping, "x"))
		}
		pongs := 0
		for {
			first, payload, err := c.readFrame()
			if err != nil {
				t.Fatal(err)
			}
			if first == pong {
				pongs++
				continue
			}
			if code := binary.BigEndian.Uint16(payload); first != closing || code != uint16(wire.ClosePolicy) {
				t.Errorf("%x %d", first, code)
			}
			break
		}
		if pongs != 50 {
			t.Errorf("%d pings were answered, want the burst", pongs)
		}
	})
}

func TestPingsWithinTheLimitGoOnForever(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		c := r.connect(wire.JSON)
		for range 2000 {
			c.wait(patience)
			c.write(frame(ping, "x"))
			first, _, err := c.readFrame()
			for first != pong && err == nil {
				first, _, err = c.readFrame() // a heartbeat
			}
			if err != nil {
				t.Fatal(err)
			}
			sleep(50 * ms)
		}
	})
}

func TestCommandFloodIsRefusedAndThenClosedByPolicy(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		c := r.connect(wire.JSON)
		for range 102 {
			if _, err := c.conn.Write(frame(text, `{"type":"ping","id":"7"}`)); err != nil {
				break // closed already
			}
		}
		var pongs, refused int
		for {
			m, err := c.try()
			if m, ok := m.(*wire.Error); ok && m.Code == wire.CodeRateLimited && m.ID == "7" {
				refused++
				continue
			}
			if _, ok := m.(*wire.Pong); ok {
				pongs++
				continue
			}
			var end closedWith
			if !errors.As(err, &end) || end.code != wire.ClosePolicy {
				t.Errorf("%+v, %v", m, err)
			}
			break
		}
		if pongs != 50 || refused != 50 {
			t.Errorf("%d answered and %d refused, want the burst of each", pongs, refused)
		}
		if got := r.metric(`ticker_commands_total{action="ping",result="rate_limited"}`); got != "50" {
			t.Errorf("%s counted as rate limited", got)
		}
	})
}

func TestRefusedCommandsPassAgainAfterAWhile(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		c := r.connect(wire.JSON)
		for range 60 {
			c.ask("1", &wire.Ping{})
			c.next()
		}
		sleep(time.Second)
		c.ask("2", &wire.Ping{})
		if m, ok := c.next().(*wire.Pong); !ok || m.ID != "2" {
			t.Errorf("%+v instead of a pong", m)
		}
	})
}

func TestClientThatSendsAndDoesNotReadIsReadNoMore(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.quote("A", 1)
		c := r.connect(wire.JSON)
		// Answers of 300 KB to commands of 100 bytes, within the rate: the server
		// must stop reading, not collect them.
		big := `{"type":"query","id":"1","resource":"symbols","params":{"limit":10000}}`
		for i := range 10_000 {
			r.quote(symbolOf(i), 1)
		}
		if err := c.conn.SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		sent := 0
		for range 1000 {
			if _, err := c.conn.Write(frame(text, big)); err != nil {
				break
			}
			sent++
			time.Sleep(50 * ms)
		}
		// What fits into the connection on the way to the server, and what was
		// answered before.
		if most := pipeRoom/len(frame(text, big)) + 10; sent > most {
			t.Errorf("%d commands were taken from a client that reads nothing, want at most %d", sent, most)
		}
	})
}

// FuzzFrames sends any bytes behind a handshake. Whatever they are, the session
// ends with a close frame that a client may be sent, or by the client's own end.
func FuzzFrames(f *testing.F) {
	f.Add(frame(text, `{"type":"ping","id":"1"}`))
	f.Add(join(frame(textBegins, "{"), frame(continuesLast, "}")))
	f.Add(join(frame(ping, "x"), frame(closing, "\x03\xe8")))
	f.Add(frame(closing, "\x03"))
	f.Add(header(text, 1<<63))
	f.Add(unmask(frame(text, "{}")))
	f.Add(frame(text, `{"type":"command","id":"1","action":"subscribe","symbols":["A","B*"],"interval":"1ms"}`))
	f.Fuzz(func(t *testing.T, input []byte) {
		inBubble(t, func(r *rig) {
			r.quote("A", 1)
			c := r.connect(wire.JSON)
			if _, err := c.conn.Write(input); err != nil {
				t.Logf("closed before it was all read: %v", err)
			}
			if err := c.conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			for {
				m, err := c.try()
				if m != nil {
					continue
				}
				var end closedWith
				switch {
				case errors.As(err, &end) && (end.code < 1000 || end.code == 1006 || end.code > 4999):
					t.Errorf("closed with %+v", end)
				case err == nil, !errors.As(err, &end) && !errors.Is(err, io.EOF):
					t.Errorf("ended with %v", err)
				}
				return
			}
		})
	})
}

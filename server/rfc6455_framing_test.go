package server_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"ticker/server"
	"ticker/wire"
)

func TestFramesOfEveryLengthAreTakenInTheirShortestFormOnly(t *testing.T) {
	t.Parallel()
	exchanges := []exchange{
		{"a payload of 0 bytes", "5.2", frame(text, ""), []string{"error bad_message"}},
		{"125 bytes in 2 bytes of length", "5.2", stretched(2, text, padded("1", 125)), closedBy(1002)},
		{"0 bytes in 2 bytes of length", "5.2", stretched(2, text, ""), closedBy(1002)},
		{"125 bytes in 8 bytes of length", "5.2", stretched(8, text, padded("1", 125)), closedBy(1002)},
		{"126 bytes in 8 bytes of length", "5.2", stretched(8, text, padded("1", 126)), closedBy(1002)},
		{"65535 bytes in 8 bytes of length", "5.2", stretched(8, text, padded("1", 65_535)), closedBy(1002)},
		{"a fragment in 2 bytes of length", "5.2", join(frame(textBegins, "{"), stretched(2, continuesLast, "}")), closedBy(1002)},
		{"a length with the top bit", "5.2", header(text, 1<<63), closedBy(1002)},
		{"a length of ones", "5.2", header(text, 1<<64-1), closedBy(1002)},
		{"the top bit in a fragment", "5.2", join(frame(textBegins, "{"), header(continues, 1<<63)), closedBy(1002)},
		{"the longest length there is", "10.4", header(text, 1<<63-1), closedBy(1009)},
		{"a length of 4 GiB", "10.4", header(text, 1<<32), closedBy(1009)},
		{"one byte over the limit", "10.4", frame(text, padded("1", 65_537)), closedBy(1009)},
		{"lengths that overflow together", "10.4", join(frame(textBegins, "{}"), header(continues, 1<<63-1)), closedBy(1009)},
	}
	for _, size := range []int{100, 125, 126, 127, 1000, 65_535, 65_536} {
		exchanges = append(exchanges, exchange{
			fmt.Sprintf("a payload of %d bytes", size), "5.2", frame(text, padded("1", size)), answered("1"),
		})
	}
	hold(t, wire.JSON, exchanges)
}

func TestReservedBitsAndOpcodesAreRefused(t *testing.T) {
	t.Parallel()
	var exchanges []exchange
	for bit, name := range map[byte]string{0x40: "1", 0x20: "2", 0x10: "3", 0x70: "1 to 3"} {
		for first, kind := range map[byte]string{text: "text", ping: "a ping", closing: "a close frame"} {
			exchanges = append(exchanges, exchange{
				"reserved bit " + name + " on " + kind, "5.2", frame(first|bit, ""), closedBy(1002),
			})
		}
		exchanges = append(exchanges, exchange{
			"reserved bit " + name + " on a fragment", "5.2",
			join(frame(textBegins, "{"), frame(continuesLast|bit, "}")), closedBy(1002),
		})
	}
	for _, opcode := range []byte{0x3, 0x4, 0x5, 0x6, 0x7, 0xb, 0xc, 0xd, 0xe, 0xf} {
		exchanges = append(exchanges,
			exchange{fmt.Sprintf("opcode %#x", opcode), "5.2", frame(0x80|opcode, ""), closedBy(1002)},
			exchange{
				fmt.Sprintf("opcode %#x between fragments", opcode), "5.2",
				join(frame(textBegins, "{"), frame(0x80|opcode, "x")), closedBy(1002),
			})
	}
	hold(t, wire.JSON, exchanges)
}

func TestFramesAreMaskedByTheirClients(t *testing.T) {
	t.Parallel()
	hold(t, wire.JSON, []exchange{
		{"text without a mask", "5.1", unmask(frame(text, say("1"))), closedBy(1002)},
		{"a ping without a mask", "5.1", unmask(frame(ping, "x")), closedBy(1002)},
		{"an empty ping without a mask", "5.1", unmask(frame(ping, "")), closedBy(1002)},
		{"a close frame without a mask", "5.1", unmask(closeWith(1000, "")), closedBy(1002)},
		{"a fragment without a mask", "5.1", join(frame(textBegins, "{"), unmask(frame(continuesLast, "}"))), closedBy(1002)},
		{"no mask behind a good message", "5.1", join(frame(text, say("1")), unmask(frame(text, say("2")))), []string{"answer 1", "close 1002"}},
		{"a mask of zeros", "5.3", masked("\x00\x00\x00\x00", text, say("1")), answered("1")},
		{"a mask of ones", "5.3", masked("\xff\xff\xff\xff", text, say("1")), answered("1")},
		{"a mask for each frame", "5.3", join(
			masked("abcd", textBegins, say("1")[:5]), masked("\x01\x02\x03\x04", continues, say("1")[5:8]),
			masked("\x00\x00\x00\x01", continuesLast, say("1")[8:])), answered("1")},
	})
}

func TestControlFramesAreShortAndWhole(t *testing.T) {
	t.Parallel()
	longest := strings.Repeat("p", 125)
	hold(t, wire.JSON, []exchange{
		{"a ping without a payload", "5.5.2", frame(ping, ""), []string{"pong "}},
		{"a ping", "5.5.2", frame(ping, "hello"), []string{"pong hello"}},
		{"a ping of bytes that are no text", "5.5.2", frame(ping, "\x00\xff\xfe"), []string{"pong \x00\xff\xfe"}},
		{"a ping of 125 bytes", "5.5.2", frame(ping, longest), []string{"pong " + longest}},
		{"a ping of 126 bytes", "5.5", frame(ping, longest+"p"), closedBy(1002)},
		{"a ping of 65536 bytes", "5.5", frame(ping, strings.Repeat("p", 65_536)), closedBy(1002)},
		{"a ping in 2 bytes of length", "5.5", stretched(2, ping, "x"), closedBy(1002)},
		{"ten pings", "5.5.2", join(
			frame(ping, "0"), frame(ping, "1"), frame(ping, "2"), frame(ping, "3"), frame(ping, "4"), frame(ping, "5"),
			frame(ping, "6"), frame(ping, "7"), frame(ping, "8"), frame(ping, "9"),
		), each("pong ", strings.Split("0123456789", ""))},
		{"a pong that nobody asked for", "5.5.3", frame(pong, ""), nil},
		{"a pong of 125 bytes", "5.5.3", frame(pong, longest), nil},
		{"a pong of 126 bytes", "5.5", frame(pong, longest+"p"), closedBy(1002)},
		{"a pong between pings", "5.5.3", join(frame(ping, "1"), frame(pong, "x"), frame(ping, "2")), []string{"pong 1", "pong 2"}},
		{"a ping that is a fragment", "5.5", frame(0x09, ""), closedBy(1002)},
		{"a pong that is a fragment", "5.5", frame(0x0a, ""), closedBy(1002)},
		{"a close frame that is a fragment", "5.5", frame(0x08, "\x03\xe8"), closedBy(1002)},
		{"a ping in two fragments", "5.5", join(frame(0x09, "a"), frame(continuesLast, "b")), closedBy(1002)},
		{"a ping behind a message", "5.5.2", join(frame(text, say("1")), frame(ping, "x")), []string{"answer 1", "pong x"}},
		{"a close frame of 126 bytes", "5.5", closeWith(1000, longest[1:]), closedBy(1002)},
	})
}

func TestDataOfTheOtherTypeThanTheSubprotocolsIsRefused(t *testing.T) {
	t.Parallel()
	t.Run("JSON", func(t *testing.T) {
		t.Parallel()
		hold(t, wire.JSON, []exchange{
			{"binary", "7.4.1", frame(binaryData, say("1")), closedBy(1003)},
			{"empty binary", "7.4.1", frame(binaryData, ""), closedBy(1003)},
			{"binary in fragments", "7.4.1", join(frame(0x02, "{"), frame(continuesLast, "}")), closedBy(1003)},
			{"binary behind text", "7.4.1", join(frame(text, say("1")), frame(binaryData, "x")), []string{"answer 1", "close 1003"}},
		})
	})
	t.Run("MessagePack", func(t *testing.T) {
		t.Parallel()
		packed := string(wire.MsgPack.AppendRequest(nil, wire.Request{ID: "1", Body: &wire.Ping{}}))
		hold(t, wire.MsgPack, []exchange{
			{"text", "7.4.1", frame(text, say("1")), closedBy(1003)},
			{"binary", "5.6", frame(binaryData, packed), answered("1")},
			{"binary in fragments", "5.4", join(frame(0x02, packed[:3]), frame(continuesLast, packed[3:])), answered("1")},
			{"binary that is no UTF-8", "5.6", frame(binaryData, "\xff\xfe"), []string{"error bad_message"}},
		})
	})
}

// A client that announces a long message and sends little of it costs a session,
// not the message.
func TestAnnouncedLengthsAreNotAllocated(t *testing.T) {
	const limit, clients = 16 << 20, 8
	r := overTCP(t, func(_ testing.TB, cfg *server.Config) { cfg.Limits.MessageBytes = limit })
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range clients {
		c := r.connect(wire.JSON)
		c.write(append(header(text, limit), "{}"...))
		if err := c.conn.Close(); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the sessions end", func() bool {
		return r.metric(`ticker_session_closes_total{code="1006"}`) == fmt.Sprint(clients)
	})
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > limit {
		t.Errorf("%d bytes were allocated for %d clients that announced %d each", got, clients, limit)
	}
}

package server_test

import (
	"fmt"
	"strings"
	"testing"

	"ticker/wire"
)

func TestCloseFrameIsAnsweredWithItsCode(t *testing.T) {
	t.Parallel()
	exchanges := []exchange{
		{"without a code", "5.5.1", frame(closing, ""), []string{"close"}},
		{"with the longest reason", "5.5.1", closeWith(1000, strings.Repeat("r", 123)), closedBy(1000)},
		{"with a reason of many bytes a letter", "5.5.1", closeWith(1000, strings.Repeat("€", 41)), closedBy(1000)},
		{"behind a message", "5.5.1", join(frame(text, say("1")), closeWith(1000, "")), []string{"answer 1", "close 1000"}},
		{"behind a ping", "5.5.1", join(frame(ping, "x"), closeWith(1000, "")), []string{"pong x", "close 1000"}},
		{"with a mask of zeros", "5.3", masked("\x00\x00\x00\x00", closing, "\x03\xe8"), closedBy(1000)},
	}
	for _, code := range []int{
		1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
	} {
		exchanges = append(exchanges, exchange{
			fmt.Sprint("with the code ", code), "7.4", closeWith(uint16(code), "over"), closedBy(code),
		})
	}
	hold(t, wire.JSON, exchanges)
}

func TestCloseFrameThatBreaksARuleIsRefused(t *testing.T) {
	t.Parallel()
	exchanges := []exchange{
		{"half a code", "5.5.1", frame(closing, "\x03"), closedBy(1002)},
		{"a reason over the length", "5.5", closeWith(1000, strings.Repeat("r", 124)), closedBy(1002)},
	}
	for name, bad := range badText() {
		exchanges = append(exchanges, exchange{
			"a reason with " + name, "5.5.1", closeWith(1000, "bye "+bad), closedBy(1002),
		})
	}
	for _, code := range []uint16{0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535} {
		exchanges = append(exchanges, exchange{
			fmt.Sprint("the code ", code), "7.4", closeWith(code, ""), closedBy(1002),
		})
	}
	hold(t, wire.JSON, exchanges)
}

// Whatever it is, what comes behind a close frame is not looked at.
func TestNothingIsReadBehindACloseFrame(t *testing.T) {
	t.Parallel()
	var exchanges []exchange
	for name, more := range map[string][]byte{
		"a message":               frame(text, say("1")),
		"a ping":                  frame(ping, "x"),
		"another close frame":     closeWith(1001, ""),
		"half a frame":            frame(text, say("1"))[:5],
		"a frame without a mask":  unmask(frame(text, say("1"))),
		"a reserved opcode":       frame(0x83, ""),
		"text that is no UTF-8":   frame(text, "\xff"),
		"a length with a top bit": header(text, 1<<63),
		"a stretched length":      stretched(8, text, say("1")),
		"half a close code":       frame(closing, "\x03"),
		"bytes of zero":           make([]byte, 1000),
		"a long message":          frame(text, strings.Repeat("x", 70_000)),
		"another request":         []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
	} {
		exchanges = append(exchanges, exchange{name, "5.5.1", join(closeWith(1000, ""), more), closedBy(1000)})
	}
	hold(t, wire.JSON, exchanges)
}

package server_test

import (
	"net/http"
	"strings"
	"testing"

	"ticker/wire"
)

// nested returns values in values, 10,000 levels deep.
func nested(begin, end string) string {
	const depth = 10_000
	return strings.Repeat(begin, depth) + "1" + strings.Repeat(end, depth)
}

func TestValuesTenThousandLevelsDeepAreBadMessages(t *testing.T) {
	t.Parallel()
	r := overTCP(t, withPush(true))
	c := r.connect(wire.JSON)
	for name, deep := range map[string]string{
		"lists":   nested("[", "]"),
		"objects": nested(`{"":`, "}"),
		"open":    strings.Repeat("[", 10_000),
	} {
		for _, message := range []string{deep, `{"type":"ping","id":"1","x":` + deep + `}`, `{"type":"command","id":"1","action":"publish","quotes":[` + deep + `]}`} {
			c.send(message)
			if got := c.refusal(); got.Code != wire.CodeBadMessage {
				t.Errorf("%s in a message: %+v", name, got)
			}
		}
	}
	p := r.connect(wire.MsgPack)
	p.send(strings.Repeat("\x91", 10_000) + "\x01")
	if got := p.refusal(); got.Code != wire.CodeBadMessage {
		t.Errorf("in MessagePack: %+v", got)
	}
}

func TestCompressionIsNeverNegotiated(t *testing.T) {
	t.Parallel()
	r := overTCP(t)
	for _, offer := range []string{"permessage-deflate", "permessage-deflate; client_max_window_bits, x-webkit-deflate-frame"} {
		c, got := r.shake("Sec-WebSocket-Extensions", offer)
		if got.status != http.StatusSwitchingProtocols || got.header.Values("Sec-Websocket-Extensions") != nil {
			t.Fatalf("%s: %+v", offer, got)
		}
		c.next()
		c.write(frame(text|0x40, "\x00")) // what a client that believes in it would send
		if end := c.closed(); end.code != wire.CloseProtocol {
			t.Errorf("%s: closed with %+v", offer, end)
		}
	}
}

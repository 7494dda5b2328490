package server_test

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"ticker/wire"
)

// goodHandshake is a handshake as clients send it.
const goodHandshake = "GET /v1/ws HTTP/1.1\r\n" +
	"Host: ticker.example\r\n" +
	"Upgrade: websocket\r\n" +
	"Connection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
	"Sec-WebSocket-Version: 13\r\n" +
	"\r\n"

// goodAccept is what RFC 6455 1.3 says that the key of goodHandshake is answered with.
const goodAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

// handshake is one that differs from the good one, and its answer. The changes
// are pairs: what is to be replaced, and by what.
type handshake struct {
	name    string
	section string // of RFC 6455
	changes []string
	status  int
	header  []string // pairs of names and values; "" for none
}

// offer sends a handshake and returns its answer, that with the status 0 if there
// is none.
func (r *rig) offer(changes []string) (*raw, answer) {
	r.t.Helper()
	for i := 0; i < len(changes); i += 2 {
		if !strings.Contains(goodHandshake, changes[i]) {
			r.t.Fatalf("%q is no part of a handshake", changes[i])
		}
	}
	conn, err := r.dial()
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = conn.Close() })
	c := &raw{t: r.t, conn: conn, in: bufio.NewReader(conn)}
	text := strings.NewReplacer(changes...).Replace(goodHandshake)
	c.write([]byte(text))
	c.wait(patience)
	method, _, _ := strings.Cut(text, " ")
	resp, err := http.ReadResponse(c.in, &http.Request{Method: method})
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return c, answer{}
	}
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	return c, answer{status: resp.StatusCode, header: resp.Header}
}

// shakeAll makes each handshake with one server, beside a session that lives on.
func shakeAll(t *testing.T, handshakes []handshake) {
	t.Helper()
	r := overTCP(t, withOrigins("https://ticker.example"))
	for _, h := range handshakes {
		t.Run(h.section+" "+h.name, func(t *testing.T) {
			t.Parallel()
			own := *r
			own.t = t
			beside := own.connect(wire.JSON)
			c, got := own.offer(h.changes)
			if got.status != h.status {
				t.Errorf("answered with %d %v, want %d", got.status, got.header, h.status)
			}
			for i := 0; i < len(h.header); i += 2 {
				if value := got.header.Get(h.header[i]); value != h.header[i+1] {
					t.Errorf("%s is %q, want %q", h.header[i], value, h.header[i+1])
				}
			}
			if got.status == http.StatusSwitchingProtocols {
				c.codec = codecOf(got)
				if m := c.next(); asWelcome(m) == nil {
					t.Errorf("%+v instead of a welcome", m)
				}
			}
			beside.lives()
		})
	}
}

// codecOf is the codec that an answer to a handshake chose.
func codecOf(a answer) wire.Codec {
	if a.header.Get("Sec-Websocket-Protocol") == wire.MsgPack.Subprotocol() {
		return wire.MsgPack
	}
	return wire.JSON
}

func TestHandshakesThatKeepTheRulesAreAccepted(t *testing.T) {
	t.Parallel()
	const protocol, extensions = "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"
	accepted := func(more ...string) []string {
		return append([]string{"Sec-WebSocket-Accept", goodAccept, "Upgrade", "websocket", "Connection", "Upgrade", extensions, ""}, more...)
	}
	with := func(line string) []string { return []string{"\r\n\r\n", "\r\n" + line + "\r\n\r\n"} }
	shakeAll(t, []handshake{
		{"as in the RFC", "1.3", nil, 101, accepted(protocol, "")},
		{"another key", "4.2.2", []string{"dGhlIHNhbXBsZSBub25jZQ==", "AQIDBAUGBwgJCgsMDQ4PEA=="}, 101, []string{"Sec-WebSocket-Accept", "C/0nmHhBztSRGR1CwL6Tf4ZjwpY="}},
		{"lower-case names", "4.2.1", []string{"Upgrade:", "upgrade:", "Connection:", "connection:", "Sec-WebSocket-Key", "sec-websocket-key", "Sec-WebSocket-Version", "sec-websocket-version"}, 101, accepted()},
		{"upper-case names and words", "4.2.1", []string{"Upgrade: websocket", "UPGRADE: WEBSOCKET", "Connection: Upgrade", "CONNECTION: UPGRADE"}, 101, accepted()},
		{"keep-alive beside the upgrade", "4.2.1", []string{"Connection: Upgrade", "Connection: keep-alive, Upgrade"}, 101, accepted()},
		{"the upgrade in a second header", "4.2.1", []string{"Connection: Upgrade", "Connection: keep-alive\r\nConnection: Upgrade"}, 101, accepted()},
		{"a list without spaces", "4.2.1", []string{"Connection: Upgrade", "Connection:keep-alive,Upgrade"}, 101, accepted()},
		{"one of several upgrades", "4.2.1", []string{"Upgrade: websocket", "Upgrade: h2c, websocket"}, 101, accepted()},
		{"spaces around a key", "4.2.1", []string{"Key: dGhlIHNhbXBsZSBub25jZQ==", "Key: \t dGhlIHNhbXBsZSBub25jZQ== \t"}, 101, accepted()},
		{"a header of several lines", "4.2.1", []string{"Connection: Upgrade", "Connection: keep-alive,\r\n Upgrade"}, 101, accepted()},
		{"headers that nobody knows", "4.2.1", with("X-Unknown: yes\r\nCookie: a=b"), 101, accepted()},
		{"no subprotocol that is known", "4.2.2", with(protocol + ": mqtt, wamp"), 101, accepted(protocol, "")},
		{"JSON", "4.2.2", with(protocol + ": ticker.v1.json"), 101, accepted(protocol, "ticker.v1.json")},
		{"MessagePack", "4.2.2", with(protocol + ": ticker.v1.msgpack"), 101, accepted(protocol, "ticker.v1.msgpack")},
		{"the first that is known", "4.2.2", with(protocol + ": mqtt, ticker.v1.msgpack, ticker.v1.json"), 101, accepted(protocol, "ticker.v1.msgpack")},
		{"subprotocols in two headers", "11.3.4", with(protocol + ": mqtt\r\n" + protocol + ": ticker.v1.json"), 101, accepted(protocol, "ticker.v1.json")},
		{"a subprotocol in other letters", "4.2.2", with(protocol + ": Ticker.V1.JSON"), 101, accepted(protocol, "")},
		{"compression", "9.1", with(extensions + ": permessage-deflate; client_max_window_bits"), 101, accepted()},
		{"several extensions", "9.1", with(extensions + ": x-webkit-deflate-frame, permessage-deflate\r\n" + extensions + ": mux"), 101, accepted()},
		{"extensions that are none", "9.1", with(extensions + ": ;;=,\""), 101, accepted()},
	})
}

func TestHandshakesThatBreakARuleAreRefused(t *testing.T) {
	t.Parallel()
	version := []string{"Sec-WebSocket-Version", "13", "Upgrade", ""}
	upgrade := []string{"Upgrade", "websocket"}
	key := func(value string) []string { return []string{"dGhlIHNhbXBsZSBub25jZQ==", value} }
	shakeAll(t, []handshake{
		{"POST", "4.2.1", []string{"GET", "POST"}, 405, []string{"Allow", "GET"}},
		{"HEAD", "4.2.1", []string{"GET", "HEAD"}, 405, []string{"Allow", "GET"}},
		{"a method that nobody knows", "4.2.1", []string{"GET", "FETCH"}, 405, []string{"Allow", "GET"}},
		{"a path that is none", "4.2.2", []string{"/v1/ws", "/v1/wss"}, 404, nil},
		{"HTTP/1.0", "4.2.1", []string{"HTTP/1.1", "HTTP/1.0"}, 400, version},
		{"no host", "4.2.1", []string{"Host: ticker.example\r\n", ""}, 400, nil},
		{"no upgrade", "4.2.1", []string{"Upgrade: websocket\r\n", ""}, 426, upgrade},
		{"another upgrade", "4.2.1", []string{"Upgrade: websocket", "Upgrade: h2c"}, 426, upgrade},
		{"an upgrade that only contains it", "4.2.1", []string{"Upgrade: websocket", "Upgrade: websockets"}, 426, upgrade},
		{"no connection header", "4.2.1", []string{"Connection: Upgrade\r\n", ""}, 426, upgrade},
		{"a connection that is kept", "4.2.1", []string{"Connection: Upgrade", "Connection: keep-alive"}, 426, upgrade},
		{"no version", "4.4", []string{"Sec-WebSocket-Version: 13\r\n", ""}, 400, version},
		{"version 8", "4.4", []string{"Version: 13", "Version: 8"}, 400, version},
		{"version 0", "4.4", []string{"Version: 13", "Version: 0"}, 400, version},
		{"version 14", "4.4", []string{"Version: 13", "Version: 14"}, 400, version},
		{"a version that is no number", "4.4", []string{"Version: 13", "Version: 13.0"}, 400, version},
		{"two versions", "11.3.5", []string{"Version: 13", "Version: 13\r\nSec-WebSocket-Version: 8"}, 400, version},
		{"two versions in one header", "4.2.1", []string{"Version: 13", "Version: 13, 8"}, 400, version},
		{"no key", "4.2.1", []string{"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""}, 400, version},
		{"an empty key", "4.2.1", key(""), 400, version},
		{"a key of 15 bytes", "4.2.1", key("dGhlIHNhbXBsZSBub25j"), 400, version},
		{"a key of 17 bytes", "4.2.1", key("dGhlIHNhbXBsZSBub25jZWU="), 400, version},
		{"a key that is no base64", "4.2.1", key("!!!!!!!!!!!!!!!!!!!!!!=="), 400, version},
		{"a key without its end", "4.2.1", key("dGhlIHNhbXBsZSBub25jZQ"), 400, version},
		{"spaces within a key", "4.2.1", key("dGhlIHNhbXBs ZSBub25jZQ=="), 400, version},
		{"two keys", "11.3.1", []string{"Key: dGhlIHNhbXBsZSBub25jZQ==", "Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA=="}, 400, version},
		{"an origin that is foreign", "10.2", []string{"Host: ticker.example\r\n", "Host: ticker.example\r\nOrigin: https://elsewhere.example\r\n"}, 403, nil},
		{"a header without a colon", "4.2.1", []string{"Connection: Upgrade", "Connection Upgrade"}, 400, nil},
		{"frames that do not wait for the answer", "4.1", []string{"\r\n\r\n", "\r\n\r\n" + string(frame(text, "{}"))}, 0, nil},
	})
}

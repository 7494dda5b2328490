package server_test

import (
	"bufio"
	"crypto/sha1" // RFC 6455 has it, and not for secrecy
	"encoding/base64"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ticker/wire"
)

// FuzzHandshake sends any bytes as a handshake. A session begins where RFC 6455 4.2.1
// has all that it demands, with the answer of 4.2.2, and nowhere else; a request that
// just asks for it in the right words is not refused.
func FuzzHandshake(f *testing.F) {
	f.Add(goodHandshake)
	for _, c := range [][]string{
		{"GET", "OPTIONS"},
		{"HTTP/1.1", "HTTP/1.0"},
		{"HTTP/1.1", "HTTP/2.0"},
		{"/v1/ws", "http://ticker.example/v1/ws?symbols=A"},
		{"Connection: Upgrade", "Connection: close, upgrade"},
		{"Connection: Upgrade", "Connection: \"a\", upgrade\r\nConnection: keep-alive"},
		{"Upgrade: websocket", "Upgrade: h2c,WebSocket"},
		{"Version: 13", "Version: 13\r\nSec-WebSocket-Version: 8"},
		{"Version: 13", "Version: 013"},
		{"Key: dGhlIHNhbXBsZSBub25jZQ==", "Key: dGhlIHNhbXBsZSBub25jZR=="},
		{"Key: dGhlIHNhbXBsZSBub25jZQ==", "Key: dGhlIHNhbXBsZSBub25j"},
		{"\r\n\r\n", "\r\nSec-WebSocket-Protocol: Ticker.V1.JSON, ticker.v1.msgpack\r\nSec-WebSocket-Protocol: ticker.v1.json\r\n\r\n"},
		{"\r\n\r\n", "\r\nSec-WebSocket-Protocol: ticker.v1.json, bearer.a.b.c\r\nAuthorization: Bearer x\r\n\r\n"},
		{"\r\n\r\n", "\r\nOrigin: http://ticker.example\r\nX-Forwarded-Host: a, b\r\n\r\n"},
		{"\r\n\r\n", "\r\nOrigin: null\r\nSec-WebSocket-Extensions: permessage-deflate;;=\r\n\r\n"},
		{"\r\n\r\n", "\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n{}"},
		{"\r\n\r\n", "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"\r\n\r\n", "\r\n\r\n\x81\x80\x00\x00\x00\x00"},
	} {
		f.Add(strings.ReplaceAll(goodHandshake, c[0], c[1]))
	}
	f.Fuzz(func(t *testing.T, head string) {
		// The library that reads heads is not on trial: what it cannot read, nobody
		// has asked for.
		in := bufio.NewReader(strings.NewReader(head))
		asked, err := http.ReadRequest(in)
		if err != nil || len(head) >= pipeRoom {
			asked = nil
		}
		inBubble(t, func(r *rig) {
			got := r.answerTo(head, asked)
			switch {
			case asked == nil || !demanded(asked) || in.Buffered() > 0:
				if got.status == http.StatusSwitchingProtocols {
					t.Errorf("%q begins a session", head)
				}
			case got.status == http.StatusSwitchingProtocols:
				checkAccepted(t, asked.Header, got.header)
			case plain(asked):
				t.Errorf("%q is refused with %+v", head, got)
			}
			if asked != nil && asked.Method == http.MethodGet && asked.URL.Path == "/v1/ws" && !slices.Contains(handshakeAnswers(), got.status) {
				t.Errorf("%q is answered with %+v", head, got)
			}
		})
	})
}

// handshakeAnswers are the statuses that a request for a session may meet: 0 is an end
// without a word, for those who send what must wait; 417, 501 and 505 are net/http's.
func handshakeAnswers() []int { return []int{0, 101, 400, 401, 403, 414, 417, 426, 431, 501, 505} }

// answerTo sends bytes on a connection of their own and reads the first answer, that
// with the status 0 if there is none.
func (r *rig) answerTo(head string, asked *http.Request) answer {
	r.t.Helper()
	conn, err := r.dial()
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	c := &raw{t: r.t, conn: conn}
	c.wait(patience)
	if _, err := conn.Write([]byte(head)[:min(len(head), pipeRoom)]); err != nil {
		r.t.Logf("closed before it was all read: %v", err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), asked)
	if err != nil {
		return answer{}
	}
	defer func() { _ = resp.Body.Close() }()
	return answer{status: resp.StatusCode, header: resp.Header}
}

// demanded reports whether a request has what RFC 6455 4.2.1 demands.
func demanded(r *http.Request) bool {
	keys, versions := r.Header.Values("Sec-Websocket-Key"), r.Header.Values("Sec-Websocket-Version")
	if len(keys) != 1 || len(versions) != 1 || versions[0] != "13" {
		return false
	}
	nonce, err := base64.StdEncoding.DecodeString(keys[0])
	origin := r.Header.Values("Origin")
	return err == nil && len(nonce) == 16 && r.Method == http.MethodGet && r.ProtoMajor == 1 && r.ProtoMinor == 1 &&
		r.URL.Path == "/v1/ws" && r.Host != "" && lists(r.Header, "Upgrade", "websocket") && lists(r.Header, "Connection", "upgrade") &&
		(len(origin) == 0 || len(origin) == 1 && strings.EqualFold(origin[0], "http://"+r.Host))
}

func lists(h http.Header, name, word string) bool {
	for item := range strings.SplitSeq(strings.Join(h.Values(name), ","), ",") {
		if strings.EqualFold(strings.TrimSpace(item), word) {
			return true
		}
	}
	return false
}

// plain reports whether a request has nothing but what a handshake needs, in tokens.
func plain(r *http.Request) bool {
	if r.RequestURI != "/v1/ws" || r.Host != "ticker.example" || r.ContentLength != 0 || len(r.TransferEncoding) > 0 {
		return false
	}
	token := regexp.MustCompile("^[0-9A-Za-z.]+(, ?[0-9A-Za-z.]+)*$")
	for name, values := range r.Header {
		switch name {
		case "Connection", "Upgrade", "Sec-Websocket-Protocol":
			if !token.MatchString(strings.Join(values, ",")) || strings.Contains(strings.ToLower(values[0]), "bearer") {
				return false
			}
		case "Sec-Websocket-Key", "Sec-Websocket-Version":
		default:
			return false
		}
	}
	return true
}

// checkAccepted checks an answer as RFC 6455 4.2.2 has it.
func checkAccepted(t *testing.T, asked, got http.Header) {
	t.Helper()
	digest := sha1.Sum([]byte(asked.Get("Sec-Websocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	protocol := ""
	for item := range strings.SplitSeq(strings.Join(asked.Values("Sec-Websocket-Protocol"), ","), ",") {
		item = strings.TrimSpace(item)
		if item == wire.JSON.Subprotocol() || item == wire.MsgPack.Subprotocol() {
			protocol = item
			break
		}
	}
	for name, want := range map[string]string{
		"Upgrade": "websocket", "Connection": "Upgrade", "Sec-Websocket-Accept": base64.StdEncoding.EncodeToString(digest[:]),
		"Sec-Websocket-Protocol": protocol, "Sec-Websocket-Extensions": "",
	} {
		if values := got.Values(name); strings.Join(values, ",") != want {
			t.Errorf("%s is %q, want %q", name, values, want)
		}
	}
}

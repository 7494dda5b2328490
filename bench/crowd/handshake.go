package crowd

import (
	"bufio"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// acceptSalt is what RFC 6455, section 1.3, has a server mix into its answer.
const acceptSalt = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// handshake makes a WebSocket connection of a new one, with a subprotocol
// unless it is empty. It returns what was read beyond the answer. The error is a
// *busyError if the server asks to come back later.
func handshake(conn io.ReadWriter, target *url.URL, subprotocol string) (ahead []byte, err error) {
	var nonce [16]byte
	_, _ = rand.Read(nonce[:]) // which never fails
	key := base64.StdEncoding.EncodeToString(nonce[:])
	request := &http.Request{Method: http.MethodGet, URL: target, Host: target.Host, Header: http.Header{
		"Upgrade":               {"websocket"},
		"Connection":            {"Upgrade"},
		"Sec-WebSocket-Key":     {key},
		"Sec-WebSocket-Version": {"13"},
	}}
	if subprotocol != "" {
		request.Header.Set("Sec-WebSocket-Protocol", subprotocol)
	}
	if err := request.Write(conn); err != nil {
		return nil, err
	}
	buffered := bufio.NewReader(conn)
	response, err := http.ReadResponse(buffered, request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if err := checkHandshake(response, key, subprotocol); err != nil {
		return nil, err
	}
	return buffered.Peek(buffered.Buffered())
}

// checkHandshake says what is wrong with an answer.
func checkHandshake(response *http.Response, key, subprotocol string) error {
	switch response.StatusCode {
	case http.StatusSwitchingProtocols:
	case http.StatusServiceUnavailable:
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		return &busyError{after: time.Duration(seconds) * time.Second}
	default:
		return fault("handshake: status " + strconv.Itoa(response.StatusCode))
	}
	sum := sha1.Sum([]byte(key + acceptSalt))
	if response.Header.Get("Sec-WebSocket-Accept") != base64.StdEncoding.EncodeToString(sum[:]) {
		return fault("handshake: wrong answer to the key")
	}
	if got := response.Header.Get("Sec-WebSocket-Protocol"); got != "" && got != subprotocol {
		return fault(fmt.Sprintf("handshake: subprotocol %q", got))
	}
	return nil
}

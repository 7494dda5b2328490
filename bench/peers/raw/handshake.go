package raw

import (
	"bufio"
	"crypto/sha1" // RFC 6455 has it, and not for secrecy
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"ticker/bench/peers/dialect"
	"ticker/bench/peers/peer"
	"ticker/wire"
)

const (
	// handshakeTimeout bounds everything before the first frame of records.
	handshakeTimeout = 10 * time.Second
	// keySalt goes with the client's key into the accepting one, RFC 6455 1.3.
	keySalt = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

	finalBit       = 0x80
	maskBit        = 0x80
	opText         = 0x1
	opContinuation = 0x0
	mediumMark     = 126
	longMark       = 127
	maskBytes      = 4
)

var (
	errNoWebSocket = errors.New("no WebSocket handshake")
	errFrame       = errors.New("the first message must be a masked text that is not too long")
)

// shakeHands reads the handshake and the subscribe, and answers the handshake.
func shakeHands(conn net.Conn) (dialect.Subscribe, error) {
	if err := conn.SetDeadline(time.Now().Add(handshakeTimeout)); err != nil {
		return dialect.Subscribe{}, fmt.Errorf("bound handshake: %w", err)
	}
	in := bufio.NewReader(conn)
	r, err := http.ReadRequest(in)
	if err != nil {
		return dialect.Subscribe{}, fmt.Errorf("read handshake: %w", err)
	}
	key := r.Header.Get("Sec-WebSocket-Key")
	if key == "" || r.URL.Path != peer.Path {
		return dialect.Subscribe{}, errNoWebSocket
	}
	if _, err := io.WriteString(conn, upgrade(key, r.Header.Get("Sec-WebSocket-Protocol"))); err != nil {
		return dialect.Subscribe{}, fmt.Errorf("answer handshake: %w", err)
	}
	message, err := readText(in)
	if err != nil {
		return dialect.Subscribe{}, fmt.Errorf("read subscribe: %w", err)
	}
	return dialect.Parse(message)
}

// upgrade returns the answer to a handshake.
func upgrade(key, protocols string) string {
	digest := sha1.Sum([]byte(key + keySalt))
	answer := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + base64.StdEncoding.EncodeToString(digest[:]) + "\r\n"
	if strings.Contains(protocols, wire.SubprotocolJSON) {
		answer += "Sec-WebSocket-Protocol: " + wire.SubprotocolJSON + "\r\n"
	}
	return answer + "\r\n"
}

// readText reads one text message of at most dialect.MaxMessageBytes, in as many
// frames as the client made of it.
func readText(in io.Reader) ([]byte, error) {
	var text []byte
	for opcode := byte(opText); ; opcode = opContinuation {
		var head [2]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return nil, fmt.Errorf("read header: %w", err)
		}
		size, err := readSize(in, head[1]&^maskBit)
		if err != nil {
			return nil, err
		}
		room := dialect.MaxMessageBytes - uint64(len(text))
		if head[0]&^finalBit != opcode || head[1]&maskBit == 0 || size > room {
			return nil, errFrame
		}
		if text, err = appendPayload(text, in, size); err != nil {
			return nil, err
		}
		if head[0]&finalBit != 0 {
			return text, nil
		}
	}
}

// appendPayload appends a payload, without the mask that it comes with.
func appendPayload(text []byte, in io.Reader, size uint64) ([]byte, error) {
	body := make([]byte, maskBytes+size)
	if _, err := io.ReadFull(in, body); err != nil {
		return nil, fmt.Errorf("read payload: %w", err)
	}
	mask, payload := body[:maskBytes], body[maskBytes:]
	for i := range payload {
		payload[i] ^= mask[i%maskBytes]
	}
	return append(text, payload...), nil
}

// readSize reads the length of a payload, of which the header has the mark.
func readSize(in io.Reader, mark byte) (uint64, error) {
	var room [8]byte
	wide := room[:0]
	switch mark {
	case mediumMark:
		wide = room[6:]
	case longMark:
		wide = room[:]
	default:
		room[7] = mark
	}
	if _, err := io.ReadFull(in, wide); err != nil {
		return 0, fmt.Errorf("read length: %w", err)
	}
	return binary.BigEndian.Uint64(room[:]), nil
}

package raw

import (
	"bytes"
	"strings"
	"testing"

	"ticker/bench/peers/dialect"
	"ticker/bench/peers/peer/peertest"
)

func TestKeyIsAcceptedAsTheStandardHasIt(t *testing.T) {
	t.Parallel()
	// The key and its answer are those of RFC 6455 1.3.
	answer := upgrade("dGhlIHNhbXBsZSBub25jZQ==", "other, ticker.v1.json")
	for _, line := range []string{"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "Sec-WebSocket-Protocol: ticker.v1.json"} {
		if !strings.Contains(answer, "\r\n"+line+"\r\n") {
			t.Errorf("%q is not in %q", line, answer)
		}
	}
	if strings.Contains(upgrade("k", ""), "Sec-WebSocket-Protocol") {
		t.Error("a subprotocol nobody asked for")
	}
}

func TestMessageInPiecesIsReadAsAWhole(t *testing.T) {
	t.Parallel()
	pieces := "\x01\x83\x01\x01\x01\x01abc" + "\x00\x80\x00\x00\x00\x00" + "\x80\x82\x00\x00\x00\x00de"
	text, err := readText(strings.NewReader(pieces + "more"))
	if err != nil || string(text) != "`cbde" {
		t.Errorf("read %q, %v", text, err)
	}
}

func TestSubscribesOfEveryLengthAreRead(t *testing.T) {
	t.Parallel()
	url, _ := peertest.Start(t, Conflating(peertest.Config(t, 5, 1000)))
	for _, names := range []int{1, 20, 10_000} {
		symbols := append([]string{"SYM0001"}, make([]string, names)...)
		peertest.Subscribe(t, url, 0, symbols...).CheckRising(1)
	}
}

func FuzzReadText(f *testing.F) {
	f.Add([]byte("\x81\x82\x01\x02\x03\x04{}"))
	f.Add([]byte("\x81\xfe\x00\x02\x00\x00\x00\x00{}"))
	f.Add([]byte("\x81\xff\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00{}"))
	f.Add([]byte("\x01\x81\x01\x02\x03\x04{\x80\x81\x01\x02\x03\x04}"))
	f.Add([]byte("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, sent []byte) {
		text, err := readText(bytes.NewReader(sent))
		if err == nil && (len(text) > dialect.MaxMessageBytes || len(text)+shortest > len(sent)) {
			t.Errorf("%d bytes out of %d", len(text), len(sent))
		}
	})
}

// shortest is the length of the shortest header with a mask.
const shortest = 6

package server_test

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"ticker/server"
	"ticker/wire"
)

func TestFragmentsMakeOneMessage(t *testing.T) {
	t.Parallel()
	message := say("1")
	letters := strings.Split(message, "")
	var pinged []byte
	for i, letter := range letters[:len(letters)-1] {
		first := byte(continues)
		if i == 0 {
			first = textBegins
		}
		pinged = append(pinged, join(frame(first, letter), frame(ping, letter))...)
	}
	pinged = append(pinged, frame(continuesLast, letters[len(letters)-1])...)
	half := len(message) / 2
	hold(t, wire.JSON, []exchange{
		{"two", "5.4", pieces(message[:half], message[half:]), answered("1")},
		{"three", "5.4", pieces(message[:3], message[3:half], message[half:]), answered("1")},
		{"one for each byte", "5.4", pieces(letters...), answered("1")},
		{"the first is empty", "5.4", pieces("", message), answered("1")},
		{"the last is empty", "5.4", pieces(message, ""), answered("1")},
		{"the middle is empty", "5.4", pieces(message[:half], "", "", message[half:]), answered("1")},
		{"all are empty", "5.4", pieces("", "", ""), []string{"error bad_message"}},
		{"two messages", "5.4", join(pieces(letters...), pieces(say("2"), "")), answered("1", "2")},
		{"fragments behind a whole message", "5.4", join(frame(text, say("0")), pieces(message[:half], message[half:])), answered("0", "1")},
		{"of 32 KiB each", "5.4", pieces(padded("1", 32<<10), strings.Repeat(" ", 32<<10)), answered("1")},
		{
			"a ping between two", "5.4",
			join(frame(textBegins, message[:half]), frame(ping, "x"), frame(continuesLast, message[half:])),
			[]string{"pong x", "answer 1"},
		},
		{
			"a pong between two", "5.4",
			join(frame(textBegins, message[:half]), frame(pong, "x"), frame(continuesLast, message[half:])),
			answered("1"),
		},
		{
			"a ping between all", "5.4", pinged,
			append(each("pong ", letters[:len(letters)-1]), "answer 1"),
		},
	})
}

func TestFragmentsOutOfTheirOrderAreRefused(t *testing.T) {
	t.Parallel()
	hold(t, wire.JSON, []exchange{
		{"the last without a first", "5.4", frame(continuesLast, say("1")), closedBy(1002)},
		{"the middle without a first", "5.4", frame(continues, "{"), closedBy(1002)},
		{"an empty one without a first", "5.4", frame(continuesLast, ""), closedBy(1002)},
		{"one more behind a message", "5.4", join(pieces(say("1"), ""), frame(continuesLast, "x")), []string{"answer 1", "close 1002"}},
		{"one behind a whole message", "5.4", join(frame(text, say("1")), frame(continuesLast, "x")), []string{"answer 1", "close 1002"}},
		{"one behind a ping", "5.4", join(frame(ping, "x"), frame(continuesLast, "")), []string{"pong x", "close 1002"}},
		{"a whole message within a message", "5.4", join(frame(textBegins, "{"), frame(text, say("1"))), closedBy(1002)},
		{"two messages mixed", "5.4", join(frame(textBegins, "{"), frame(textBegins, "{"), frame(continuesLast, "}")), closedBy(1002)},
		{"binary within text", "5.4", join(frame(textBegins, "{"), frame(binaryData, "}")), closedBy(1002)},
		{"a new message after a ping", "5.4", join(frame(textBegins, "{"), frame(ping, "x"), frame(text, "{}")), []string{"pong x", "close 1002"}},
		{"a close frame in the middle", "5.4", join(frame(textBegins, "{"), closeWith(1000, "")), closedBy(1000)},
	})
}

func TestFragmentsTogetherHaveTheLimitOfAMessage(t *testing.T) {
	t.Parallel()
	const limit = 64 << 10
	hold(t, wire.JSON, []exchange{
		{"one byte over", "10.4", pieces(padded("1", limit), " "), closedBy(1009)},
		{"the limit and empty ones", "10.4", pieces(padded("1", limit), "", ""), answered("1")},
		{"a length that is announced", "10.4", join(frame(textBegins, padded("1", limit)), header(continuesLast, 1<<20)), closedBy(1009)},
		{"one of a message after another", "10.4", join(pieces(padded("1", limit-1), " "), pieces(padded("2", limit-1), " ")), answered("1", "2")},
	})
}

// Neither the bytes of a message that never ends nor the number of its frames
// passes the limit, and the client is told so while it is still sending.
func TestMillionFragmentsEndAtTheLimit(t *testing.T) {
	t.Parallel()
	const million = 1_000_000
	r := overTCP(t, func(_ testing.TB, cfg *server.Config) { cfg.Limits.MessageBytes = 1000 })
	for name, fragment := range map[string]string{"of one byte": "x", "of none": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own := *r
			own.t = t
			c, beside := own.connect(wire.JSON), own.connect(wire.JSON)
			flood := bytes.Repeat(frame(continues, fragment), million)
			var sending sync.WaitGroup
			defer sending.Wait()
			sending.Go(func() { _, _ = c.conn.Write(append(frame(textBegins, ""), flood...)) })
			if got := c.closed(); got.code != wire.CloseTooLarge {
				t.Errorf("closed with %+v", got)
			}
			beside.lives()
		})
	}
}

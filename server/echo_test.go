package server_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ticker/server"
)

// echoing runs an echo server until the test ends.
func echoing(t testing.TB) *rig {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := server.ServeEcho(ctx, ln, slog.New(slog.DiscardHandler)); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		stop()
		serving.Wait()
	})
	r := &rig{t: t, addr: ln.Addr().String()}
	r.dial = func() (net.Conn, error) {
		return (&net.Dialer{}).DialContext(context.WithoutCancel(t.Context()), "tcp", r.addr)
	}
	return r
}

// expect reads the next frame.
func (c *raw) expect(first byte, payload string) {
	c.t.Helper()
	c.wait(patience)
	f, p, err := c.readFrame()
	if f != first || string(p) != payload || err != nil {
		c.t.Fatalf("%x with %d bytes, %v instead of %x with %d", f, len(p), err, first, len(payload))
	}
}

func TestEchoIsWhatWasSentAtEverySize(t *testing.T) {
	t.Parallel()
	c, _ := echoing(t).shake()
	for _, size := range []int{0, 1, 125, 126, 127, 65_535, 65_536, 1 << 20} {
		words := strings.Repeat("é", size/2) + strings.Repeat("y", size%2)
		data := strings.Repeat("\xff\x00", size/2) + strings.Repeat("\x80", size%2)
		c.write(frame(text, words))
		c.expect(text, words)
		c.write(frame(binaryData, data))
		c.expect(binaryData, data)
		// A fragment ends within a character.
		half := size/4*2 + size%2
		c.write(join(frame(textBegins, words[:half]), frame(ping, "between"), frame(continuesLast, words[half:])))
		c.expect(pong, "between")
		c.expect(text, words)
		c.write(join(frame(0x02, data[:half]), frame(continues, ""), frame(continuesLast, data[half:])))
		c.expect(binaryData, data)
	}
}

func TestEchoesComeInTheOrderOfTheirMessages(t *testing.T) {
	t.Parallel()
	c, _ := echoing(t).shake()
	var sent []byte
	for i := range 1000 {
		sent = append(sent, frame(text, fmt.Sprint(i))...)
	}
	c.write(sent)
	for i := range 1000 {
		c.expect(text, fmt.Sprint(i))
	}
}

func TestEchoKeepsTheRulesOfSessions(t *testing.T) {
	t.Parallel()
	const limit = 16 << 20
	r := echoing(t)
	for name, c := range map[string]struct {
		bytes []byte
		want  []string
	}{
		"a close frame":         {closeWith(4000, "over"), closedBy(4000)},
		"an empty close frame":  {frame(closing, ""), []string{"close"}},
		"no mask":               {unmask(frame(text, "x")), closedBy(1002)},
		"a reserved bit":        {frame(text|0x40, "x"), closedBy(1002)},
		"a stretched length":    {stretched(2, binaryData, "x"), closedBy(1002)},
		"text that is no UTF-8": {frame(text, "\xed\xa0\x80"), closedBy(1007)},
		"half a character":      {pieces("\xe2", "\x82"), closedBy(1007)},
		"a message too large":   {header(binaryData, limit+1), closedBy(1009)},
		"fragments too large":   {join(frame(0x02, "x"), header(continuesLast, limit)), closedBy(1009)},
		"a hundred pings": {
			join(bytes.Repeat(frame(ping, "x"), 100), closeWith(1000, "")),
			append(slices.Repeat([]string{"pong x"}, 100), "close 1000"),
		},
		"a ping, a pong, an end": {join(frame(ping, "x"), frame(pong, "y"), closeWith(1000, "")), []string{"pong x", "close 1000"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, _ := r.shake()
			client.t = t
			client.write(c.bytes)
			if diff := cmp.Diff(c.want, client.transcript()); diff != "" {
				t.Errorf("answers (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEchoOfTheLimitIsWhole(t *testing.T) {
	t.Parallel()
	c, _ := echoing(t).shake()
	data := strings.Repeat("0123456789abcdef", 1<<20)
	c.write(frame(binaryData, data))
	c.expect(binaryData, data)
}

func TestEchoTakesHandshakesByTheRulesOfSessions(t *testing.T) {
	t.Parallel()
	r := echoing(t)
	for name, c := range map[string]struct {
		headers []string
		status  int
	}{
		"a good one":         {nil, http.StatusSwitchingProtocols},
		"compression":        {[]string{"Sec-WebSocket-Extensions", "permessage-deflate"}, http.StatusSwitchingProtocols},
		"no key":             {[]string{"Sec-WebSocket-Key", ""}, http.StatusBadRequest},
		"an upgrade to none": {[]string{"Upgrade", ""}, http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, got := r.shake(c.headers...)
			if got.status != c.status || got.header.Get("Sec-Websocket-Extensions") != "" {
				t.Errorf("%+v", got)
			}
		})
	}
}

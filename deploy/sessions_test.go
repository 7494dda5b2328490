package deploy

import (
	"bufio"
	"context"
	"crypto/x509"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"ticker/internal/proxytest"
)

func TestTheShippedFilesAreValid(t *testing.T) {
	t.Parallel()
	overEach(t, func(t *testing.T, program proxytest.Program) {
		b := &balancer{program: program, roots: x509.NewCertPool()}
		said, err := proxytest.Verify(t.Context(), b.options(t, []upstream{{"127.0.0.1:1", "127.0.0.1:2"}}))
		must(t, err)
		if strings.Contains(strings.ToLower(said), "warn") {
			t.Errorf("it warns:\n%s", said)
		}
	})
}

func TestEverySessionPassesAsItHappens(t *testing.T) {
	t.Parallel()
	overEach(t, func(t *testing.T, program proxytest.Program) {
		source, nodes := startEdges(t, "")
		source.publish(t, map[string]int{"A": 1})
		b := balance(t, program, upstreams(nodes), nil)
		t.Run("websocket", func(t *testing.T) {
			t.Parallel()
			s := b.mustOpen(t)
			s.subscribe(t, "", "A", "WS")
			s.until(t, map[string]int{"A": 1})
			source.publish(t, map[string]int{"WS": 2})
			s.until(t, map[string]int{"A": 1, "WS": 2})
		})
		t.Run("events over HTTP/1.1", func(t *testing.T) {
			t.Parallel()
			expectUnbufferedEvents(t, b, source, 1)
		})
		t.Run("events over HTTP/2", func(t *testing.T) {
			t.Parallel()
			expectUnbufferedEvents(t, b, source, 2)
		})
		t.Run("poll", func(t *testing.T) {
			t.Parallel()
			expectUnbufferedPoll(t, b, source, nodes)
		})
	})
}

// expectUnbufferedEvents reads an event stream that stays open: what is published
// arrives although it fills no buffer.
func expectUnbufferedEvents(t *testing.T, b *balancer, source *node, version int) {
	t.Helper()
	symbol := "SSE" + strconv.Itoa(version)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.url()+"/v1/sse?interval=20ms&symbols=A,"+symbol, http.NoBody)
	must(t, err)
	resp, err := b.client(t, version == 2).Do(req)
	must(t, err)
	defer func() { _ = resp.Body.Close() }() // it is being given up
	if resp.StatusCode != http.StatusOK || resp.ProtoMajor != version {
		t.Fatalf("%s %s", resp.Proto, resp.Status)
	}
	lines := bufio.NewScanner(resp.Body)
	awaitLine(t, lines, `"symbol":"A"`)
	source.publish(t, map[string]int{symbol: 7})
	awaitLine(t, lines, `"symbol":"`+symbol+`"`)
}

func awaitLine(t *testing.T, lines *bufio.Scanner, part string) {
	t.Helper()
	for lines.Scan() {
		if strings.Contains(lines.Text(), part) {
			return
		}
	}
	t.Fatalf("the stream ended before %s: %v", part, lines.Err())
}

// expectUnbufferedPoll has a poll wait for a symbol's first quote.
func expectUnbufferedPoll(t *testing.T, b *balancer, source *node, nodes []*node) {
	t.Helper()
	with := b.client(t, false)
	type answer struct {
		code int
		text string
		err  error
	}
	answers := make(chan answer, 1)
	var polling sync.WaitGroup
	defer polling.Wait()
	polling.Go(func() {
		code, text, err := request(t.Context(), with, http.MethodGet, b.url()+"/v1/poll?wait=60s&symbols=POLL", "")
		answers <- answer{code, text, err}
	})
	await(t, "a poll that waits", func() bool { return sessionsOf(t, nodes, "poll") > 0 })
	source.publish(t, map[string]int{"POLL": 7})
	if a := <-answers; a.err != nil || a.code != http.StatusOK || !strings.Contains(a.text, "POLL") {
		t.Errorf("the poll ends with %d %s, %v", a.code, a.text, a.err)
	}
}

func TestQuietSessionsOutliveTheProxysPatience(t *testing.T) {
	t.Parallel()
	_, nodes := startEdges(t, "fanout: {heartbeat: 1s}")
	const heartbeats = 5 // which take longer than the patience
	overEach(t, func(t *testing.T, program proxytest.Program) {
		b := balance(t, program, upstreams(nodes), map[string]string{"150s": "3s"})
		t.Run("websocket", func(t *testing.T) {
			t.Parallel()
			s := b.mustOpen(t)
			s.subscribe(t, "", "QUIET")
			for range heartbeats {
				if m, err := s.next(); err != nil || m.Event != "heartbeat" {
					t.Fatalf("%+v, %v", m, err)
				}
			}
		})
		t.Run("events", func(t *testing.T) {
			t.Parallel()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url()+"/v1/sse?symbols=QUIET", http.NoBody)
			must(t, err)
			resp, err := b.client(t, false).Do(req)
			must(t, err)
			defer func() { _ = resp.Body.Close() }() // it is being given up
			lines := bufio.NewScanner(resp.Body)
			for range heartbeats {
				awaitLine(t, lines, "event: heartbeat")
			}
		})
	})
}

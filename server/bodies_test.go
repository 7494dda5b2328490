package server_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"ticker/auth"
	"ticker/wire"
)

// publishes makes a token of a subject for everything that can be published.
func publishes(t *testing.T, subject string) string {
	t.Helper()
	return mint(t, auth.Claims{Subject: subject, Rights: auth.Rights{Publish: []string{"*"}}})
}

// unfinished begins a body of 16 MiB, of which so many bytes come.
func (r *rig) unfinished(t *testing.T, framing, token string, bytes int) net.Conn {
	t.Helper()
	head := "POST /v1/quotes HTTP/1.1\r\nHost: localhost\r\n"
	if token != "" {
		head += "Authorization: Bearer " + token + "\r\n"
	}
	return r.begin(t, head+framing+strings.Repeat(" ", bytes))
}

const (
	inChunks  = "Transfer-Encoding: chunked\r\n\r\n1000000\r\n"
	announced = "Content-Length: 16777216\r\n\r\n"
)

// statusOf reads the head of the answer on a connection, and whether the server closes it.
func statusOf(t *testing.T, conn net.Conn) (status int, closes bool) {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	return resp.StatusCode, resp.Close
}

// expectPublished expects that somebody can publish.
func (r *rig) expectPublished(token string, body string) {
	r.t.Helper()
	if got := r.request(http.MethodPost, "/v1/quotes", body, bearer(token)...); got.status != http.StatusOK {
		r.t.Errorf("%+v", got)
	}
}

func TestSlowBodiesStopNobodyElseFromPublishing(t *testing.T) {
	t.Parallel()
	for _, bodies := range []int{4, 40} {
		for _, framing := range []string{inChunks, announced} {
			for _, bytes := range []int{0, 1, 200_000} {
				inBubble(t, func(r *rig) {
					for range bodies {
						r.unfinished(t, framing, publishes(t, "slow"), bytes)
						r.unfinished(t, framing, reading(t), 0)
						r.unfinished(t, framing, "", 0)
					}
					sleep(time.Second)
					r.expectPublished(publishes(t, "other"), `{"symbol":"A","bid":1}`)
					r.expectPublished(publishes(t, "other"), `{"symbol":"A","bid":1}`+strings.Repeat(" ", 1<<20))
					sleep(2 * time.Minute) // longer than a body may take
					r.expectPublished(publishes(t, "slow"), `{"symbol":"A","bid":1}`+strings.Repeat(" ", 1<<20))
				}, guarded, withPush(true))
			}
		}
	}
}

func TestWhoMayNotPublishIsToldBeforeTheBody(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		for token, want := range map[string]int{"": 401, "nonsense": 401, reading(t): 403} {
			for _, framing := range []string{inChunks, announced, "Content-Length: 99\r\n\r\n"} {
				start := time.Now()
				status, closes := statusOf(t, r.unfinished(t, framing, token, 1))
				if status != want || !closes || time.Since(start) > time.Second {
					t.Errorf("%d, closes is %v, after %v, want %d", status, closes, time.Since(start), want)
				}
			}
		}
	}, guarded, withPush(true))
}

func TestOnePublisherHasNotTheRoomOfAll(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		slow := publishes(t, "slow")
		r.unfinished(t, announced, slow, 15<<20) // has 16 MiB
		r.unfinished(t, announced, slow, 3<<20)  // 4
		sleep(ms)
		crowded := r.request(http.MethodPost, "/v1/quotes", `[`+strings.Repeat(" ", 5<<20)+`]`, bearer(slow)...)
		expectTooMany(t, crowded)
		if got := r.metric(`ticker_refusals_total{reason="publisher_bodies"}`); got != "1" {
			t.Errorf("%s were refused", got)
		}
		r.expectPublished(slow, `{"symbol":"A","bid":1}`)
		r.expectPublished(publishes(t, "other"), `{"symbol":"A","bid":1}`+strings.Repeat(" ", 15<<20))
		sleep(2 * time.Minute)
		r.expectPublished(slow, `{"symbol":"A","bid":1}`+strings.Repeat(" ", 15<<20))
	}, guarded, withPush(true))
}

func TestBodiesAtOneTimeAreBounded(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		for i := range 3 {
			r.unfinished(t, announced, publishes(t, fmt.Sprint("slow", i)), 15<<20) // of 64 MiB 48
		}
		sleep(ms)
		other := publishes(t, "other")
		got := r.request(http.MethodPost, "/v1/quotes", `[`+strings.Repeat(" ", 9<<20)+`]`, bearer(other)...)
		if p := got.problem(t); p.Code != wire.CodeUnavailable || got.header.Get("Retry-After") == "" {
			t.Errorf("%+v", got)
		}
		if got := r.metric(`ticker_refusals_total{reason="bodies"}`); got != "1" {
			t.Errorf("%s were refused", got)
		}
		r.expectPublished(other, `{"symbol":"A","bid":1}`)
		sleep(2 * time.Minute) // longer than a request may take to come in
		r.expectPublished(other, `{"symbol":"A","bid":1}`+strings.Repeat(" ", 9<<20))
	}, guarded, withPush(true))
}

// smuggled is a request that whoever goes by its Content-Length would take for a part of
// the body in front of it.
const smuggled = "GET /v1/snapshot?symbols=SMUGGLED HTTP/1.1\r\nHost: localhost\r\n\r\n"

func TestNothingBehindABodyInChunksIsARequest(t *testing.T) {
	t.Parallel()
	r := overTCP(t, withPush(true))
	const body = `{"symbol":"A","bid":1}`
	chunks := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body)
	for name, c := range map[string]struct {
		line, headers string
		status        int
	}{
		"both lengths":             {"POST /v1/quotes", fmt.Sprintf("Content-Length: %d\r\nTransfer-Encoding: chunked\r\n", len(chunks+smuggled)), 200},
		"both, the other first":    {"POST /v1/quotes", "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", 200},
		"chunks alone":             {"POST /v1/quotes", "Transfer-Encoding: chunked\r\n", 200},
		"a read with both lengths": {"GET /v1/symbols", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", 400},
		"a read in chunks":         {"HEAD /v1/symbols", "Transfer-Encoding: chunked\r\n", 400},
		"a page in chunks":         {"GET /", "Transfer-Encoding: chunked\r\n", 400},
		"a route that is none":     {"POST /v1/nothing", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", 404},
		"a route that takes none":  {"POST /v1/symbols", "Transfer-Encoding: chunked\r\n", 405},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := r.begin(t, c.line+" HTTP/1.1\r\nHost: localhost\r\n"+c.headers+"\r\n"+chunks+smuggled)
			if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(conn)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(string(text), fmt.Sprintf("HTTP/1.1 %d ", c.status)) ||
				strings.Count(string(text), "HTTP/1.1 ") != 1 || !strings.Contains(string(text), "\r\nConnection: close\r\n") {
				t.Errorf("%s", text)
			}
		})
	}
}

func TestABodyOfAToldLengthKeepsItsConnection(t *testing.T) {
	t.Parallel()
	r := overTCP(t, withPush(true))
	const post = "POST /v1/quotes HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}"
	conn := r.begin(t, post+post)
	in := bufio.NewReader(conn)
	for range 2 {
		expectKept(t, in)
	}
}

// expectKept expects the good answer to a request, and a connection that stays.
func expectKept(t *testing.T, in *bufio.Reader) {
	t.Helper()
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK || resp.Close {
		t.Errorf("%s, %v", resp.Status, err)
	}
}

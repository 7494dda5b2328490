package server

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ticker/market"
	"ticker/wire"
)

// FuzzReader reads any bytes as frames, however they are cut on their way: the reader
// makes of them what the RFC says, in the order in which they came.
func FuzzReader(f *testing.F) {
	for _, input := range []string{
		"\x81\x80\x00\x00\x00\x00", "\x81\x83\x01\x02\x03\x04`ac", "\x01\x81\x00\x00\x00\x00\xe2\x80\x82\x00\x00\x00\x00\x82\xac",
		"\x89\x81\x00\x00\x00\x00x\x88\x82\x00\x00\x00\x00\x03\xe8\x88\x81", "\x88\x82\x00\x00\x00\x00\x03\xf6",
		"\x81\xfe\x00\x01\x00\x00\x00\x00x", "\x81\xff\x80\x00\x00\x00\x00\x00\x00\x00", "\x81\xfe\x00\xc9\x00\x00\x00\x00",
	} {
		f.Add([]byte(input), byte(0))
		f.Add([]byte(input), byte(255))
	}
	f.Fuzz(func(t *testing.T, input []byte, most byte) {
		const limit = 200 // short enough for a few bytes to pass it
		model := rfc{in: input, limit: limit}
		if diff := cmp.Diff(model.read(), readingOf(t, input, int(most)+1, limit)); diff != "" {
			t.Errorf("%x (-RFC +read):\n%s", input, diff)
		}
	})
}

// FuzzQuery reads anything as the parameters of a request, and as the place where a
// returning EventSource wants to go on: what is taken lies within its bounds, and what
// is refused can be told.
func FuzzQuery(f *testing.F) {
	for _, text := range []string{
		"symbols=AAPL,BTC-*&interval=250ms&fields=bid,ask&mode=delta&envelope=true&since=e.1", "symbols=A&cursor=e.zz&wait=60s",
		"symbols=A&symbols=B", "symbols=%00", "symbols=A;wait=1s", "symbols=A&wait=-1s", "symbols=A&bandwidth=9223372036854775807",
		"symbols=A&interval=99999999999h", "from=1&to=0", "from=2026-11-20T14:30:00Z&to=2026-11-20T14:30:00.5Z&limit=10000&step=1m",
		"prefix=A&limit=0&page=QQ", "page=%ff", "limit=1e3", "step=0s", "at=9999999999999999999", "%zz", "a=b",
	} {
		f.Add(text, "")
	}
	f.Add("symbols=A", "e.1")
	f.Add("symbols=A", strings.Repeat("x", 300))
	s, _, err := newEchoServer(slog.New(slog.DiscardHandler))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw, lastID string) {
		r := &http.Request{
			Method: http.MethodGet, URL: &url.URL{Path: "/", RawQuery: raw}, Header: http.Header{"Last-Event-Id": {lastID}},
		}
		poll, refusal := s.pollWish(r, nil)
		if tellable(t, refusal); refusal == nil {
			checkSubscribe(t, poll.Subscribe)
			if poll.wait < 0 || poll.wait > maxWait || poll.Envelope {
				t.Errorf("%q polls %+v", raw, poll)
			}
		}
		events, refusal := s.eventsWish(r, nil)
		if tellable(t, refusal); refusal == nil {
			checkSubscribe(t, events.Subscribe)
			if events.bandwidth < 0 {
				t.Errorf("%q streams %+v", raw, events)
			}
		}
		checkParameters(t, s, r)
	})
}

// tellable checks that a refusal, if it is one, is a document that a client can read.
func tellable(t *testing.T, refusal *wire.Error) {
	t.Helper()
	if refusal == nil {
		return
	}
	p := problemOf(refusal)
	if p.Status < 400 || p.Status > 499 || len(p.Detail) > 512 || !json.Valid(p.Append(nil)) {
		t.Errorf("refused with %+v", p)
	}
}

func checkSubscribe(t *testing.T, b *wire.Subscribe) {
	t.Helper()
	if len(b.Symbols) == 0 || len(b.Symbols) > defaultSymbols || len(b.Since) > wire.MaxCursorBytes {
		t.Errorf("asks for %+v", b)
	}
	for _, text := range b.Symbols {
		if _, err := market.ParsePattern(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// checkParameters reads every other parameter that a route has.
func checkParameters(t *testing.T, s *Server, r *http.Request) {
	t.Helper()
	q, refusal := s.queryOf(r, "from", "to", "limit", "step", "at", "prefix", "page")
	if tellable(t, refusal); refusal != nil {
		return
	}
	span, refusal := q.span("A")
	if tellable(t, refusal); refusal == nil && (span.From < 0 || span.To < 0 || span.To != 0 && span.From >= span.To) {
		t.Errorf("a span of %+v", span)
	}
	step, refusal := q.step()
	if tellable(t, refusal); refusal == nil && (step < 0 || step == 0 && q.has("step")) {
		t.Errorf("a step of %v", step)
	}
	at, refusal := q.time("at", 1)
	if tellable(t, refusal); refusal == nil && (at < 0 || at == 0 && q.has("at")) {
		t.Errorf("a time of %d", at)
	}
	limit, refusal := q.limit()
	if tellable(t, refusal); refusal != nil {
		return
	}
	if limit < 0 || limit > wire.MaxLimit || limit == 0 && q.has("limit") {
		t.Errorf("a limit of %d", limit)
	}
	_, refusal = s.listSymbols(&wire.SymbolsQuery{Prefix: q.get("prefix"), Page: q.get("page"), Limit: limit}, nil)
	tellable(t, refusal)
}

// FuzzOrigin reads anything as an origin: what is taken is a scheme, a host and a
// port, and written in one way only.
func FuzzOrigin(f *testing.F) {
	for _, text := range []string{
		"https://example.com", "HTTP://Example.COM:80", "https://example.com:443", "https://[::1]:8080", "null", "https://example.com/",
		"https://a@example.com", "ftp://example.com", "https://", "//example.com", "https://example.com:443:443", "http://example.com?x",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		origin, ok := canonicalOrigin(text)
		if !ok {
			return
		}
		if again, ok := canonicalOrigin(origin); !ok || again != origin {
			t.Errorf("%q is %q, and that is %q, %v", text, origin, again, ok)
		}
		_, host, _ := strings.Cut(origin, "://")
		if host == "" || strings.ContainsAny(host, "/?#@") || !strings.HasPrefix(strings.ToLower(text), origin) {
			t.Errorf("%q is %q", text, origin)
		}
	})
}

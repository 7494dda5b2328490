package server_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ticker/book"
	"ticker/feed"
	"ticker/feed/push"
	"ticker/market"
	"ticker/server"
	"ticker/wire"
)

// publisher makes a push feed what the server wants, as cmd/ticker does.
type publisher struct{ source *push.Source }

func (p publisher) Publish(body []byte, may func(market.Symbol) bool) (wire.Published, error) {
	accepted, rejected, err := p.source.PublishBody(body, may)
	result := wire.Published{Accepted: accepted}
	for _, r := range rejected {
		result.Rejected = append(result.Rejected, wire.RejectedQuote{Line: r.Line, Code: wire.Code(r.Code), Message: r.Message})
	}
	return result, err
}

// withPush gives the service a push feed, which runs until the test ends.
func withPush(running bool) change {
	return withPushInto(func(b *book.Book) feed.Book { return b }, running)
}

// withPushInto is withPush with a feed that fills what stands before the book.
func withPushInto(before func(*book.Book) feed.Book, running bool) change {
	return func(t testing.TB, cfg *server.Config) {
		t.Helper()
		source, err := push.New(push.Config{})
		if err != nil {
			t.Fatal(err)
		}
		f, err := feed.New(feed.Config{Name: "push", Source: source, Book: before(cfg.Book)})
		if err != nil {
			t.Fatal(err)
		}
		cfg.Publisher, cfg.Feeds = publisher{source}, []server.Feed{f}
		if !running {
			return
		}
		ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
		var run sync.WaitGroup
		run.Go(func() { _ = f.Run(ctx) }) // the end of ctx is its only end
		t.Cleanup(func() {
			stop()
			run.Wait()
		})
		eventually(t, "the push feed is connected", f.Connected)
	}
}

func TestPublishedQuotesReachSubscribers(t *testing.T) {
	t.Parallel()
	r := overTCP(t, withPush(true))
	watcher, publisher := r.connect(wire.JSON), r.connect(wire.MsgPack)
	watcher.subscribe(20*ms, "AAPL", "MSFT")

	publisher.ask("p", &wire.Publish{Quotes: [][]byte{
		[]byte(`{"symbol":"AAPL","bid":189.98}`), []byte(`{"symbol":"bad","bid":1}`), []byte(`"none"`),
	}})
	var published wire.Published
	publisher.result("p", &published)
	if published.Accepted != 1 || len(published.Rejected) != 2 ||
		published.Rejected[0].Line != 2 || published.Rejected[0].Code != wire.CodeBadSymbol ||
		published.Rejected[1].Line != 3 || published.Rejected[1].Code != wire.CodeBadMessage {
		t.Errorf("%+v", published)
	}
	if diff := cmp.Diff([]string{"AAPL=189.98"}, bids(watcher.quotes())); diff != "" {
		t.Error("published over WebSocket (-want +got):\n" + diff)
	}

	got := r.request(http.MethodPost, "/v1/quotes", "{\"symbol\":\"MSFT\",\"bid\":400.10}\n\nnonsense\n", "Content-Type", "image/gif")
	var over wire.Published
	if err := wire.JSON.ParseResult([]byte(got.body), &over); err != nil || got.status != http.StatusOK {
		t.Fatal(err, got)
	}
	if over.Accepted != 1 || len(over.Rejected) != 1 || over.Rejected[0].Line != 3 {
		t.Errorf("%+v", over)
	}
	if diff := cmp.Diff([]string{"MSFT=400.10"}, bids(watcher.quotes())); diff != "" {
		t.Error("published over HTTP (-want +got):\n" + diff)
	}
}

func TestBodiesThatAreWrongAreToldWhy(t *testing.T) {
	t.Parallel()
	r := overTCP(t, withPush(true))
	large := `{"symbol":"A","bid":1}` + strings.Repeat(" ", 16<<20)
	for name, c := range map[string]struct {
		body    string
		headers []string
		status  int
		want    string
	}{
		"an object":        {`{"symbol":"A","bid":1}`, nil, 200, `{"accepted":1,"rejected":[]}`},
		"an array":         {`[{"symbol":"A","bid":1},{"symbol":"A","bid":"2"}]`, nil, 200, `{"accepted":2,"rejected":[]}`},
		"all refused":      {`[{"symbol":"A"}]`, nil, 200, `"code":"bad_request"`},
		"a broken array":   {`[{"symbol":"A","bid":1},`, nil, 200, `{"accepted":0,"rejected":[{"line":1,"code":"bad_message"`},
		"nothing":          {``, nil, 200, `{"accepted":0,"rejected":[]}`},
		"identity":         {`{"symbol":"A","bid":1}`, []string{"Content-Encoding", "identity"}, 200, `{"accepted":1`},
		"compressed":       {`x`, []string{"Content-Encoding", "gzip"}, 415, `"code":"bad_request"`},
		"too large":        {large, nil, 413, `"code":"too_large"`},
		"a foreign origin": {`{"symbol":"A","bid":1}`, []string{"Origin", "https://evil.com"}, 403, `"code":"forbidden"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := r.request(http.MethodPost, "/v1/quotes", c.body, c.headers...); got.status != c.status || !strings.Contains(got.body, c.want) {
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
}

func TestBodyOfUnknownLengthIsRefusedAtTheLimit(t *testing.T) {
	t.Parallel()
	r := overTCP(t, withPush(true))
	body := io.LimitReader(strings.NewReader(strings.Repeat(" ", 20<<20)), 20<<20)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+r.addr+"/v1/quotes", body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusRequestEntityTooLarge || req.ContentLength > 0 {
		t.Errorf("%s to a body of %d bytes", resp.Status, req.ContentLength)
	}
}

func TestClientThatAsksBeforeItSendsALargeBodyIsToldAtOnce(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		conn := r.begin(t, "POST /v1/quotes HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n")
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		if resp.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%s", resp.Status)
		}
	}, withPush(true))
}

func TestPublishingToAFeedThatDoesNotRunIsUnavailable(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		c := r.connect(wire.JSON)
		c.ask("1", &wire.Publish{Quotes: [][]byte{[]byte(`{"symbol":"A","bid":1}`)}})
		if e := c.refusal(); e.Code != wire.CodeUnavailable {
			t.Errorf("%+v", e)
		}
		got := r.request(http.MethodPost, "/v1/quotes", `{"symbol":"A","bid":1}`)
		if p := got.problem(t); p.Status != http.StatusServiceUnavailable || p.Code != wire.CodeUnavailable {
			t.Errorf("%+v", p)
		}
		if got := r.admin("/readyz"); got.status != http.StatusServiceUnavailable || !strings.Contains(got.body, "feed push is not connected") {
			t.Errorf("%+v", got)
		}
	}, withPush(false))
}

package server_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ticker/market"
	"ticker/server"
	"ticker/wire"
)

// problem reads a problem document.
func (a answer) problem(t *testing.T) *wire.Problem {
	t.Helper()
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("content type %q of %q", got, a.body)
	}
	var doc struct {
		Status int
		Code   wire.Code
		Detail string
	}
	if err := json.Unmarshal([]byte(a.body), &doc); err != nil || doc.Status != a.status {
		t.Errorf("%v in %q with status %d", err, a.body, a.status)
	}
	return &wire.Problem{Status: doc.Status, Code: doc.Code, Detail: doc.Detail}
}

func TestSnapshotHasTheNewestRecordOfEachSymbolOnce(t *testing.T) {
	t.Parallel()
	r := overTCP(t)
	for _, symbol := range []market.Symbol{"AAPL", "BTC-EUR", "BTC-USD", "OTHER"} {
		r.quote(symbol, 100)
		r.apply(symbol, map[market.Field]int64{market.Bid: 15000, market.Ask: 15001})
	}
	got := r.get("/v1/snapshot?symbols=BTC-*,AAPL,BTC-USD,NONE,AAPL")
	var list wire.QuoteList
	if err := wire.JSON.ParseResult([]byte(got.body), &list); err != nil || got.status != http.StatusOK {
		t.Fatal(err, got)
	}
	if !strings.HasPrefix(list.Cursor, r.book.Epoch()+".") || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("cursor %q, header %v", list.Cursor, got.header)
	}
	symbols := make([]market.Symbol, len(list.Records))
	for i, rec := range list.Records {
		symbols[i] = rec.Symbol
		if rec.Seq != 2 || rec.Values[market.Ask].String() != "150.01" || rec.Source != "test" {
			t.Errorf("record %+v", rec)
		}
	}
	if diff := cmp.Diff([]market.Symbol{"BTC-EUR", "BTC-USD", "AAPL"}, symbols); diff != "" {
		t.Error("symbols (-want +got):\n" + diff)
	}
	if got := r.get("/v1/snapshot?symbols=NONE"); !strings.HasSuffix(got.body, `"quotes":[]}`) {
		t.Errorf("snapshot of nothing: %s", got.body)
	}
}

func TestSnapshotOfManySymbolsIsWhole(t *testing.T) {
	t.Parallel()
	r := overTCP(t)
	for i := range 5000 {
		r.quote(symbolOf(i), int64(i))
	}
	var list wire.QuoteList
	if err := wire.JSON.ParseResult([]byte(r.get("/v1/snapshot?symbols=*").body), &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Records) != 5000 || list.Records[4999].Symbol != symbolOf(4999) {
		t.Errorf("%d records", len(list.Records))
	}
}

func TestSymbolsComeInPagesByName(t *testing.T) {
	t.Parallel()
	r := overTCP(t)
	for i := range 1200 {
		r.quote(symbolOf(i), 1)
	}
	r.quote("AAPL", 1)
	for name, c := range map[string]struct {
		query string
		pages []int
	}{
		"all, 500 a page":        {"?", []int{500, 500, 201}},
		"with a limit":           {"?limit=1201&", []int{1201}},
		"with a prefix":          {"?prefix=SYM00&limit=30&", []int{30, 30, 30, 10}},
		"prefix that none has":   {"?prefix=X&", []int{0}},
		"limit that just fits":   {"?prefix=SYM000&limit=10&", []int{10}},
		"largest limit there is": {"?limit=10000&", []int{1201}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sizes []int
			last := ""
			for page := ""; ; {
				got := r.get("/v1/symbols" + strings.TrimRight(c.query+page, "?&"))
				var list wire.SymbolList
				if err := wire.JSON.ParseResult([]byte(got.body), &list); err != nil || got.status != http.StatusOK {
					t.Fatal(err, got)
				}
				sizes = append(sizes, len(list.Symbols))
				for _, symbol := range list.Symbols {
					if symbol <= last {
						t.Fatalf("%s behind %s", symbol, last)
					}
					last = symbol
				}
				if list.Next == "" {
					break
				}
				page = "page=" + list.Next
			}
			if diff := cmp.Diff(c.pages, sizes); diff != "" {
				t.Error("pages (-want +got):\n" + diff)
			}
		})
	}
}

func TestRequestsThatAreWrongAreToldWhy(t *testing.T) {
	t.Parallel()
	r := overTCP(t, func(_ testing.TB, cfg *server.Config) { cfg.Limits.Symbols = 3 })
	long := strings.Repeat("A", 10_000)
	for name, c := range map[string]struct {
		method, target string
		status         int
		code           wire.Code
	}{
		"no symbols":                  {"GET", "/v1/snapshot", 400, "bad_request"},
		"empty symbols":               {"GET", "/v1/snapshot?symbols=", 400, "bad_request"},
		"an empty symbol":             {"GET", "/v1/snapshot?symbols=A,,B", 400, "bad_symbol"},
		"lower case":                  {"GET", "/v1/snapshot?symbols=aapl", 400, "bad_symbol"},
		"star in the middle":          {"GET", "/v1/snapshot?symbols=A*B", 400, "bad_symbol"},
		"control characters":          {"GET", "/v1/snapshot?symbols=A%00%1b[2J", 400, "bad_symbol"},
		"repeated parameter":          {"GET", "/v1/snapshot?symbols=A&symbols=B", 400, "bad_request"},
		"unknown parameter":           {"GET", "/v1/snapshot?symbol=A", 400, "bad_request"},
		"broken escape":               {"GET", "/v1/snapshot?symbols=%zz", 400, "bad_request"},
		"semicolon":                   {"GET", "/v1/snapshot?symbols=A;at=1", 400, "bad_request"},
		"too many symbols":            {"GET", "/v1/snapshot?symbols=A,B,C,D", 400, "too_many_symbols"},
		"absurd time":                 {"GET", "/v1/snapshot?symbols=A&at=yesterday", 400, "bad_request"},
		"snapshot of the past":        {"GET", "/v1/snapshot?symbols=A&at=2026-11-20T14:30:00Z", 503, "unavailable"},
		"limit 0":                     {"GET", "/v1/symbols?limit=0", 400, "bad_request"},
		"limit below 0":               {"GET", "/v1/symbols?limit=-1", 400, "bad_request"},
		"limit too large":             {"GET", "/v1/symbols?limit=10001", 400, "bad_request"},
		"limit of another kind":       {"GET", "/v1/symbols?limit=ten", 400, "bad_request"},
		"empty limit":                 {"GET", "/v1/symbols?limit=", 400, "bad_request"},
		"page of somebody else":       {"GET", "/v1/symbols?page=!", 400, "bad_request"},
		"page of another word":        {"GET", "/v1/symbols?page=YQ", 400, "bad_request"},
		"history":                     {"GET", "/v1/history/BTC/USD?from=1", 503, "unavailable"},
		"candles":                     {"GET", "/v1/candles/AAPL", 503, "unavailable"},
		"history of nothing":          {"GET", "/v1/history/", 404, "not_found"},
		"unknown route":               {"GET", "/v1/quote", 404, "not_found"},
		"path with dots":              {"GET", "/v1/../v1/symbols", 404, "not_found"},
		"path with two slashes":       {"GET", "//v1/symbols", 404, "not_found"},
		"path with an escaped slash":  {"GET", "/v1%2fsymbols/", 404, "not_found"},
		"route with a slash behind":   {"GET", "/v1/symbols/", 404, "not_found"},
		"no page":                     {"GET", "/etc/passwd", 404, "not_found"},
		"wrong method":                {"DELETE", "/v1/symbols", 405, "bad_request"},
		"wrong method for quotes":     {"GET", "/v1/quotes", 405, "bad_request"},
		"wrong method for the page":   {"POST", "/", 405, "bad_request"},
		"wrong method for WebSocket":  {"POST", "/v1/ws", 405, "bad_request"},
		"WebSocket without upgrade":   {"GET", "/v1/ws", 426, "bad_request"},
		"huge URL":                    {"GET", "/v1/snapshot?symbols=" + long, 414, "bad_request"},
		"huge URL of no route":        {"GET", "/" + long, 414, "bad_request"},
		"publishing without push":     {"POST", "/v1/quotes", 503, "unavailable"},
		"publishing with a parameter": {"POST", "/v1/quotes?dry=1", 400, "bad_request"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := r.request(c.method, c.target, "")
			p := got.problem(t)
			if p.Status != c.status || p.Code != c.code || (p.Detail == "" && c.code != "not_found" && c.target != "/") {
				t.Errorf("%+v, want %d %s", p, c.status, c.code)
			}
			if len(got.body) > 500 || strings.ContainsAny(got.body, "\x00\x1b") {
				t.Errorf("what the client wrote comes back: %q", got.body)
			}
			if c.status == http.StatusMethodNotAllowed && got.header.Get("Allow") == "" {
				t.Error("no Allow")
			}
			if c.status == http.StatusUpgradeRequired && got.header.Get("Upgrade") != "websocket" {
				t.Error("no Upgrade")
			}
		})
	}
}

func TestHeadersOverTheLimitAreRefused(t *testing.T) {
	t.Parallel()
	r := overTCP(t)
	if got := r.get("/v1/symbols", "X-Large", strings.Repeat("x", 20<<10)); got.status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d", got.status)
	}
	if got := r.get("/v1/symbols", "X-Large", strings.Repeat("x", 10<<10)); got.status != http.StatusOK {
		t.Errorf("status %d", got.status)
	}
}

func TestSlowHeadersAreClosed(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		conn := r.begin(t, "GET /v1/ws HTTP/1.1\r\nHost: x\r\n")
		sleep(4 * 1000 * ms)
		if _, err := conn.Write([]byte("X-Slow: 1\r\n")); err != nil {
			t.Fatal(err)
		}
		sleep(2 * 1000 * ms)
		if _, err := conn.Write([]byte("X-Slow: 2\r\n")); err == nil {
			t.Error("the connection is still open")
		}
	})
}

func TestHeadWorksWhereGetDoes(t *testing.T) {
	t.Parallel()
	r := overTCP(t)
	r.quote("A", 1)
	for _, target := range []string{"/", "/v1/snapshot?symbols=A", "/v1/symbols"} {
		got, body := r.request(http.MethodHead, target, ""), r.get(target)
		if got.status != http.StatusOK || got.body != "" || body.body == "" ||
			got.header.Get("Content-Type") != body.header.Get("Content-Type") {
			t.Errorf("%s: %+v", target, got)
		}
	}
}

func TestTheDashboardIsAtTheRoot(t *testing.T) {
	t.Parallel()
	r := overTCP(t)
	if got := r.get("/"); got.status != http.StatusOK || !strings.Contains(got.body, "<html") {
		t.Errorf("%+v", got)
	}
}

func TestHandshakesThatAreWrongAreToldWhy(t *testing.T) {
	t.Parallel()
	r := overTCP(t)
	for name, c := range map[string]struct {
		headers []string
		status  int
	}{
		"no connection header": {[]string{"Connection", ""}, 426},
		"another upgrade":      {[]string{"Upgrade", "h2c"}, 426},
		"old version":          {[]string{"Sec-WebSocket-Version", "8"}, 400},
		"no version":           {[]string{"Sec-WebSocket-Version", ""}, 400},
		"no key":               {[]string{"Sec-WebSocket-Key", ""}, 400},
		"short key":            {[]string{"Sec-WebSocket-Key", "AAAA"}, 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, got := r.shake(c.headers...)
			if p := got.problem(t); p.Status != c.status || p.Detail == "" {
				t.Errorf("%+v", got)
			}
			if c.status == 400 && got.header.Get("Sec-Websocket-Version") != "13" {
				t.Error("the version that is spoken is not told")
			}
		})
	}
	if got := r.metric(`ticker_sessions{transport="websocket"}`); got != "0" {
		t.Errorf("%s sessions", got)
	}
}

func TestSubprotocolChoosesTheCodec(t *testing.T) {
	t.Parallel()
	r := overTCP(t)
	for name, c := range map[string]struct {
		headers []string
		codec   wire.Codec
		named   string
	}{
		"none":                    {nil, wire.JSON, ""},
		"unknown":                 {[]string{"Sec-WebSocket-Protocol", "mqtt"}, wire.JSON, ""},
		"JSON":                    {[]string{"Sec-WebSocket-Protocol", "ticker.v1.json"}, wire.JSON, "ticker.v1.json"},
		"MessagePack":             {[]string{"Sec-WebSocket-Protocol", "ticker.v1.msgpack"}, wire.MsgPack, "ticker.v1.msgpack"},
		"the first that is known": {[]string{"Sec-WebSocket-Protocol", "mqtt, ticker.v1.msgpack,ticker.v1.json"}, wire.MsgPack, "ticker.v1.msgpack"},
		"two headers": {
			[]string{"Sec-WebSocket-Protocol", "mqtt", "Sec-WebSocket-Protocol", "ticker.v1.msgpack"}, wire.MsgPack, "ticker.v1.msgpack",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, got := r.shake(c.headers...)
			client.t, client.codec = t, c.codec
			if got.header.Get("Sec-Websocket-Protocol") != c.named || got.status != http.StatusSwitchingProtocols {
				t.Fatalf("%+v", got)
			}
			if asWelcome(client.next()) == nil {
				t.Error("no welcome")
			}
		})
	}
}

func TestRequestBehindTheHandshakeIsNoMessage(t *testing.T) {
	t.Parallel()
	r := overTCP(t)
	conn, err := r.dial()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	const request = "GET /v1/ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	if _, err := conn.Write(append([]byte(request), frame(text, "{}")...)); err != nil {
		t.Fatal(err)
	}
	if b, err := bufio.NewReader(conn).ReadByte(); err == nil {
		t.Errorf("an answer that begins with %q to a client that did not wait for the handshake", b)
	}
	eventually(t, "its place is free again", func() bool {
		return r.metric(`ticker_sessions{transport="websocket"}`) == "0"
	})
}

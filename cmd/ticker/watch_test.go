package main

import (
	"bytes"
	"context"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ticker/client/clienttest"
	"ticker/market"
	"ticker/wire"
)

// playing runs a service that plays a script, and returns its address.
func playing(t *testing.T, script func(*clienttest.Conn)) string {
	t.Helper()
	server := httptest.NewServer(clienttest.Handler(script))
	t.Cleanup(server.Close)
	return server.URL
}

// recordsOf returns full records of the quotes.
func recordsOf(quotes ...market.Quote) []wire.Record {
	records := make([]wire.Record, len(quotes))
	for i, q := range quotes {
		records[i] = wire.Record{Quote: q, Set: q.Known.With(market.StatusField)}
	}
	return records
}

// grantWatch welcomes a client and grants its subscribe, which it returns. A table
// may have asked for the ledger before.
func grantWatch(c *clienttest.Conn, rejected ...wire.RejectedSymbol) *wire.Subscribe {
	c.Welcome()
	for {
		r, ok := c.Receive()
		if !ok {
			return &wire.Subscribe{}
		}
		if s, ok := r.Body.(*wire.Subscribe); ok {
			c.Answer(r, &wire.Subscribed{Interval: s.Interval, Subscribed: s.Symbols, Rejected: rejected})
			return s
		}
	}
}

// untilGone waits until the client has gone.
func untilGone(c *clienttest.Conn) {
	for {
		if _, ok := c.Receive(); !ok {
			return
		}
	}
}

// stopper is an output that calls stop after so many lines.
type stopper struct {
	bytes.Buffer
	lines int
	stop  func()
}

func (s *stopper) Write(p []byte) (int, error) {
	n, err := s.Buffer.Write(p)
	if s.lines -= bytes.Count(p, []byte("\n")); s.lines <= 0 {
		s.stop()
	}
	return n, err
}

// watching runs `ticker watch` with a plain output until it has written so
// many lines.
func watching(t *testing.T, lines int, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := stopper{lines: lines, stop: cancel}
	var errs bytes.Buffer
	code = run(ctx, &environment{
		args: append([]string{"watch"}, args...), environ: []string{"TICKER_TOKEN=secret"},
		stdin: strings.NewReader(""), stdout: &out, stderr: &errs,
	})
	return code, out.String(), errs.String()
}

func TestPlainWatchWritesALineForEachRecord(t *testing.T) {
	t.Parallel()
	asked, token := make(chan *wire.Subscribe, 1), make(chan string, 1)
	address := playing(t, func(c *clienttest.Conn) {
		token <- c.Request.Header.Get("Authorization")
		asked <- grantWatch(c)
		quotes := sampleQuotes(false)
		c.Quotes("c1", recordsOf(quotes[:3]...)...)
		c.Quotes("c2", recordsOf(quotes[3:]...)...)
		untilGone(c)
	})
	code, stdout, stderr := watching(t, 5, "--url", address, "--interval", "1s", "BTC-*", "AAPL", "MSFT", "HALT")
	want := `AAPL	1	2025-11-21T15:59:59.700000Z	live	300	189.98	190.01	200	189.99	51234567
BTC-EUR	1	2025-11-21T14:30:00.000000Z	stale:disconnected	-	56000	56001.5	-	-	-
BTC-USD	1	2025-11-21T15:59:58.000000Z	live	0.5	65432.10	65432.75	1.25	65432.50	1234.5678
HALT	1	2025-11-19T14:00:00.000000Z	halted	-	-	-	-	12.00	-
MSFT	1	2025-11-21T15:59:01.000000Z	live	100	415.00	415.20	400	415.10	20345678
`
	if diff := cmp.Diff(want, stdout); diff != "" || code != 0 || stderr != "" {
		t.Errorf("exit code %d, stderr %q, stdout (-want +got):\n%s", code, stderr, diff)
	}
	subscribe := &wire.Subscribe{Symbols: []string{"AAPL", "BTC-*", "HALT", "MSFT"}, Interval: 1e9, Fields: setOf(tabFieldNames[:])}
	if diff := cmp.Diff(subscribe, <-asked); diff != "" {
		t.Errorf("subscribe (-want +got):\n%s", diff)
	}
	if got := <-token; got != "Bearer secret" {
		t.Errorf("token is %q, want that of the environment", got)
	}
}

func TestPlainWatchComesBackAndSaysSo(t *testing.T) {
	t.Parallel()
	var once sync.Once
	address := playing(t, func(c *clienttest.Conn) {
		cut := false
		once.Do(func() { cut = true })
		grantWatch(c)
		if cut {
			c.Close(wire.CloseInternal)
			return
		}
		c.Quotes("c", recordsOf(sampleQuotes(false)[0])...)
		untilGone(c)
	})
	code, stdout, stderr := watching(t, 1, "--url", address, "AAPL")
	if code != 0 || !strings.HasPrefix(stdout, "AAPL\t") {
		t.Errorf("exit code %d, stdout %q", code, stdout)
	}
	lines := strings.Split(strings.TrimSpace(stderr), "\n")
	expect(t, "stderr", lines, []string{
		"ticker watch: no connection, trying again: closed by the service: 1011 internal error",
		"ticker watch: connected",
	})
}

func TestPlainWatchTellsOfRefusedSymbols(t *testing.T) {
	t.Parallel()
	address := playing(t, func(c *clienttest.Conn) {
		grantWatch(c, wire.RejectedSymbol{Symbol: "SECRET", Code: "forbid\x1b[31mden"})
		c.Quotes("c", recordsOf(sampleQuotes(false)[0])...)
		untilGone(c)
	})
	code, _, stderr := watching(t, 1, "--url", address, "AAPL", "SECRET")
	if want := "ticker watch: SECRET is refused (forbid[31mden)\n"; code != 0 || stderr != want {
		t.Errorf("exit code %d, stderr %q, want %q", code, stderr, want)
	}
}

func TestWatchEndsWhenThereIsNothingToWatch(t *testing.T) {
	t.Parallel()
	for want, script := range map[string]func(*clienttest.Conn){
		"ticker: nothing to watch: SECRET is refused (forbidden)\n": func(c *clienttest.Conn) {
			grantWatch(c, wire.RejectedSymbol{Symbol: "SECRET", Code: wire.CodeForbidden})
			untilGone(c)
		},
		"ticker: subscribe: too_many_symbols: refused by the test\n": func(c *clienttest.Conn) {
			c.Welcome()
			r, _ := c.Receive()
			c.Refuse(r, wire.CodeTooManySymbols)
			untilGone(c)
		},
		"ticker: closed by the service: 4101 unauthorized\n": func(c *clienttest.Conn) {
			c.Welcome()
			c.Close(wire.CloseUnauthorized)
		},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := watching(t, 1, "--url", playing(t, script), "SECRET")
			if code != 1 || stdout != "" || stderr != want {
				t.Errorf("exit code %d, stdout %q, stderr %q, want 1 and %q", code, stdout, stderr, want)
			}
		})
	}
}

func TestPlainWatchEndsQuietlyWhenNobodyReads(t *testing.T) {
	t.Parallel()
	address := playing(t, func(c *clienttest.Conn) {
		grantWatch(c)
		c.Quotes("c", recordsOf(sampleQuotes(false)...)...)
		untilGone(c)
	})
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = writer.Close() }()
	var stderr bytes.Buffer
	code := run(t.Context(), &environment{
		args: []string{"watch", "--url", address, "*"}, stdin: strings.NewReader(""), stdout: writer, stderr: &stderr,
	})
	if code != 0 || stderr.Len() > 0 {
		t.Errorf("exit code %d, stderr %q, want 0 and silence", code, &stderr)
	}
}

// full is an output that fails.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

func TestPlainWatchThatCannotWriteFails(t *testing.T) {
	t.Parallel()
	address := playing(t, func(c *clienttest.Conn) {
		grantWatch(c)
		c.Quotes("c", recordsOf(sampleQuotes(false)...)...)
		untilGone(c)
	})
	var stderr bytes.Buffer
	code := run(t.Context(), &environment{
		args: []string{"watch", "--url", address, "*"}, stdin: strings.NewReader(""), stdout: full{}, stderr: &stderr,
	})
	if want := "ticker: no space left on device\n"; code != 1 || stderr.String() != want {
		t.Errorf("exit code %d, stderr %q, want 1 and %q", code, &stderr, want)
	}
}

func TestMistakesOfClientCommandsExit2(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"watch takes at least one SYMBOL":                    {"watch"},
		"snapshot takes at least one SYMBOL":                 {"snapshot", "--at", "0"},
		`no symbol "btc-usd": pattern must be`:               {"watch", "BTC-USD", "btc-usd"},
		`no symbol "A*B": pattern must be`:                   {"snapshot", "A*B"},
		"--interval must be above 0, and is -1s":             {"watch", "--interval", "-1s", "A"},
		`invalid argument "soon" for "--interval"`:           {"watch", "--interval", "soon", "A"},
		`--url: read URL "host:8080": it must begin with`:    {"watch", "--url", "host:8080", "A"},
		`--url: read URL "http://": it must name a host`:     {"snapshot", "--url", "http://", "A"},
		`--at "noon": not an RFC 3339 time`:                  {"snapshot", "--at", "noon", "A"},
		"unknown flag: --colour (see `ticker watch -h`)":     {"watch", "--colour", "A"},
		"unknown flag: --colour (see `ticker snapshot -h`)":  {"snapshot", "--colour", "A"},
		"--interval must be above 0, and is 0s":              {"watch", "--interval", "0s", "A"},
		`no symbol "\x1b[2J": pattern must be a symbol, or `: {"watch", "\x1b[2J"},
		`invalid argument "xml" for "--format" flag: must`:   {"watch", "--format", "xml", "A"},
		`--fields: no field "price"`:                         {"watch", "--fields", "bid,price", "A"},
		"--format table wants a terminal, or --once":         {"watch", "--format", "table", "A"},
	} {
		code, stdout, stderr := program(t, nil, args...)
		if code != 2 || stdout != "" || !strings.HasPrefix(stderr, "ticker: "+want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%q exits with %d, stdout %q, stderr %q, want 2 and %q", args, code, stdout, stderr, want)
		}
	}
}

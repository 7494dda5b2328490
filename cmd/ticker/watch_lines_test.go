package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ticker/client/clienttest"
	"ticker/market"
	"ticker/wire"
)

// strangeRecord is one with all that a service could have made up.
func strangeRecord() wire.Record {
	quote := sampleQuotes(false)[1]
	quote.Source, quote.TS = "a\x1b[2J\u202e,\"b\"", 7
	r := recordsOf(quote)[0]
	r.Set = r.Set.With(market.SourceField)
	return r
}

func TestWatchWritesTheFormatThatWasAskedFor(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"--format json": `{"symbol":"BTC-EUR","seq":1,"bid":56000,"ask":56001.5,"ts":7,"recv":1763735400000000,` +
			`"source":"a\u001b[2J\u202e,\"b\"","status":"stale","reason":"disconnected"}` + "\n",
		"--format csv": "symbol,seq,bid,bidSize,ask,askSize,last,lastSize,open,high,low,volume,ts,recv,source,status,reason\n" +
			"BTC-EUR,1,56000,,56001.5,,,,,,,,7,1763735400000000,\"a[2J,\"\"b\"\"\",stale,disconnected\n",
		"--format csv --fields last,bid,last": "symbol,seq,last,bid,ts,recv,source,status,reason\n" +
			"BTC-EUR,1,,56000,7,1763735400000000,\"a[2J,\"\"b\"\"\",stale,disconnected\n",
		"--format json --fields ask": `{"symbol":"BTC-EUR","seq":1,"ask":56001.5,"ts":7,"recv":1763735400000000,` +
			`"source":"a\u001b[2J\u202e,\"b\"","status":"stale","reason":"disconnected"}` + "\n",
		"--format tab --fields ask,last": "BTC-EUR\t1\t2025-11-21T14:30:00.000000Z\tstale:disconnected\t56001.5\t-\n",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			address := playing(t, func(c *clienttest.Conn) {
				grantWatch(c)
				c.Quotes("c", strangeRecord())
				untilGone(c)
			})
			code, stdout, stderr := watching(t, strings.Count(want, "\n"), append(strings.Fields(args), "--url", address, "BTC-*")...)
			expect(t, "stdout", stdout, want)
			if code != 0 || stderr != "" {
				t.Errorf("exit code %d, stderr %q", code, stderr)
			}
		})
	}
}

func TestLinesHoldTheDigitsThatCameIn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := market.NewDecimal(rapid.Int64().Draw(t, "coefficient"), uint8(rapid.IntRange(0, 38).Draw(t, "scale")))
		r := wire.Record{Quote: market.Quote{Symbol: "A", Seq: 3, Known: 1 << market.Last}}
		r.Values[market.Last] = d
		var objects, cells, tabs bytes.Buffer
		for format, out := range map[watchFormat]*bytes.Buffer{asJSON: &objects, asCSV: &cells, asTab: &tabs} {
			l := newLines(out, format, []market.Field{market.Last})
			l.write(&r)
			if err := l.flush(); err != nil {
				t.Fatal(err)
			}
		}
		var object struct{ Last json.Number }
		if err := json.Unmarshal(objects.Bytes(), &object); err != nil || object.Last.String() != d.String() {
			t.Fatalf("%v is written %s", d, &objects)
		}
		if rows, err := csv.NewReader(&cells).ReadAll(); err != nil || rows[1][2] != d.String() {
			t.Fatalf("%v is written %v, %v", d, rows, err)
		}
		if !strings.HasSuffix(tabs.String(), "\t"+d.String()+"\n") {
			t.Fatalf("%v is written %s", d, &tabs)
		}
	})
}

func TestOnceWritesWhatIsKnownAndExits(t *testing.T) {
	t.Parallel()
	const body = `{"cursor":"c","quotes":[{"symbol":"A","seq":4,"bid":1.50,"last":2,"open":1,"recv":2,"status":"live"},` +
		`{"symbol":"B","seq":9,"last":3,"recv":2,"status":"stale","reason":"silent"}]}`
	for args, want := range map[string]string{
		"":                           "A\t4\t1970-01-01T00:00:00.000002Z\tlive\t-\t1.50\t-\t-\t2\t-\nB\t9\t1970-01-01T00:00:00.000002Z\tstale:silent\t-\t-\t-\t-\t3\t-\n",
		"--format json --fields bid": `{"symbol":"A","seq":4,"bid":1.50,"recv":2,"status":"live"}` + "\n" + `{"symbol":"B","seq":9,"recv":2,"status":"stale","reason":"silent"}` + "\n",
		"--format csv --fields bid":  "symbol,seq,bid,ts,recv,source,status,reason\nA,4,1.50,,2,,live,\nB,9,,,2,,stale,silent\n",
	} {
		address, _ := answeringHTTP(t, 200, body)
		code, stdout, stderr := program(t, nil, append([]string{"watch", "--once", "--url", address, "A", "B"}, strings.Fields(args)...)...)
		expect(t, "stdout of "+args, stdout, want)
		if code != 0 || stderr != "" {
			t.Errorf("%s: exit code %d, stderr %q", args, code, stderr)
		}
	}
	address, _ := answeringHTTP(t, 200, body)
	_, stdout, _ := program(t, nil, "watch", "--once", "--format", "table", "--fields", "last", "--url", address, "A", "B", "C")
	for row, want := range []string{"symbol last vs open % age status reason", "A 2.00 +1.00 +100.00", "~ B 3", "… C pending"} {
		got := strings.Join(strings.Fields(strings.Split(stdout, "\n")[row]), " ")
		if !strings.HasPrefix(got, want) {
			t.Errorf("line %d is %q, want it to begin with %q", row, got, want)
		}
	}
}

func TestOnceThatFindsNothingFails(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]struct {
		status int
		body   string
	}{
		"ticker: no record of A\n":                {200, `{"cursor":"c","quotes":[]}`},
		"ticker: get snapshot: 404 Not Found\n":   {404, "<html>"},
		"ticker: get snapshot: forbidden: no[m\n": {403, `{"status":403,"detail":"no\u001b[m","code":"forbidden"}`},
	} {
		address, _ := answeringHTTP(t, c.status, c.body)
		code, stdout, stderr := program(t, nil, "watch", "--once", "--url", address, "A")
		if code != 1 || stdout != "" || stderr != want {
			t.Errorf("exit code %d, stdout %q, stderr %q, want 1 and %q", code, stdout, stderr, want)
		}
	}
}

func TestAddressThatIsNoServiceIsToldInOneLine(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	code, stdout, stderr := watching(t, 1, "--url", server.URL, "A")
	if code != 1 || stdout != "" || !strings.HasSuffix(stderr, ": 404 Not Found\n") || strings.Count(stderr, "\n") != 1 {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
}

func TestReasonOfALossIsToldOnce(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	notes := stopper{lines: 3, stop: cancel}
	s := stream{notes: &notes}
	for _, reason := range []string{"refused", "refused", "refused\x1b[2J", ""} {
		s.state(lossOf(reason))
	}
	expect(t, "notes", notes.String(), "ticker watch: no connection, trying again: refused\n"+
		"ticker watch: no connection, trying again: refused[2J\nticker watch: connected\n")
	<-ctx.Done()
}

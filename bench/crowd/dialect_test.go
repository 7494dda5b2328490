package crowd

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"ticker/bench"
	"ticker/market"
	"ticker/wire"
)

// newTestDialect returns what a client speaks that reads every record in full.
func newTestDialect(t testing.TB, name bench.Dialect, change func(*bench.Load)) dialect {
	t.Helper()
	j := job(name, "ws://127.0.0.1", 1)
	if change != nil {
		change(&j.Load)
	}
	d, err := newDialect(j, 0)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func mustHear(t testing.TB, d dialect, message string, into *delivery) {
	t.Helper()
	if err := d.hear([]byte(message), into); err != nil {
		t.Fatalf("hear %.60q: %v", message, err)
	}
}

func expectFault(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || kindOf(err) != want {
		t.Errorf("error is %v, want %s", err, want)
	}
}

func TestSubscribeAsksForWhatTheLoadSays(t *testing.T) {
	t.Parallel()
	d := newTestDialect(t, bench.Ticker, func(l *bench.Load) { l.Delta = true })
	var got map[string]any
	if err := json.Unmarshal(d.greeting(), &got); err != nil {
		t.Fatal(err)
	}
	load := job(bench.Ticker, "", 1).Load
	names := load.SubscriptionsOf(0)
	expect(t, "subscribe", got, map[string]any{
		"type": "command", "id": "1", "action": "subscribe", "symbols": []any{names[0], names[1]},
		"interval": "100ms", "fields": []any{"bid", "bidSize", "ask", "askSize"}, "mode": "delta",
	})
}

func TestTickerCountsRecordsOfQuotesOnly(t *testing.T) {
	t.Parallel()
	for _, msgpack := range []bool{false, true} {
		d := newTestDialect(t, bench.Ticker, func(l *bench.Load) { l.MsgPack = msgpack })
		codec := d.(*tickerDialect).codec
		expect(t, "subprotocol", d.subprotocol(), codec.Subprotocol())
		var got delivery
		for _, m := range []wire.Message{
			&wire.Welcome{Session: "s", Heartbeat: time.Second},
			&wire.Quotes{Records: []wire.Record{quote("SYM0001", 1, 1<<40), quote("SYM0002", 1, 1<<41)}},
			&wire.Heartbeat{TS: 1 << 42},
			&wire.Pong{ID: "2", TS: 1 << 42},
			&wire.Draining{},
			&wire.Unknown{Type: "event", Channel: "news"},
		} {
			mustHear(t, d, string(codec.AppendMessage(nil, m)), &got)
		}
		expect(t, "times", got.times, []int64{1 << 40, 1 << 41})
		if got.confirmed {
			t.Error("confirmed without an answer")
		}
		answer := &wire.Response{ID: "1", Result: &wire.Subscribed{Interval: 100 * ms, Subscribed: []string{"SYM0001"}}}
		mustHear(t, d, string(codec.AppendMessage(nil, answer)), &got)
		if !got.confirmed {
			t.Error("not confirmed by the answer")
		}
	}
}

func TestClientRefusesToMeasureWhatWasNotAskedFor(t *testing.T) {
	t.Parallel()
	granted := func(s *wire.Subscribed) string {
		return string(wire.JSON.AppendMessage(nil, &wire.Response{ID: "1", Result: s}))
	}
	for name, c := range map[string]struct {
		dialect       bench.Dialect
		message, want string
	}{
		"an error": {bench.Ticker, `{"type":"error","id":"1","code":"too_many_symbols","message":"x"}`, "refused: too_many_symbols"},
		"a rejected symbol": {
			bench.Ticker, granted(&wire.Subscribed{Rejected: []wire.RejectedSymbol{{Symbol: "a", Code: wire.CodeBadSymbol}}}),
			"refused: bad_symbol",
		},
		"another interval":   {bench.Ticker, granted(&wire.Subscribed{Interval: time.Second}), "refused: interval 1s granted"},
		"no result":          {bench.Ticker, `{"type":"response","id":"1"}`, "unreadable message"},
		"no JSON":            {bench.Ticker, `quotes`, "unreadable message"},
		"quotes of garbage":  {bench.Ticker, quotesHead + `,"quotes":[{"ts":12,]}`, "unreadable message"},
		"a centrifuge error": {bench.Centrifuge, `{"id":2,"error":{"code":106,"message":"limit exceeded"}}`, "refused: 106 limit exceeded"},
		"centrifuge garbage": {bench.Centrifuge, "{}\nquotes", "unreadable message"},
		"a push of garbage":  {bench.Centrifuge, `{"push":{"pub":{"data":{"ts":12,}}}}`, "unreadable message"},
		"a push of no quote": {bench.Centrifuge, `{"push":{"pub":{"data":["ts":12]}}}`, "unreadable message"},
		"a NATS error":       {bench.NATS, "-ERR 'Maximum Connections Exceeded'\r\n", "refused: 'Maximum Connections Exceeded'"},
		"no NATS":            {bench.NATS, "HELLO\r\n", "message that is no NATS"},
		"no size":            {bench.NATS, "MSG SYM0001 1 x\r\n", "message that is no NATS"},
		"no arguments":       {bench.NATS, "MSG\r\n", "message that is no NATS"},
		"an absurd size":     {bench.NATS, "MSG SYM0001 1 999999999\r\n", "message that is no NATS"},
		"a line without end": {bench.NATS, strings.Repeat("x", maxMessage+1), "message too long"},
		"a record of noise":  {bench.NATS, "MSG SYM0001 1 2\r\n,,\r\n", "unreadable message"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expectFault(t, newTestDialect(t, c.dialect, nil).hear([]byte(c.message), new(delivery)), c.want)
		})
	}
}

func TestCentrifugeConversation(t *testing.T) {
	t.Parallel()
	d := newTestDialect(t, bench.Centrifuge, nil)
	load := job(bench.Centrifuge, "", 1).Load
	names := load.SubscriptionsOf(0)
	expect(t, "greeting", string(d.greeting()), `{"id":1,"connect":{}}`+
		"\n"+`{"id":2,"subscribe":{"channel":"`+names[0]+`"}}`+"\n"+`{"id":3,"subscribe":{"channel":"`+names[1]+`"}}`)

	var got delivery
	mustHear(t, d, `{"id":1,"connect":{"client":"c","ping":25,"pong":true}}`+"\n"+`{"id":2,"subscribe":{}}`, &got)
	if got.confirmed {
		t.Error("confirmed before the last reply")
	}
	mustHear(t, d, `{"id":3,"subscribe":{}}`+"\n", &got)
	if !got.confirmed {
		t.Error("not confirmed by the last reply")
	}
	push := func(seq uint64, ts int64) string {
		return fmt.Sprintf(`{"push":{"channel":"SYM0001","pub":{"data":%s,"offset":%d}}}`, recordOf("SYM0001", seq, ts), seq)
	}
	mustHear(t, d, push(1, 11)+"\n"+push(2, 12)+"\n"+`{"push":{"channel":"SYM0001","join":{}}}`, &got)
	mustHear(t, d, push(2, 13), &got)
	expect(t, "times", got.times, []int64{11, 12, 13})
	expect(t, "checked and disorder", []uint64{got.checked, got.disorder}, []uint64{3, 1})
	expect(t, "answer before a ping", string(got.answer), "")
	mustHear(t, d, "{}\n{}", &got)
	expect(t, "answer to a ping", string(got.answer), "{}")
}

func TestPatternIsEverySymbolWhereThereAreNoPatterns(t *testing.T) {
	t.Parallel()
	all := func(l *bench.Load) { l.Subscriptions, l.Symbols = 0, 3 }
	for name, want := range map[bench.Dialect][]string{
		bench.Centrifuge: {`"channel":"SYM0001"`, `"channel":"SYM0002"`, `"channel":"SYM0003"`},
		bench.NATS:       {"\r\nSUB * 1\r\nPING\r\n"},
		bench.Ticker:     {`"symbols":["*"]`},
	} {
		greeting := newTestDialect(t, name, all).greeting()
		for _, part := range want {
			if !bytes.Contains(greeting, []byte(part)) {
				t.Errorf("%s says %q without %s", name, greeting, part)
			}
		}
	}
}

// natsStream is a server's side of a conversation with two records.
func natsStream() string {
	message := func(name market.Symbol, ts int64) string {
		record := recordOf(name, 1, ts)
		return fmt.Sprintf("MSG %s 1 %d\r\n%s\r\n", name, len(record), record)
	}
	return "INFO {\"server_id\":\"x\"}\r\n+OK\r\nPONG\r\n" + message("SYM0001", 11) + "PING\r\n" + message("SYM0002", 12) +
		"MSG SYM0003 1 reply.to 2\r\n{}\r\n"
}

func TestNATSMayBeSplitAnywhere(t *testing.T) {
	t.Parallel()
	stream := natsStream()
	for at := range len(stream) {
		d := newTestDialect(t, bench.NATS, nil)
		var got delivery
		mustHear(t, d, stream[:at], &got)
		mustHear(t, d, stream[at:], &got)
		want := delivery{times: []int64{11, 12}, checked: 3, confirmed: true, answer: []byte("PONG\r\n")}
		if !got.confirmed || string(got.answer) != "PONG\r\n" || got.checked != want.checked {
			t.Fatalf("split at %d: %+v", at, got)
		}
		expect(t, "times", got.times, want.times)
	}
}

func TestNATSConversation(t *testing.T) {
	t.Parallel()
	d := newTestDialect(t, bench.NATS, nil)
	load := job(bench.NATS, "", 1).Load
	names := load.SubscriptionsOf(0)
	connect, rest, _ := strings.Cut(string(d.greeting()), "\r\n")
	expect(t, "greeting", rest, "SUB "+names[0]+" 1\r\nSUB "+names[1]+" 2\r\nPING\r\n")
	if options, ok := strings.CutPrefix(connect, "CONNECT "); !ok || !json.Valid([]byte(options)) {
		t.Errorf("connects with %s", connect)
	}
}

// FuzzDialects checks that nothing a server says does more than end the
// connection, whatever the dialect and wherever it is split.
func FuzzDialects(f *testing.F) {
	f.Add(natsStream(), 40)
	f.Add(`{"push":{"channel":"A","pub":{"data":`+recordOf("A", 1, 2)+`}}}`+"\n{}", 3)
	f.Add(quotesHead+`,"cursor":"","quotes":[`+recordOf("A", 1, 2)+`]}`, 0)
	f.Add("MSG a 1 5\r\nx\r\n", 12)
	f.Fuzz(func(t *testing.T, stream string, at int) {
		at = min(max(at, 0), len(stream))
		for _, name := range []bench.Dialect{bench.Ticker, bench.Centrifuge, bench.NATS} {
			d, got := newTestDialect(t, name, nil), delivery{}
			err := d.hear([]byte(stream[:at]), &got)
			if err == nil {
				err = d.hear([]byte(stream[at:]), &got)
			}
			var named fault
			if err != nil && !errors.As(err, &named) {
				t.Errorf("%s: %v is no fault with a name", name, err)
			}
			if n := len(got.times) * len(`ts":0`); n > len(stream) {
				t.Errorf("%s: %d times in %d bytes", name, len(got.times), len(stream))
			}
		}
	})
}

func TestInspectorFindsRecordsThatAreNoNewer(t *testing.T) {
	t.Parallel()
	i, d := newInspector(300), new(delivery)
	for _, records := range [][]wire.Record{
		{quote("A", 5, 1), quote("B", 1, 1)},
		{quote("A", 9, 1), quote("B", 1, 1)}, // B repeats
		{quote("A", 8, 1), quote("B", 2, 1)}, // A goes back
		{quote("A", 9, 1), quote("B", 3, 1)},
	} {
		event := wire.JSON.AppendMessage(nil, &wire.Quotes{Records: records})
		if err := i.event(wire.JSON, event, d); err != nil {
			t.Fatal(err)
		}
	}
	expect(t, "checked and disorder", []uint64{d.checked, d.disorder}, []uint64{8, 2})
	if newInspector(301) != nil {
		t.Error("client 301 reads every record in full")
	}
}

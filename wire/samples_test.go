package wire

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ticker/market"
)

func bothCodecs() []Codec { return []Codec{JSON, MsgPack} }

// sameValues compares messages and requests, numbers by their digits.
func sameValues() cmp.Option {
	return cmp.Options{
		cmpopts.EquateEmpty(),
		cmpopts.IgnoreUnexported(Response{}),
		cmp.Comparer(func(a, b market.Decimal) bool { return a.String() == b.String() }),
		cmp.Comparer(func(a, b market.Total) bool { return a.String() == b.String() }),
	}
}

func decimal(tb testing.TB, text string) market.Decimal {
	tb.Helper()
	d, err := market.ParseDecimal(text)
	if err != nil {
		tb.Fatalf("ParseDecimal(%q): %v", text, err)
	}
	return d
}

func total(tb testing.TB, text string) (t market.Total) {
	tb.Helper()
	t.Add(decimal(tb, text))
	return t
}

// sampleQuote returns a quote with every field known.
func sampleQuote(tb testing.TB) market.Quote {
	tb.Helper()
	q := market.Quote{
		Symbol: "BTC-USD", Seq: 123456, Known: market.AllValues,
		TS: 1763740800000000, Recv: 1763740800000412,
		Source: "coinbase", Status: market.Stale, Reason: market.Silent,
	}
	for f, text := range []string{
		"189.98", "300", "190.01", "200.5", "190.00", "0.00000001",
		"-37.63", "191.2", "-40", "12345678901234567890.123456789012345678",
	} {
		q.Values[f] = decimal(tb, text)
	}
	return q
}

// topOfBook holds the fields of the record in the protocol's own example.
const topOfBook = 1<<market.Bid | 1<<market.BidSize | 1<<market.Ask | 1<<market.AskSize

// sampleRecords returns a full record, one with few fields, and one whose
// envelope holds no trade.
func sampleRecords(tb testing.TB) []Record {
	tb.Helper()
	full := Record{Quote: sampleQuote(tb), Set: market.AllFields, Envelope: &market.Envelope{
		High: decimal(tb, "190.01"), Low: decimal(tb, "189.5"), Trades: 3, Volume: total(tb, "1200.75"),
	}}
	few := Record{Set: topOfBook, Quote: market.Quote{
		Symbol: "AAPL", Seq: 42, Known: topOfBook, Recv: 1763740800000412,
	}}
	for f := range market.Last {
		few.Values[f] = full.Values[f]
	}
	live := Record{
		Quote:    market.Quote{Symbol: "X", Seq: 1, TS: 1763740800000000, Recv: 1763740800000001},
		Set:      market.Fields(0).With(market.StatusField),
		Envelope: &market.Envelope{},
	}
	return []Record{full, few, live}
}

type messageSample struct {
	name    string
	message Message
}

func sampleMessages(tb testing.TB) []messageSample {
	tb.Helper()
	samples := []messageSample{
		{"quotes", &Quotes{Cursor: "e1.42", Records: sampleRecords(tb)}},
		{"quotes_empty", &Quotes{Cursor: "e1.42"}},
		{"quotes_widened", &Quotes{Cursor: "e1.42", Widened: 4, Records: sampleRecords(tb)}},
		{"welcome", &Welcome{
			Session: "s1", Epoch: "e1", Heartbeat: 15 * time.Second,
			Interval: Intervals{Default: 100 * time.Millisecond, Min: 20 * time.Millisecond, Max: time.Minute},
			Limits:   Limits{Symbols: 1000, MessageBytes: 65536, CommandsPerSecond: 20, CommandBurst: 50},
		}},
		{"heartbeat", &Heartbeat{TS: 1763740815000000, Cursor: "e1.42"}},
		{"draining", &Draining{ReconnectAfter: 1700 * time.Millisecond}},
		{"expiring", &Expiring{In: 30 * time.Second}},
		{"expired", &Expired{}},
		{"removed", &Removed{Symbols: []string{"AAPL", "BTC-*"}, Code: CodeForbidden}},
		{"error", &Error{ID: "7", Code: CodeBadRequest, Message: "from must be before to"}},
		{"error_no_id", &Error{Code: CodeBadMessage, Message: `a "quote", a \ and` + "\x00\x1b\u00e9"}},
		{"pong", &Pong{ID: "11", TS: 1763740815000000}},
	}
	for _, r := range sampleResults(tb) {
		samples = append(samples, messageSample{"response_" + r.name, &Response{ID: "2", Result: r.result}})
	}
	return samples
}

type resultSample struct {
	name         string
	result, into Result
}

func sampleResults(tb testing.TB) []resultSample {
	tb.Helper()
	return []resultSample{
		{"subscribed", &Subscribed{
			Interval: 250 * time.Millisecond, Subscribed: []string{"AAPL", "BTC-*"}, Pending: []string{"XYZ"},
			Rejected: []RejectedSymbol{{"bad symbol", CodeBadSymbol}, {"\x1b[2J\u202e", CodeBadSymbol}},
		}, &Subscribed{}},
		{"subscribed_empty", &Subscribed{Interval: time.Minute}, &Subscribed{}},
		{"unsubscribed", &Unsubscribed{Subscribed: []string{"AAPL"}}, &Unsubscribed{}},
		{"configured", &Configured{Bandwidth: 65536}, &Configured{}},
		{
			"authenticated",
			&Authenticated{Sub: "desk-1", Expires: time.Date(2026, 11, 20, 14, 30, 0, 0, time.UTC)}, &Authenticated{},
		},
		{"authenticated_for_good", &Authenticated{Sub: "desk-1"}, &Authenticated{}},
		{"published", &Published{
			Accepted: 2, Rejected: []RejectedQuote{{Line: 3, Code: CodeBadSymbol, Message: "lower case"}},
		}, &Published{}},
		{"snapshot", &QuoteList{Cursor: "e1.42", Records: sampleRecords(tb)}, &QuoteList{}},
		{"history", &QuoteList{Records: sampleRecords(tb)[1:2], Next: "p2"}, &QuoteList{}},
		{"candles", &Candles{Candles: []market.Candle{{TS: 1763740800000000, Bar: market.Bar{
			Open: decimal(tb, "1.5"), Close: decimal(tb, "2"), Envelope: market.Envelope{
				High: decimal(tb, "2.25"), Low: decimal(tb, "-1"), Volume: total(tb, "100.001"), Trades: 7,
			},
		}}}}, &Candles{}},
		{"symbols", &SymbolList{Symbols: []string{"AAPL", "MSFT"}, Next: "MSFT"}, &SymbolList{}},
		{"ledger", &Ledger{
			Produced: 1200, Delivered: 300, Conflated: 890, Pending: 10, Frames: 40, Bytes: 91234,
			Age: Ages{P50: 900, P99: 51000},
		}, &Ledger{}},
	}
}

type requestSample struct {
	name    string
	request Request
}

func sampleRequests() []requestSample {
	span := Span{Symbol: "AAPL", From: 1763740800000000, To: 1763744400000000}
	samples := []requestSample{
		{"auth", Request{Body: &Auth{Token: "a.b.c"}}},
		{"subscribe", Request{Body: &Subscribe{Symbols: []string{"AAPL", "BTC-*"}}}},
		{"subscribe_options", Request{Body: &Subscribe{
			Symbols: []string{"AAPL"}, Interval: 250 * time.Millisecond, Fields: topOfBook,
			Delta: true, Envelope: true, Since: "e1.42",
		}}},
		{"unsubscribe", Request{Body: &Unsubscribe{Symbols: []string{"AAPL"}}}},
		{"configure", Request{Body: &Configure{Bandwidth: 65536}}},
		{"publish", Request{Body: &Publish{Quotes: [][]byte{
			[]byte(`{"symbol":"AAPL","bid":"189.98","ts":1763740800000000}`), []byte(`{"symbol":"MSFT","last":5}`),
		}}}},
		{"snapshot", Request{Body: &SnapshotQuery{Symbols: []string{"AAPL"}, At: 1763740800000000}}},
		{"history", Request{Body: &HistoryQuery{Span: span, Limit: 500, Page: "p2"}}},
		{"candles", Request{Body: &CandlesQuery{Span: span, Step: time.Minute}}},
		{"symbols", Request{Body: &SymbolsQuery{Prefix: "BTC", Limit: 50, Page: "p2"}}},
		{"session", Request{Body: &SessionQuery{}}},
		{"ping", Request{Body: &Ping{}}},
	}
	for i := range samples {
		samples[i].request.ID = "1"
	}
	return samples
}

// sampleLimits are the limits that tests parse requests with.
func sampleLimits() Limits { return Limits{Symbols: 1000} }

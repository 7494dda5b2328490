package wire

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ticker/market"
)

func TestMessagesReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	for _, s := range sampleMessages(t) {
		for _, c := range bothCodecs() {
			got, err := c.ParseMessage(c.AppendMessage(nil, s.message))
			if r, ok := got.(*Response); ok {
				r.Result = s.message.(*Response).Result // decoded by the test of results
			}
			if diff := cmp.Diff(s.message, got, sameValues()); err != nil || diff != "" {
				t.Errorf("%s in %s: %v (-want +got):\n%s", s.name, c.Subprotocol(), err, diff)
			}
		}
	}
}

func TestResultsReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	for _, c := range bothCodecs() {
		for _, s := range sampleResults(t) {
			m, err := c.ParseMessage(c.AppendMessage(nil, &Response{ID: "2", Result: s.result}))
			if err != nil {
				t.Fatalf("%s: %v", s.name, err)
			}
			if err := m.(*Response).Decode(s.into); err != nil {
				t.Fatalf("%s: %v", s.name, err)
			}
			if diff := cmp.Diff(s.result, s.into, sameValues()); diff != "" {
				t.Errorf("%s in %s (-want +got):\n%s", s.name, c.Subprotocol(), diff)
			}
		}
	}
}

func TestResultStandsByItselfAsAnHTTPAnswer(t *testing.T) {
	t.Parallel()
	for _, s := range sampleResults(t) {
		if err := JSON.ParseResult(JSON.AppendResult(nil, s.result), s.into); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		if diff := cmp.Diff(s.result, s.into, sameValues()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", s.name, diff)
		}
	}
}

func TestRequestsReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	for _, s := range sampleRequests() {
		for _, c := range bothCodecs() {
			got, err := c.ParseRequest(c.AppendRequest(nil, s.request), sampleLimits())
			if diff := cmp.Diff(s.request, got); err != nil || diff != "" {
				t.Errorf("%s in %s: %v (-want +got):\n%s", s.name, c.Subprotocol(), err, diff)
			}
		}
	}
}

func TestAnySubscribeReadsAsItWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := Request{
			ID: rapid.StringN(1, 16, MaxIDBytes).Draw(t, "id"),
			Body: &Subscribe{
				Symbols:  rapid.SliceOfN(rapid.String(), 1, 20).Draw(t, "symbols"),
				Interval: time.Duration(rapid.Int64Min(0).Draw(t, "interval")),
				Fields:   market.Fields(rapid.Uint16Range(0, uint16(market.AllValues)).Draw(t, "fields")),
				Delta:    rapid.Bool().Draw(t, "delta"),
				Envelope: rapid.Bool().Draw(t, "envelope"),
				Since:    rapid.StringN(0, 60, MaxCursorBytes).Draw(t, "since"),
			},
		}
		for _, c := range bothCodecs() {
			data := c.AppendRequest(nil, want)
			got, err := c.ParseRequest(data, sampleLimits())
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Fatalf("%s: %q: %v (-want +got):\n%s", c.Subprotocol(), data, err, diff)
			}
		}
	})
}

func drawDecimal(t *rapid.T, name string) market.Decimal {
	text := rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,17})?`).Draw(t, name)
	d, err := market.ParseDecimal(text)
	if err != nil {
		t.Fatalf("ParseDecimal(%q): %v", text, err)
	}
	return d
}

// drawQuote draws a quote that holds nothing but what is known.
func drawQuote(t *rapid.T, name string) market.Quote {
	q := market.Quote{
		Symbol: market.Symbol(rapid.StringMatching(`[A-Z0-9._:/-]{1,32}`).Draw(t, name+" symbol")),
		Seq:    rapid.Uint64().Draw(t, name+" seq"),
		TS:     rapid.Int64().Draw(t, name+" ts"),
		Recv:   rapid.Int64().Draw(t, name+" recv"),
		Source: rapid.String().Draw(t, name+" source"),
		Status: market.Status(rapid.IntRange(0, int(market.Halted)).Draw(t, name+" status")),
	}
	if q.Status == market.Stale {
		q.Reason = market.Reason(rapid.IntRange(0, int(market.Silent)).Draw(t, name+" reason"))
	}
	for f := range market.NumValues {
		if rapid.Bool().Draw(t, name+" knows") {
			q.Values[f], q.Known = drawDecimal(t, name+" value"), q.Known.With(f)
		}
	}
	return q
}

func drawEnvelope(t *rapid.T) *market.Envelope {
	if rapid.Bool().Draw(t, "no envelope") {
		return nil
	}
	e := new(market.Envelope)
	for range rapid.IntRange(0, 3).Draw(t, "trades") {
		e.Trade(drawDecimal(t, "price"), market.NewDecimal(rapid.Int64Min(0).Draw(t, "size"), 9))
	}
	return e
}

// narrowed returns what a record of q with that set must read as.
func narrowed(q market.Quote, set market.Fields, env *market.Envelope) Record {
	r := Record{Quote: q, Envelope: env, Set: set & q.Known & market.AllValues}
	r.Known = r.Set
	for f := range market.NumValues {
		if !r.Set.Has(f) {
			r.Values[f] = market.Decimal{}
		}
	}
	if set.Has(market.SourceField) && q.Source != "" {
		r.Set = r.Set.With(market.SourceField)
	} else {
		r.Source = ""
	}
	if set.Has(market.StatusField) {
		r.Set = r.Set.With(market.StatusField)
	} else {
		r.Status, r.Reason = market.Live, market.NoReason
	}
	return r
}

func TestAnyRecordReadsAsTheFieldsThatWereAskedFor(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		prefix := rapid.SliceOf(rapid.Byte()).Draw(t, "prefix")
		cursor := rapid.StringMatching(`[0-9a-z.]{0,256}`).Draw(t, "cursor")
		widened := rapid.SampledFrom([]int{0, 2, 8, 127}).Draw(t, "widened")
		var sent, want []Record
		for range rapid.IntRange(0, 4).Draw(t, "records") {
			q, env := drawQuote(t, "quote"), drawEnvelope(t)
			set := market.Fields(rapid.Uint16Range(0, uint16(market.AllFields)).Draw(t, "set"))
			sent = append(sent, Record{Quote: q, Set: set, Envelope: env})
			want = append(want, narrowed(q, set, env))
		}
		for _, c := range bothCodecs() {
			frame := appendFrame(c, prefix, &Quotes{Cursor: cursor, Widened: widened, Records: sent})
			got, err := c.ParseMessage(frame[len(prefix):])
			if err != nil {
				t.Fatalf("%s: %q: %v", c.Subprotocol(), frame, err)
			}
			if diff := cmp.Diff(&Quotes{Cursor: cursor, Widened: widened, Records: want}, got, sameValues()); diff != "" {
				t.Fatalf("%s: %q (-want +got):\n%s", c.Subprotocol(), frame, diff)
			}
		}
	})
}

// appendFrame puts an event together as the hot path does.
func appendFrame(c Codec, dst []byte, q *Quotes) []byte {
	start := len(dst)
	dst = c.OpenQuotes(dst, q.Cursor, q.Widened)
	for i := range q.Records {
		if i > 0 {
			dst = c.AppendSeparator(dst)
		}
		dst = c.AppendQuote(dst, &q.Records[i].Quote, q.Records[i].Set, q.Records[i].Envelope)
	}
	return c.CloseQuotes(dst, start, len(q.Records))
}

func TestHotPathWritesTheBytesOfTheMessage(t *testing.T) {
	t.Parallel()
	for _, c := range bothCodecs() {
		for _, cursor := range []string{"", "e1.42", strings.Repeat("x", 31), strings.Repeat("x", 32), strings.Repeat("x", 256)} {
			for _, widened := range []int{0, 2, 127} {
				q := &Quotes{Cursor: cursor, Widened: widened, Records: sampleRecords(t)}
				want := c.AppendMessage([]byte("before"), q)
				if got := appendFrame(c, []byte("before"), q); string(got) != string(want) {
					t.Errorf("%s, cursor of %d bytes, widened by %d:\ngot  %q\nwant %q", c.Subprotocol(), len(cursor), widened, got, want)
				}
			}
		}
		h := &Heartbeat{TS: 1763740815000000, Cursor: "e1.42"}
		if got, want := c.AppendHeartbeat(nil, h.TS, h.Cursor), c.AppendMessage(nil, h); string(got) != string(want) {
			t.Errorf("%s: got %q, want %q", c.Subprotocol(), got, want)
		}
	}
}

// changed returns the fields in which two records differ.
func changed(a, b *market.Quote) (set market.Fields) {
	for f := range market.NumValues {
		if b.Known.Has(f) && (!a.Known.Has(f) || !a.Values[f].Equal(b.Values[f])) {
			set = set.With(f)
		}
	}
	if a.Status != b.Status || a.Reason != b.Reason {
		set = set.With(market.StatusField)
	}
	if a.Source != b.Source {
		set = set.With(market.SourceField)
	}
	return set
}

func TestMergedDeltasGiveTheFullRecord(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom(bothCodecs()).Draw(t, "codec")
		var held, server market.Quote
		for range rapid.IntRange(1, 5).Draw(t, "updates") {
			next := drawQuote(t, "update")
			next.Source += "x" // a feed has a name
			for f := range market.NumValues {
				if !next.Known.Has(f) {
					next.Values[f] = server.Values[f]
				}
			}
			next.Known |= server.Known
			if next.TS == 0 {
				next.TS = server.TS
			}
			m, err := c.ParseMessage(appendFrame(c, nil, &Quotes{Records: []Record{{Quote: next, Set: changed(&server, &next)}}}))
			if err != nil {
				t.Fatal(err)
			}
			m.(*Quotes).Records[0].MergeInto(&held)
			server = next
			if diff := cmp.Diff(server, held, cmp.Comparer(market.Decimal.Equal)); diff != "" {
				t.Fatalf("(-server +client):\n%s", diff)
			}
		}
	})
}

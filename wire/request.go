package wire

import (
	"time"

	"ticker/market"
)

// The types of request, and their actions and resources.
const (
	typeCommand = "command"
	typeQuery   = "query"
	typePing    = "ping"

	actionAuth        = "auth"
	actionSubscribe   = "subscribe"
	actionUnsubscribe = "unsubscribe"
	actionConfigure   = "configure"
	actionPublish     = "publish"

	resourceSnapshot = "snapshot"
	resourceHistory  = "history"
	resourceCandles  = "candles"
	resourceSymbols  = "symbols"
	resourceSession  = "session"
)

// Request is what a client sends: a command, a query or a ping.
type Request struct {
	// ID is the client's own, 1 to 64 bytes; the answer carries it.
	ID   string
	Body Body
}

// Body is one of *Auth, *Subscribe, *Unsubscribe, *Configure, *Publish, the
// commands; *SnapshotQuery, *HistoryQuery, *CandlesQuery, *SymbolsQuery,
// *SessionQuery; *Ping.
type Body interface {
	writable
	// Verb names the action or resource, or is "ping": a label of a closed set.
	Verb() string
}

// AppendRequest appends one request.
func (c Codec) AppendRequest(dst []byte, r Request) []byte {
	o := c.open(dst)
	kind := kindOfBody(r.Body)
	o.text("type", kind)
	o.text("id", r.ID)
	switch kind {
	case typeCommand:
		o.text("action", r.Body.Verb())
		r.Body.write(&o)
	case typeQuery:
		o.text("resource", r.Body.Verb())
		o.nest("params", r.Body)
	}
	return o.close()
}

func kindOfBody(b Body) string {
	switch b.(type) {
	case *Auth, *Subscribe, *Unsubscribe, *Configure, *Publish:
		return typeCommand
	case *Ping:
		return typePing
	}
	return typeQuery
}

// Auth gives a credential.
type Auth struct{ Token string }

// Verb returns "auth".
func (*Auth) Verb() string { return actionAuth }

func (a *Auth) write(o *object) { o.text("token", a.Token) }

// Subscribe adds symbols, or gives those that are there new options.
type Subscribe struct {
	// Symbols are names and patterns as the client wrote them, unchecked.
	Symbols []string
	// Interval is 0 if the client leaves it to the service. A given one that is
	// zero or negative arrives as 1 ns, since the service raises it anyway.
	Interval time.Duration
	// Fields are the value fields that are wanted; empty for all.
	Fields market.Fields
	// Delta asks for differences after the first record, mode "delta".
	Delta bool
	// Envelope asks for the trades behind each record.
	Envelope bool
	// Since is the cursor of an earlier session, or empty.
	Since string
}

// Verb returns "subscribe".
func (*Subscribe) Verb() string { return actionSubscribe }

func (s *Subscribe) write(o *object) {
	o.texts("symbols", s.Symbols)
	if s.Interval != 0 {
		o.duration("interval", s.Interval)
	}
	if s.Fields != 0 {
		o.texts("fields", fieldNames(s.Fields))
	}
	if s.Delta {
		o.text("mode", modeDelta)
	}
	if s.Envelope {
		o.flag("envelope", true)
	}
	o.unlessEmpty("since", s.Since)
}

func fieldNames(set market.Fields) []string {
	var names []string
	for f := range market.NumValues {
		if set.Has(f) {
			names = append(names, f.String())
		}
	}
	return names
}

// Unsubscribe removes entries, each by its own name.
type Unsubscribe struct{ Symbols []string }

// Verb returns "unsubscribe".
func (*Unsubscribe) Verb() string { return actionUnsubscribe }

func (u *Unsubscribe) write(o *object) { o.texts("symbols", u.Symbols) }

// Configure sets the options of the session.
type Configure struct {
	// Bandwidth caps the session, in bytes a second; 0 lifts the cap.
	Bandwidth int64
}

// Verb returns "configure".
func (*Configure) Verb() string { return actionConfigure }

func (c *Configure) write(o *object) { o.integer("bandwidth", c.Bandwidth) }

// Publish pushes quotes.
type Publish struct {
	// Quotes are JSON texts, unchecked: each should be an object, and may be
	// any value. Parsed ones point into the message, or into a copy of it.
	Quotes [][]byte
}

// Verb returns "publish".
func (*Publish) Verb() string { return actionPublish }

func (p *Publish) write(o *object) {
	o.list("quotes", len(p.Quotes), func(dst []byte, i int) []byte {
		if o.codec == MsgPack {
			return appendJSONAsMP(dst, p.Quotes[i])
		}
		return append(dst, p.Quotes[i]...)
	})
}

// SnapshotQuery asks for the newest record of each symbol.
type SnapshotQuery struct {
	Symbols []string
	// At asks for the newest at or before that time, in microseconds since the
	// Unix epoch; 0 for now.
	At int64
}

// Verb returns "snapshot".
func (*SnapshotQuery) Verb() string { return resourceSnapshot }

func (q *SnapshotQuery) write(o *object) {
	o.texts("symbols", q.Symbols)
	o.unlessZero("at", q.At)
}

// Span is what both queries of recorded data ask for: one symbol, from a time
// inclusive to a time exclusive, in microseconds since the Unix epoch. 0 leaves
// an end open; otherwise From is before To.
type Span struct {
	// Symbol is not empty and otherwise unchecked.
	Symbol   string
	From, To int64
}

func (s *Span) write(o *object) {
	o.text("symbol", s.Symbol)
	o.unlessZero("from", s.From)
	o.unlessZero("to", s.To)
}

// HistoryQuery asks for recorded quotes, oldest first.
type HistoryQuery struct {
	Span
	// Limit is 1 to MaxLimit, or 0 for the service's default.
	Limit int
	// Page is the token of the page, empty for the first.
	Page string
}

// Verb returns "history".
func (*HistoryQuery) Verb() string { return resourceHistory }

func (q *HistoryQuery) write(o *object) {
	q.Span.write(o)
	o.unlessZero("limit", int64(q.Limit))
	o.unlessEmpty("page", q.Page)
}

// CandlesQuery asks for candles, oldest first.
type CandlesQuery struct {
	Span
	// Step is the width of a candle, above 0; 0 for the service's default.
	Step time.Duration
}

// Verb returns "candles".
func (*CandlesQuery) Verb() string { return resourceCandles }

func (q *CandlesQuery) write(o *object) {
	q.Span.write(o)
	if q.Step != 0 {
		o.duration("step", q.Step)
	}
}

// SymbolsQuery asks which symbols there are.
type SymbolsQuery struct {
	// Prefix is the start of the names, empty for all.
	Prefix string
	// Limit is 1 to MaxLimit, or 0 for the service's default.
	Limit int
	// Page is the token of the page, empty for the first.
	Page string
}

// Verb returns "symbols".
func (*SymbolsQuery) Verb() string { return resourceSymbols }

func (q *SymbolsQuery) write(o *object) {
	o.unlessEmpty("prefix", q.Prefix)
	o.unlessZero("limit", int64(q.Limit))
	o.unlessEmpty("page", q.Page)
}

// SessionQuery asks for the session's ledger.
type SessionQuery struct{}

// Verb returns "session".
func (*SessionQuery) Verb() string { return resourceSession }

func (*SessionQuery) write(*object) {}

// Ping asks for a pong.
type Ping struct{}

// Verb returns "ping".
func (*Ping) Verb() string { return typePing }

func (*Ping) write(*object) {}

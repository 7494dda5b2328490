package wire

import (
	"time"
)

// Result is what a response carries, and the body of the HTTP answer to the
// same question: one of *Subscribed, *Unsubscribed, *Configured,
// *Authenticated, *Published, *QuoteList, *Candles, *SymbolList, *Ledger.
type Result interface {
	writable
	readable
}

// AppendResult appends a result by itself, as an HTTP answer has it.
func (c Codec) AppendResult(dst []byte, r Result) []byte { return c.appendObject(dst, r) }

// ParseResult reads a result that stands by itself.
func (c Codec) ParseResult(data []byte, into Result) error {
	text, err := c.jsonText(data)
	if err != nil {
		return err
	}
	return parse(text, into)
}

// Subscribed answers a subscribe.
type Subscribed struct {
	// Interval is the one that was granted.
	Interval time.Duration
	// Subscribed is the whole set of the session, names and patterns. Pending
	// are the accepted names that have no data yet.
	Subscribed, Pending []string
	Rejected            []RejectedSymbol
}

func (s *Subscribed) write(o *object) {
	o.duration("interval", s.Interval)
	o.texts("subscribed", s.Subscribed)
	o.texts("pending", s.Pending)
	objects(o, "rejected", s.Rejected)
}

func (s *Subscribed) read(d *decoder, key []byte) {
	switch string(key) {
	case "interval":
		s.Interval = d.duration()
	case "subscribed":
		s.Subscribed = d.texts()
	case "pending":
		s.Pending = d.texts()
	case "rejected":
		s.Rejected = readObjects[RejectedSymbol](d)
	default:
		d.Skip()
	}
}

// RejectedSymbol is an entry of a subscribe that was not accepted. Symbol is
// the client's text and is cut to 64 bytes on its way out.
type RejectedSymbol struct {
	Symbol string
	Code   Code
}

func (r *RejectedSymbol) write(o *object) {
	o.text("symbol", cut(r.Symbol, maxEchoBytes))
	o.text("code", string(r.Code))
}

func (r *RejectedSymbol) read(d *decoder, key []byte) {
	switch string(key) {
	case "symbol":
		r.Symbol = d.text()
	case "code":
		r.Code = Code(d.text())
	default:
		d.Skip()
	}
}

// Unsubscribed answers an unsubscribe with what is left.
type Unsubscribed struct{ Subscribed []string }

func (u *Unsubscribed) write(o *object) { o.texts("subscribed", u.Subscribed) }

func (u *Unsubscribed) read(d *decoder, key []byte) {
	if string(key) == "subscribed" {
		u.Subscribed = d.texts()
	} else {
		d.Skip()
	}
}

// Configured answers a configure with the cap in bytes a second, 0 for none.
type Configured struct{ Bandwidth int64 }

func (c *Configured) write(o *object) { o.integer("bandwidth", c.Bandwidth) }

func (c *Configured) read(d *decoder, key []byte) {
	if string(key) == "bandwidth" {
		c.Bandwidth = d.integer()
	} else {
		d.Skip()
	}
}

// Authenticated answers an auth.
type Authenticated struct {
	// Sub is whom the token names.
	Sub string
	// Expires is the end of the token; zero, and left out, if it has none.
	Expires time.Time
}

func (a *Authenticated) write(o *object) {
	o.text("sub", a.Sub)
	if !a.Expires.IsZero() {
		o.text("expires", a.Expires.UTC().Format(time.RFC3339Nano))
	}
}

func (a *Authenticated) read(d *decoder, key []byte) {
	switch string(key) {
	case "sub":
		a.Sub = d.text()
	case "expires":
		a.Expires = d.time()
	default:
		d.Skip()
	}
}

// Published answers a publish.
type Published struct {
	Accepted int
	Rejected []RejectedQuote
}

func (p *Published) write(o *object) {
	o.integer("accepted", int64(p.Accepted))
	objects(o, "rejected", p.Rejected)
}

func (p *Published) read(d *decoder, key []byte) {
	switch string(key) {
	case "accepted":
		p.Accepted = int(d.integer())
	case "rejected":
		p.Rejected = readObjects[RejectedQuote](d)
	default:
		d.Skip()
	}
}

// RejectedQuote is a pushed quote that was refused.
type RejectedQuote struct {
	// Line is its line in NDJSON, or its position in a list, from 1.
	Line    int
	Code    Code
	Message string
}

func (r *RejectedQuote) write(o *object) {
	o.integer("line", int64(r.Line))
	o.text("code", string(r.Code))
	o.text("message", r.Message)
}

func (r *RejectedQuote) read(d *decoder, key []byte) {
	switch string(key) {
	case "line":
		r.Line = int(d.integer())
	case "code":
		r.Code = Code(d.text())
	case "message":
		r.Message = d.text()
	default:
		d.Skip()
	}
}

// Ledger answers a session query: what became of the updates of the session's
// subscriptions. Produced = Delivered + Conflated + Pending.
type Ledger struct {
	Produced, Delivered, Conflated, Pending uint64
	// Frames and Bytes were written.
	Frames, Bytes uint64
	// Age is the time from acceptance to writing.
	Age Ages
}

func (l *Ledger) write(o *object) {
	o.count("produced", l.Produced)
	o.count("delivered", l.Delivered)
	o.count("conflated", l.Conflated)
	o.count("pending", l.Pending)
	o.count("frames", l.Frames)
	o.count("bytes", l.Bytes)
	o.nest("ageMicros", &l.Age)
}

func (l *Ledger) read(d *decoder, key []byte) {
	switch string(key) {
	case "produced":
		l.Produced = d.count()
	case "delivered":
		l.Delivered = d.count()
	case "conflated":
		l.Conflated = d.count()
	case "pending":
		l.Pending = d.count()
	case "frames":
		l.Frames = d.count()
	case "bytes":
		l.Bytes = d.count()
	case "ageMicros":
		d.object(&l.Age)
	default:
		d.Skip()
	}
}

// Ages are percentiles, in microseconds.
type Ages struct{ P50, P99 int64 }

func (a *Ages) write(o *object) {
	o.integer("p50", a.P50)
	o.integer("p99", a.P99)
}

func (a *Ages) read(d *decoder, key []byte) {
	switch string(key) {
	case "p50":
		a.P50 = d.integer()
	case "p99":
		a.P99 = d.integer()
	default:
		d.Skip()
	}
}

package wire

import (
	"math"
	"strconv"
	"time"

	"ticker/internal/jsonscan"
)

// The modes of a subscription.
const (
	modeFull  = "full"
	modeDelta = "delta"
)

// The keys that the protocol knows, in a request and in the params of a query.
var (
	requestKeys = [...]string{
		"type", "id", "action", "resource", "params", "token", "symbols", "interval",
		"fields", "mode", "envelope", "since", "bandwidth", "quotes",
	}
	paramKeys = [...]string{
		"symbols", "symbol", "at", "from", "to", "step", "prefix", "limit", "page",
	}
)

// ParseRequest reads one request of a client; limits.Symbols bounds the symbols
// in it. The error is always an *Error, ready to be sent: it has the id of the
// request if that was valid.
//
// The names of symbols are not looked at, since a subscribe answers for each
// of them.
func (c Codec) ParseRequest(data []byte, limits Limits) (Request, error) {
	text, err := c.jsonText(data)
	if err != nil {
		return Request{}, badMessage(err)
	}
	var r reader
	fault, err := r.open(text, requestKeys[:])
	if err != nil {
		return Request{}, badMessage(err)
	}
	request := r.request(fault, limits.Symbols)
	if r.err != nil {
		r.err.ID = request.ID
		return Request{}, r.err
	}
	return request, nil
}

func badMessage(err error) *Error { return &Error{Code: CodeBadMessage, Message: err.Error()} }

// request judges the object as a whole before it looks at what it asks for.
func (r *reader) request(fault string, maxSymbols int) Request {
	request := Request{ID: r.id()}
	switch kind, ok := r.word("type"); {
	case fault != "":
		r.fail(CodeBadMessage, fault)
	case !ok:
		r.fail(CodeBadMessage, "type must be a string")
	case kind != typeCommand && kind != typeQuery && kind != typePing:
		r.fail(CodeUnknownType, "unknown type "+quoted(kind))
	case request.ID == "":
		r.fail(CodeBadMessage, "id must be a string of 1 to "+strconv.Itoa(MaxIDBytes)+" bytes")
	case kind == typeCommand:
		request.Body = r.command(maxSymbols)
	case kind == typeQuery:
		request.Body = r.query(maxSymbols)
	default:
		request.Body = &Ping{}
	}
	return request
}

// id returns the id of the request, or nothing if it is not valid.
func (r *reader) id() string {
	n := 0
	for _, m := range r.members {
		if m.key == "id" {
			n++
		}
	}
	id, _ := r.word("id")
	if n != 1 || len(id) > MaxIDBytes {
		return ""
	}
	return id
}

// word reads a text without judging it.
func (r *reader) word(key string) (text string, ok bool) {
	r.scan.Reset(r.get(key))
	if r.scan.Kind() != jsonscan.String {
		return "", false
	}
	return string(r.scan.Text()), true
}

func (r *reader) command(maxSymbols int) Body {
	action, ok := r.word("action")
	if !ok {
		r.expect("action", "a string")
		return nil
	}
	switch action {
	case actionAuth:
		return &Auth{Token: r.required("token", MaxTokenBytes)}
	case actionSubscribe:
		return r.subscribe(maxSymbols)
	case actionUnsubscribe:
		return &Unsubscribe{Symbols: r.symbols(maxSymbols)}
	case actionConfigure:
		return r.configure()
	case actionPublish:
		return r.publish()
	}
	r.fail(CodeUnknownAction, "unknown action "+quoted(action))
	return nil
}

func (r *reader) subscribe(maxSymbols int) *Subscribe {
	s := &Subscribe{
		Symbols:  r.symbols(maxSymbols),
		Fields:   r.fields("fields"),
		Delta:    r.delta(),
		Envelope: r.flag("envelope"),
		Since:    r.text("since", MaxCursorBytes),
	}
	if d, ok := r.duration("interval"); ok {
		s.Interval = max(d, 1)
	}
	return s
}

func (r *reader) delta() bool {
	const want = `"full" or "delta"`
	if !r.at("mode", jsonscan.String, want) {
		return false
	}
	mode := string(r.scan.Text())
	if mode != modeFull && mode != modeDelta {
		r.expect("mode", want)
	}
	return mode == modeDelta
}

func (r *reader) configure() *Configure {
	const want = "an integer of 0 or more"
	r.need("bandwidth", want)
	return &Configure{Bandwidth: r.integer("bandwidth", 0, math.MaxInt64, want)}
}

func (r *reader) publish() *Publish {
	const want = "a list of quotes"
	r.need("quotes", want)
	p := &Publish{}
	r.each("quotes", want, func() bool {
		p.Quotes = append(p.Quotes, r.scan.Raw())
		return true
	})
	return p
}

func (r *reader) query(maxSymbols int) Body {
	resource, ok := r.word("resource")
	if !ok {
		r.expect("resource", "a string")
		return nil
	}
	p := r.params()
	var body Body
	switch resource {
	case resourceSnapshot:
		body = &SnapshotQuery{Symbols: p.symbols(maxSymbols), At: p.time("at", 1)}
	case resourceHistory:
		body = &HistoryQuery{Span: p.span(), Limit: p.limit(), Page: p.text("page", MaxCursorBytes)}
	case resourceCandles:
		body = &CandlesQuery{Span: p.span(), Step: p.step()}
	case resourceSymbols:
		body = &SymbolsQuery{
			Prefix: p.text("prefix", maxNameBytes), Limit: p.limit(), Page: p.text("page", MaxCursorBytes),
		}
	case resourceSession:
		body = &SessionQuery{}
	default:
		r.fail(CodeUnknownResource, "unknown resource "+quoted(resource))
		return nil
	}
	r.err = p.err
	return body
}

// params opens the params of a query; none are as good as empty ones.
func (r *reader) params() *reader {
	p := new(reader)
	if !r.at("params", jsonscan.Object, "an object") {
		p.err = r.err
		return p
	}
	switch fault, err := p.open(r.get("params"), paramKeys[:]); {
	case err != nil:
		p.fail(CodeBadRequest, "params: "+err.Error())
	case fault != "":
		p.fail(CodeBadRequest, "params: "+fault)
	}
	return p
}

func (r *reader) span() Span {
	s := Span{Symbol: r.required("symbol", maxNameBytes), From: r.time("from", 0), To: r.time("to", 1)}
	if s.To != 0 && s.From >= s.To {
		r.fail(CodeBadRequest, "from must be before to")
	}
	return s
}

func (r *reader) step() time.Duration {
	d, ok := r.duration("step")
	if ok && d <= 0 {
		r.expect("step", "a duration above 0")
	}
	return d
}

package wire

import "bytes"

// The words that tell one message from another.
const (
	typeEvent    = "event"
	typeResponse = "response"
	typeError    = "error"
	typePong     = "pong"

	channelQuotes = "quotes"
	channelSystem = "system"

	eventWelcome   = "welcome"
	eventHeartbeat = "heartbeat"
	eventDraining  = "draining"
	eventExpiring  = "expiring"
	eventExpired   = "expired"
	eventRemoved   = "removed"
)

// Message is what a server sends: *Quotes, *Welcome, *Heartbeat, *Draining,
// *Expiring, *Expired, *Removed, *Response, *Error, *Pong, or, where a client reads
// one, *Unknown.
type Message interface {
	writable
	readable
}

// AppendMessage appends one message.
func (c Codec) AppendMessage(dst []byte, m Message) []byte { return c.appendObject(dst, m) }

// ParseMessage reads one message of the server. The error tells of bytes that
// are no message at all, never of one that this version does not know.
func (c Codec) ParseMessage(data []byte) (Message, error) {
	text, err := c.jsonText(data)
	if err != nil {
		return nil, err
	}
	m := newMessage(text)
	if err := parse(text, m); err != nil {
		return nil, err
	}
	return m, nil
}

// newMessage returns an empty message of the type that the text tells.
func newMessage(text []byte) Message {
	k := kindOf(text)
	switch k.Type {
	case typeResponse:
		return &Response{}
	case typeError:
		return &Error{}
	case typePong:
		return &Pong{}
	case typeEvent:
		if m := newEvent(k); m != nil {
			return m
		}
	}
	return &k
}

func newEvent(k Unknown) Message {
	switch {
	case k.Channel == channelQuotes:
		return &Quotes{}
	case k.Channel != channelSystem:
		return nil
	}
	switch k.Event {
	case eventWelcome:
		return &Welcome{}
	case eventHeartbeat:
		return &Heartbeat{}
	case eventDraining:
		return &Draining{}
	case eventExpiring:
		return &Expiring{}
	case eventExpired:
		return &Expired{}
	case eventRemoved:
		return &Removed{}
	}
	return nil
}

// kindOf reads only as far as it must to tell the type: our server writes it
// first.
func kindOf(text []byte) Unknown {
	var k Unknown
	var d decoder
	d.Reset(text)
	for d.Object(); !k.complete() && d.More(); {
		k.read(&d, d.Key())
	}
	return k
}

// Unknown is a message of a type, or an event, that this version does not know.
type Unknown struct{ Type, Channel, Event string }

func (k *Unknown) complete() bool {
	switch k.Type {
	case "":
		return false
	case typeEvent:
		return k.Channel == channelQuotes || k.Channel != "" && k.Event != ""
	}
	return true
}

func (k *Unknown) write(o *object) {
	o.text("type", k.Type)
	o.unlessEmpty("channel", k.Channel)
	o.unlessEmpty("event", k.Event)
}

func (k *Unknown) read(d *decoder, key []byte) {
	switch string(key) {
	case "type":
		k.Type = d.text()
	case "channel":
		k.Channel = d.text()
	case "event":
		k.Event = d.text()
	default:
		d.Skip()
	}
}

// Response answers a request. A server sets Result. A client, which knows what
// it asked for, decodes it.
type Response struct {
	ID     string
	Result Result

	raw []byte // JSON text of the result that was read
}

// Decode reads the result that came with a parsed response.
func (r *Response) Decode(into Result) error { return parse(r.raw, into) }

func (r *Response) write(o *object) {
	o.text("type", typeResponse)
	o.text("id", r.ID)
	o.nest("result", r.Result)
}

func (r *Response) read(d *decoder, key []byte) {
	switch string(key) {
	case "id":
		r.ID = d.text()
	case "result":
		r.raw = bytes.Clone(d.Raw())
	default:
		d.Skip()
	}
}

// Error is the answer to a request that could not be served. It is a Go error,
// too, and ParseRequest returns no other.
type Error struct {
	// ID is that of the request, empty if the request had no valid one.
	ID   string
	Code Code
	// Message is for people.
	Message string
}

// Error returns the code and the message.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

func (e *Error) write(o *object) {
	o.text("type", typeError)
	o.unlessEmpty("id", e.ID)
	o.text("code", string(e.Code))
	o.text("message", e.Message)
}

func (e *Error) read(d *decoder, key []byte) {
	switch string(key) {
	case "id":
		e.ID = d.text()
	case "code":
		e.Code = Code(d.text())
	case "message":
		e.Message = d.text()
	default:
		d.Skip()
	}
}

// Pong answers a ping.
type Pong struct {
	ID string
	// TS is the clock of the server, in microseconds since the Unix epoch.
	TS int64
}

func (p *Pong) write(o *object) {
	o.text("type", typePong)
	o.text("id", p.ID)
	o.integer("ts", p.TS)
}

func (p *Pong) read(d *decoder, key []byte) {
	switch string(key) {
	case "id":
		p.ID = d.text()
	case "ts":
		p.TS = d.integer()
	default:
		d.Skip()
	}
}

package wire

import (
	"bytes"
	"strconv"
	"time"
)

// What a quotes event begins with in MessagePack, up to its cursor, with a key
// more if it is widened; and what stands between the cursor and the header of the
// list: the key of the list, behind that of the factor and a byte for it.
const (
	mpMap4       = 0x84
	mpMap5       = 0x85
	mpQuotesHead = "\xa4type\xa5event\xa7channel\xa6quotes\xa6cursor"
	mpWidenedKey = "\xa7widened"
	mpQuotesKey  = "\xa6quotes"
)

// What events begin with in JSON: a quotes event up to its cursor, and any other
// up to its name; and what stands between the cursor and the records.
const (
	jsonQuotesHead = `{"type":"event","channel":"quotes","cursor":"`
	jsonWidened    = `,"widened":`
	jsonQuotesList = `,"quotes":[`
	jsonSystemHead = `{"type":"event","channel":"system","event":"`
)

// OpenQuotes appends all of a quotes event that stands before its first
// record. The cursor is safe ASCII, at most MaxCursorBytes long; widened is at most
// 127, and 1 is not told.
func (c Codec) OpenQuotes(dst []byte, cursor string, widened int) []byte {
	if c == MsgPack {
		return openMPQuotes(dst, cursor, widened)
	}
	dst = append(dst, jsonQuotesHead...)
	dst = append(dst, cursor...)
	dst = append(dst, '"')
	if widened > 1 {
		dst = append(dst, jsonWidened...)
		dst = strconv.AppendInt(dst, int64(widened), 10)
	}
	return append(dst, jsonQuotesList...)
}

func openMPQuotes(dst []byte, cursor string, widened int) []byte {
	keys := byte(mpMap4)
	if widened > 1 {
		keys = mpMap5
	}
	dst = append(append(dst, keys), mpQuotesHead...)
	dst = appendMPText(dst, cursor)
	if widened > 1 {
		dst = append(append(dst, mpWidenedKey...), byte(widened))
	}
	return openMPArray(append(dst, mpQuotesKey...))
}

// AppendSeparator appends what stands between two records, and between any two
// values of a list: a comma in JSON, nothing in MessagePack.
func (c Codec) AppendSeparator(dst []byte) []byte {
	if c == MsgPack {
		return dst
	}
	return append(dst, ',')
}

// CloseQuotes ends the event that OpenQuotes began at dst[start] and that holds
// n records. In MessagePack it puts n into the header of the list, which it
// finds behind the cursor: all else in front of it has a fixed length.
func (c Codec) CloseQuotes(dst []byte, start, n int) []byte {
	if c == MsgPack {
		at := start + 1 + len(mpQuotesHead)
		at += mpTextSize(dst[at:]) + len(mpQuotesKey)
		if dst[start] == mpMap5 {
			at += len(mpWidenedKey) + 1
		}
		setMPCount(dst, at, n)
		return dst
	}
	return append(dst, "]}"...)
}

// EventOf tells what a JSON text that this package wrote is, for transports that
// name their events beside them: the name of a system event, "quotes", or nothing
// if it is no event; and the cursor that it carries, if it carries one.
func EventOf(text []byte) (name, cursor []byte) {
	if rest, ok := bytes.CutPrefix(text, []byte(jsonQuotesHead)); ok {
		// The event is named after its channel, and a part of the text costs nothing.
		const from = len(`{"type":"event","channel":"`)
		cursor, _, _ = bytes.Cut(rest, []byte{'"'})
		return text[from : from+len(channelQuotes)], cursor
	}
	rest, ok := bytes.CutPrefix(text, []byte(jsonSystemHead))
	if !ok {
		return nil, nil
	}
	name, rest, _ = bytes.Cut(rest, []byte{'"'})
	if string(name) == eventHeartbeat {
		_, rest, _ = bytes.Cut(rest, []byte(`"cursor":"`))
		cursor, _, _ = bytes.Cut(rest, []byte{'"'})
	}
	return name, cursor
}

// RecordsOf returns the records of a quotes event that this package wrote in JSON,
// with commas between them, or nothing if it is none.
func RecordsOf(text []byte) []byte {
	if !bytes.HasPrefix(text, []byte(jsonQuotesHead)) {
		return nil
	}
	_, records, _ := bytes.Cut(text, []byte(jsonQuotesList))
	return bytes.TrimSuffix(records, []byte("]}"))
}

// AppendHeartbeat appends a heartbeat event: the clock of the server in
// microseconds, and the cursor.
func (c Codec) AppendHeartbeat(dst []byte, ts int64, cursor string) []byte {
	h := Heartbeat{TS: ts, Cursor: cursor}
	o := c.open(dst)
	h.write(&o)
	return o.close()
}

// Quotes is an event of the quotes channel: the records that were due.
type Quotes struct {
	// Cursor is what a client that comes back gives as since.
	Cursor string
	// Widened is by what the server multiplies every interval for now, because it has
	// no processor for more; 0 if it does not.
	Widened int
	Records []Record
}

func (q *Quotes) write(o *object) {
	o.text("type", typeEvent)
	o.text("channel", channelQuotes)
	o.text("cursor", q.Cursor)
	o.unlessZero("widened", int64(q.Widened))
	o.records("quotes", q.Records)
}

func (q *Quotes) read(d *decoder, key []byte) {
	switch string(key) {
	case "cursor":
		q.Cursor = d.text()
	case "widened":
		q.Widened = int(d.integer())
	case "quotes":
		q.Records = d.records()
	default:
		d.Skip()
	}
}

// Welcome is the first event of a session.
type Welcome struct {
	// Session names the session in logs, Epoch the life of the book.
	Session, Epoch string
	// Heartbeat is the time between two pings, or heartbeat events.
	Heartbeat time.Duration
	Interval  Intervals
	Limits    Limits
}

func (w *Welcome) write(o *object) {
	o.system(eventWelcome)
	o.text("session", w.Session)
	o.text("epoch", w.Epoch)
	o.duration("heartbeat", w.Heartbeat)
	o.nest("interval", &w.Interval)
	o.nest("limits", &w.Limits)
}

func (w *Welcome) read(d *decoder, key []byte) {
	switch string(key) {
	case "session":
		w.Session = d.text()
	case "epoch":
		w.Epoch = d.text()
	case "heartbeat":
		w.Heartbeat = d.duration()
	case "interval":
		d.object(&w.Interval)
	case "limits":
		d.object(&w.Limits)
	default:
		d.Skip()
	}
}

// Intervals are the conflation intervals that a session may have: the one that
// a subscribe gets without asking, the least and the greatest.
type Intervals struct{ Default, Min, Max time.Duration }

func (i *Intervals) write(o *object) {
	o.duration("default", i.Default)
	o.duration("min", i.Min)
	o.duration("max", i.Max)
}

func (i *Intervals) read(d *decoder, key []byte) {
	switch string(key) {
	case "default":
		i.Default = d.duration()
	case "min":
		i.Min = d.duration()
	case "max":
		i.Max = d.duration()
	default:
		d.Skip()
	}
}

// Limits are what a session may take up.
type Limits struct {
	// Symbols bounds the entries of a subscription and of one request.
	Symbols int
	// MessageBytes is the longest message that a client may send.
	MessageBytes int
	// CommandsPerSecond and CommandBurst bound the rate of requests.
	CommandsPerSecond, CommandBurst int
}

func (l *Limits) write(o *object) {
	o.integer("symbols", int64(l.Symbols))
	o.integer("messageBytes", int64(l.MessageBytes))
	o.integer("commandsPerSecond", int64(l.CommandsPerSecond))
	o.integer("commandBurst", int64(l.CommandBurst))
}

func (l *Limits) read(d *decoder, key []byte) {
	switch string(key) {
	case "symbols":
		l.Symbols = int(d.integer())
	case "messageBytes":
		l.MessageBytes = int(d.integer())
	case "commandsPerSecond":
		l.CommandsPerSecond = int(d.integer())
	case "commandBurst":
		l.CommandBurst = int(d.integer())
	default:
		d.Skip()
	}
}

// Heartbeat is the event that goes out when nothing else did for a while.
type Heartbeat struct {
	// TS is the clock of the server, in microseconds since the Unix epoch.
	TS     int64
	Cursor string
}

func (h *Heartbeat) write(o *object) {
	o.system(eventHeartbeat)
	o.integer("ts", h.TS)
	o.text("cursor", h.Cursor)
}

func (h *Heartbeat) read(d *decoder, key []byte) {
	switch string(key) {
	case "ts":
		h.TS = d.integer()
	case "cursor":
		h.Cursor = d.text()
	default:
		d.Skip()
	}
}

// Draining is the event that announces the end of the service: the session is
// about to be closed.
type Draining struct {
	// ReconnectAfter is how long this client is asked to wait.
	ReconnectAfter time.Duration
}

func (n *Draining) write(o *object) {
	o.system(eventDraining)
	o.duration("reconnectAfter", n.ReconnectAfter)
}

func (n *Draining) read(d *decoder, key []byte) {
	if string(key) == "reconnectAfter" {
		n.ReconnectAfter = d.duration()
	} else {
		d.Skip()
	}
}

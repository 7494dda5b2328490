package wire

import (
	"strconv"
	"time"

	"ticker/market"
)

// writable is a type that can say its fields.
type writable interface{ write(o *object) }

// object appends one map, field by field. A MessagePack map tells its length
// first: the header is one byte, completed by close, which bounds an object to
// 15 fields. Records, the only ones that can have more, are written by
// AppendQuote.
type object struct {
	codec Codec
	dst   []byte
	start int
	n     int
}

func (c Codec) open(dst []byte) object {
	o := object{codec: c, dst: dst, start: len(dst)}
	if c == MsgPack {
		o.dst = append(o.dst, mpFixMap)
	} else {
		o.dst = append(o.dst, '{')
	}
	return o
}

func (o *object) close() []byte {
	if o.codec == MsgPack {
		o.dst[o.start] = mpFixMap | byte(o.n)
		return o.dst
	}
	return append(o.dst, '}')
}

// appendObject appends the fields of v as a map.
func (c Codec) appendObject(dst []byte, v writable) []byte {
	o := c.open(dst)
	v.write(&o)
	return o.close()
}

// key begins a field; its value is what is appended next.
func (o *object) key(name string) {
	if o.codec == MsgPack {
		o.dst = appendMPText(o.dst, name)
	} else {
		if o.n > 0 {
			o.dst = append(o.dst, ',')
		}
		o.dst = append(appendJSONText(o.dst, name), ':')
	}
	o.n++
}

func (o *object) text(name, value string) {
	o.key(name)
	o.dst = o.codec.appendText(o.dst, value)
}

// unlessEmpty writes a text that is left out when empty.
func (o *object) unlessEmpty(name, value string) {
	if value != "" {
		o.text(name, value)
	}
}

func (c Codec) appendText(dst []byte, text string) []byte {
	if c == MsgPack {
		return appendMPText(dst, text)
	}
	return appendJSONText(dst, text)
}

func (o *object) integer(name string, v int64) {
	o.key(name)
	if o.codec == MsgPack {
		o.dst = appendInt(o.dst, v)
	} else {
		o.dst = strconv.AppendInt(o.dst, v, 10)
	}
}

// unlessZero writes an integer that is left out when it is 0.
func (o *object) unlessZero(name string, v int64) {
	if v != 0 {
		o.integer(name, v)
	}
}

func (o *object) count(name string, v uint64) {
	o.key(name)
	if o.codec == MsgPack {
		o.dst = appendUint(o.dst, v)
	} else {
		o.dst = strconv.AppendUint(o.dst, v, 10)
	}
}

func (o *object) flag(name string, v bool) {
	o.key(name)
	if o.codec == MsgPack {
		o.dst = appendMPBool(o.dst, v)
	} else {
		o.dst = strconv.AppendBool(o.dst, v)
	}
}

func (o *object) decimal(name string, d market.Decimal) {
	o.key(name)
	if o.codec == MsgPack {
		o.dst = appendMPDecimal(o.dst, d)
	} else {
		o.dst = d.AppendTo(o.dst)
	}
}

func (o *object) total(name string, t *market.Total) {
	o.key(name)
	if o.codec == MsgPack {
		o.dst = appendMPTotal(o.dst, t)
	} else {
		o.dst = t.AppendTo(o.dst)
	}
}

// system begins an event of the system channel.
func (o *object) system(event string) {
	o.text("type", typeEvent)
	o.text("channel", channelSystem)
	o.text("event", event)
}

func (o *object) duration(name string, d time.Duration) { o.text(name, FormatDuration(d)) }

// nest writes a map within this one.
func (o *object) nest(name string, v writable) {
	o.key(name)
	o.dst = o.codec.appendObject(o.dst, v)
}

// list writes a list of n values; each appends the one of that index.
func (o *object) list(name string, n int, each func(dst []byte, i int) []byte) {
	o.key(name)
	start := len(o.dst)
	o.dst = o.codec.openList(o.dst)
	for i := range n {
		if i > 0 {
			o.dst = o.codec.AppendSeparator(o.dst)
		}
		o.dst = each(o.dst, i)
	}
	o.dst = o.codec.closeList(o.dst, start, n)
}

func (o *object) texts(name string, values []string) {
	o.list(name, len(values), func(dst []byte, i int) []byte {
		return o.codec.appendText(dst, values[i])
	})
}

func (o *object) records(name string, records []Record) {
	o.list(name, len(records), func(dst []byte, i int) []byte {
		return o.codec.AppendQuote(dst, &records[i].Quote, records[i].Set, records[i].Envelope)
	})
}

// objects writes a list of maps.
func objects[T any, P interface {
	*T
	writable
}](o *object, name string, values []T) {
	o.list(name, len(values), func(dst []byte, i int) []byte {
		return o.codec.appendObject(dst, P(&values[i]))
	})
}

func (c Codec) openList(dst []byte) []byte {
	if c == MsgPack {
		return openMPArray(dst)
	}
	return append(dst, '[')
}

// closeList ends the list that began at dst[at] and holds n values.
func (c Codec) closeList(dst []byte, at, n int) []byte {
	if c == MsgPack {
		setMPCount(dst, at, n)
		return dst
	}
	return append(dst, ']')
}

package wire

import (
	"math/bits"
	"strconv"

	"ticker/market"
)

// The keys of the value fields, ready to be appended.
var (
	jsonKeys = [market.NumValues]string{
		`,"bid":`, `,"bidSize":`, `,"ask":`, `,"askSize":`, `,"last":`, `,"lastSize":`,
		`,"open":`, `,"high":`, `,"low":`, `,"volume":`,
	}
	mpKeys = [market.NumValues]string{
		"\xa3bid", "\xa7bidSize", "\xa3ask", "\xa7askSize", "\xa4last", "\xa8lastSize",
		"\xa4open", "\xa4high", "\xa3low", "\xa6volume",
	}
)

// AppendQuote appends one record: the symbol and seq, those fields of the set
// that are known, ts unless it is 0, recv, and the envelope unless it is nil.
//
// SourceField in the set writes a source that is not empty. StatusField writes
// the status, also when it is live, and the reason when it is stale.
func (c Codec) AppendQuote(dst []byte, q *market.Quote, set market.Fields, env *market.Envelope) []byte {
	if c == MsgPack {
		return appendQuoteMP(dst, q, set, env)
	}
	return appendQuoteJSON(dst, q, set, env)
}

func appendQuoteJSON(dst []byte, q *market.Quote, set market.Fields, env *market.Envelope) []byte {
	dst = append(dst, `{"symbol":"`...)
	dst = append(dst, q.Symbol...)
	dst = append(dst, `","seq":`...)
	dst = strconv.AppendUint(dst, q.Seq, 10)
	for rest := set & q.Known & market.AllValues; rest != 0; rest &= rest - 1 {
		f := bits.TrailingZeros16(uint16(rest))
		dst = append(dst, jsonKeys[f]...)
		dst = q.Values[f].AppendTo(dst)
	}
	if q.TS != 0 {
		dst = append(dst, `,"ts":`...)
		dst = strconv.AppendInt(dst, q.TS, 10)
	}
	dst = append(dst, `,"recv":`...)
	dst = strconv.AppendInt(dst, q.Recv, 10)
	if set.Has(market.SourceField) && q.Source != "" {
		dst = append(dst, `,"source":`...)
		dst = appendJSONText(dst, q.Source)
	}
	if set.Has(market.StatusField) {
		dst = append(dst, `,"status":"`...)
		dst = append(dst, q.Status.String()...)
		if hasReason(q) {
			dst = append(dst, `","reason":"`...)
			dst = append(dst, q.Reason.String()...)
		}
		dst = append(dst, '"')
	}
	if env != nil {
		dst = append(dst, `,"envelope":`...)
		dst = appendEnvelope(JSON, dst, env)
	}
	return append(dst, '}')
}

func appendQuoteMP(dst []byte, q *market.Quote, set market.Fields, env *market.Envelope) []byte {
	if n := countFields(q, set, env); n < 16 {
		dst = append(dst, mpFixMap|byte(n))
	} else {
		dst = append(dst, mpMap16, 0, byte(n))
	}
	dst = append(dst, "\xa6symbol"...)
	dst = appendMPText(dst, string(q.Symbol))
	dst = append(dst, "\xa3seq"...)
	dst = appendUint(dst, q.Seq)
	for rest := set & q.Known & market.AllValues; rest != 0; rest &= rest - 1 {
		f := bits.TrailingZeros16(uint16(rest))
		dst = append(dst, mpKeys[f]...)
		dst = appendMPDecimal(dst, q.Values[f])
	}
	if q.TS != 0 {
		dst = append(dst, "\xa2ts"...)
		dst = appendInt(dst, q.TS)
	}
	dst = append(dst, "\xa4recv"...)
	dst = appendInt(dst, q.Recv)
	if set.Has(market.SourceField) && q.Source != "" {
		dst = append(dst, "\xa6source"...)
		dst = appendMPText(dst, q.Source)
	}
	if set.Has(market.StatusField) {
		dst = append(dst, "\xa6status"...)
		dst = appendMPText(dst, q.Status.String())
		if hasReason(q) {
			dst = append(dst, "\xa6reason"...)
			dst = appendMPText(dst, q.Reason.String())
		}
	}
	if env != nil {
		dst = append(dst, "\xa8envelope"...)
		dst = appendEnvelope(MsgPack, dst, env)
	}
	return dst
}

// countFields counts what appendQuoteMP is going to write.
func countFields(q *market.Quote, set market.Fields, env *market.Envelope) int {
	n := 3 + bits.OnesCount16(uint16(set&q.Known&market.AllValues)) // symbol, seq, recv
	if q.TS != 0 {
		n++
	}
	if set.Has(market.SourceField) && q.Source != "" {
		n++
	}
	if set.Has(market.StatusField) {
		n++
		if hasReason(q) {
			n++
		}
	}
	if env != nil {
		n++
	}
	return n
}

func hasReason(q *market.Quote) bool {
	return q.Status == market.Stale && q.Reason != market.NoReason
}

// appendEnvelope calls write by its type, not through an interface, which
// would put the object on the heap.
func appendEnvelope(c Codec, dst []byte, env *market.Envelope) []byte {
	o := c.open(dst)
	(*envelope)(env).write(&o)
	return o.close()
}

// envelope is a market.Envelope that knows its encoding.
type envelope market.Envelope

func (e *envelope) write(o *object) {
	if e.Trades > 0 {
		o.decimal("high", e.High)
		o.decimal("low", e.Low)
	}
	o.count("trades", e.Trades)
	o.total("volume", &e.Volume)
}

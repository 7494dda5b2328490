package relay

import (
	"encoding/binary"
	"slices"

	"ticker/market"
)

// codecVersion begins every message. A node refuses versions that it does not know:
// nodes of two versions do not understand each other, and say so.
const codecVersion = 1

// The kinds of messages.
const (
	kindTick = iota
	kindBatch
	kindSnapshot
	numKinds
)

// header begins a message: the version, the kind, and the rest as unsigned varints
// but for the epoch, which is a text.
type header struct {
	kind byte
	// term is the one in which the message was sent. reign is the first term of the
	// leader who sent it: numbers and sums count since then.
	term, reign uint64
	epoch       string
	// tick ends the round of a batch, and is the first that covers a snapshot.
	tick uint64
	// number counts the batches of a partition from 1: that of a batch, or of the last
	// one that is in a snapshot. A tick has none.
	number uint64
}

// record is the newest record of a symbol with the trades since the one that was
// delivered before it, as far as the leader knows, and those of the whole reign.
type record struct {
	market.Sample
	sums sums
}

// appendHeader appends a header. A tick goes as its count: the term is there.
func appendHeader(dst []byte, h *header) []byte {
	dst = append(dst, codecVersion, h.kind)
	dst = binary.AppendUvarint(dst, h.term)
	dst = binary.AppendUvarint(dst, h.reign)
	dst = appendText(dst, h.epoch)
	dst = binary.AppendUvarint(dst, h.tick&maxCount)
	if h.kind != kindTick {
		dst = binary.AppendUvarint(dst, h.number)
	}
	return dst
}

// appendTick appends a tick: behind the header the number of the last batch of every
// partition.
func appendTick(dst []byte, h *header, numbers *[Partitions]uint64) []byte {
	dst = appendHeader(dst, h)
	for _, number := range numbers {
		dst = binary.AppendUvarint(dst, number)
	}
	return dst
}

// before is what a record is written as the difference to.
type before struct {
	recv   int64
	source string
}

// appendRecord appends a record: the symbol, seq, recv as the distance from the
// record before and ts as that from recv, the known fields, status and reason in one
// byte, the source (0 if it is that of the record before, else after its length
// and 1), the values, the bar and the sums.
func appendRecord(dst []byte, r *record, b *before) []byte {
	dst = appendText(dst, string(r.Symbol))
	dst = binary.AppendUvarint(dst, r.Seq)
	dst = binary.AppendVarint(dst, r.Recv-b.recv)
	dst = binary.AppendVarint(dst, r.TS-r.Recv)
	known := r.Known & market.AllValues
	dst = binary.AppendUvarint(dst, uint64(known))
	dst = append(dst, byte(r.Status)|byte(r.Reason)<<4)
	if r.Source == b.source {
		dst = append(dst, 0)
	} else {
		dst = binary.AppendUvarint(dst, uint64(len(r.Source))+1)
		dst = append(dst, r.Source...)
	}
	*b = before{r.Recv, r.Source}
	for f := range market.NumValues {
		if known.Has(f) {
			dst = appendNumber(dst, r.Values[f])
		}
	}
	dst = binary.AppendUvarint(dst, r.Bar.Trades)
	if r.Bar.Trades > 0 {
		for _, price := range [...]market.Decimal{r.Bar.Open, r.Bar.High, r.Bar.Low, r.Bar.Close} {
			dst = appendNumber(dst, price)
		}
		dst = appendNumber(dst, r.Bar.Volume)
	}
	dst = binary.AppendUvarint(dst, r.sums.trades)
	if r.sums.trades > 0 {
		dst = appendNumber(dst, r.sums.volume)
	}
	return dst
}

func appendText(dst []byte, text string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
}

const (
	// scaleMask is where the first byte of a number has the digits after the point;
	// wideNumber in that place says that its text follows, after its length.
	scaleMask  = 0x3f
	wideNumber = 0x3f
	// negativeBit is set in the first byte of a number below 0.
	negativeBit = 0x40
	// shortDigits is how many digits a coefficient may have that always fits an
	// int64; market.NewDecimal takes that, with a scale of up to market.MaxExponent.
	shortDigits = 18
)

// appendNumber appends a decimal or a total, digit by digit: nearly all have a
// coefficient of few digits, which goes as a varint behind the scale.
func appendNumber[N interface{ AppendTo(dst []byte) []byte }](dst []byte, n N) []byte {
	start := len(dst)
	dst = n.AppendTo(dst)
	text := dst[start:]
	first, coef, ok := shorten(text)
	if !ok {
		return slices.Insert(dst, start, wideNumber, byte(len(text)))
	}
	return binary.AppendUvarint(append(dst[:start], first), coef)
}

// shorten returns the first byte and the coefficient of a number that is short.
func shorten(text []byte) (first byte, coef uint64, ok bool) {
	point, digits := len(text), 0
	for i, c := range text {
		switch {
		case c == '-':
			first = negativeBit
		case c == '.':
			point = i + 1
		case digits == shortDigits:
			return 0, 0, false
		default:
			coef = coef*10 + uint64(c-'0')
			if coef > 0 {
				digits++
			}
		}
	}
	scale := len(text) - point
	return first | byte(min(scale, scaleMask)), coef, scale <= market.MaxExponent
}

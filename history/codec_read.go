package history

import (
	"errors"
	"fmt"

	"ticker/market"
)

const (
	// maxDigits is the most characters of a number: those of the longest Total.
	maxDigits = 136
	// minSampleBytes is the least that a sample takes.
	minSampleBytes = 10
)

// errCodec reports bytes that appendBatch did not write.
var errCodec = errors.New("not an encoded batch")

// decodeBatch reads what appendBatch wrote into b, whose samples are reused. What
// it allocates is bounded by the length of data. The error wraps errCodec.
func decodeBatch(b *Batch, data []byte) error {
	// All texts of the batch are parts of this one: one allocation instead of
	// two for every sample.
	r := batchReader{text: string(data)}
	if version := r.byte(); version != codecVersion {
		r.fail()
	}
	b.Epoch = r.slice(r.uvarint())
	n := r.uvarint()
	if !validEpoch(b.Epoch) || n > uint64(len(data)/minSampleBytes) {
		r.fail()
	}
	b.Samples = b.Samples[:0]
	before := &market.Sample{}
	for ; n > 0 && !r.failed; n-- {
		b.Samples = append(b.Samples, market.Sample{})
		s := &b.Samples[len(b.Samples)-1]
		r.sample(s, before)
		before = s
	}
	if r.failed || r.text != "" {
		return fmt.Errorf("decode batch of %d bytes: %w", len(data), errCodec)
	}
	return nil
}

// batchReader takes an encoded batch from its beginning. After a failure
// nothing is left, and everything it returns is zero.
type batchReader struct {
	text   string
	failed bool
}

func (r *batchReader) fail() { r.text, r.failed = "", true }

func (r *batchReader) sample(s, before *market.Sample) {
	symbol, err := market.ParseSymbol(r.slice(r.uvarint()))
	s.Symbol, s.Seq = symbol, r.uvarint()
	s.Recv = before.Recv + r.varint()
	s.TS = s.Recv + r.varint()
	known, status, reason := r.uvarint(), r.byte(), r.byte()
	if err != nil || known > uint64(market.AllFields) || status > byte(market.Halted) || reason > byte(market.Silent) {
		r.fail()
	}
	s.Known, s.Status, s.Reason = market.Fields(known), market.Status(status), market.Reason(reason)
	if s.Source = before.Source; r.peek() == 0 {
		r.byte()
	} else {
		s.Source = r.slice(r.uvarint() - 1)
	}
	for f := range market.NumValues {
		if s.Known.Has(f) {
			s.Values[f] = r.decimal()
		}
	}
	r.bar(&s.Bar)
}

func (r *batchReader) bar(b *market.Bar) {
	if b.Trades = r.uvarint(); b.Trades == 0 {
		return
	}
	b.Open, b.High, b.Low, b.Close = r.decimal(), r.decimal(), r.decimal(), r.decimal()
	var digits [maxDigits]byte
	volume, err := market.ParseTotal(r.digits(digits[:0]))
	if err != nil {
		r.fail()
	}
	b.Volume = volume
}

func (r *batchReader) decimal() market.Decimal {
	var digits [maxDigits]byte
	d, err := market.ParseDecimal(r.digits(digits[:0]))
	if err != nil {
		r.fail()
	}
	return d
}

// digits unpacks a number into an empty slice that holds maxDigits.
func (r *batchReader) digits(dst []byte) []byte {
	for !r.failed {
		pair := r.byte()
		for _, nibble := range [...]byte{pair >> 4, pair & 0xf} {
			if nibble == nibbleEnd {
				return dst
			}
			if nibble > nibbleMinus || len(dst) == maxDigits {
				r.fail()
				break
			}
			dst = append(dst, "0123456789.-"[nibble])
		}
	}
	return dst[:0]
}

// slice takes n bytes.
func (r *batchReader) slice(n uint64) string {
	if n > uint64(len(r.text)) {
		r.fail()
		return ""
	}
	taken := r.text[:n]
	r.text = r.text[n:]
	return taken
}

// peek returns the next byte without taking it, 0 if there is none.
func (r *batchReader) peek() byte {
	if r.text == "" {
		return 0
	}
	return r.text[0]
}

func (r *batchReader) byte() byte {
	if r.text == "" {
		r.fail()
		return 0
	}
	c := r.text[0]
	r.text = r.text[1:]
	return c
}

func (r *batchReader) uvarint() uint64 {
	var n uint64
	for shift := 0; shift < 64; shift += 7 {
		c := r.byte()
		if shift == 63 && c > 1 {
			break
		}
		n |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return n
		}
	}
	r.fail()
	return 0
}

// varint undoes the zigzag of encoding/binary.
func (r *batchReader) varint() int64 {
	n := r.uvarint()
	return int64(n>>1) ^ -int64(n&1)
}

package history

import (
	"encoding/binary"

	"ticker/market"
)

// codecVersion begins every encoded batch.
const codecVersion = 1

// Numbers are written as their digits, two to a byte: half as long as their
// text, and as exact. These stand for what is no digit.
const (
	nibblePoint = 10
	nibbleMinus = 11
	nibbleEnd   = 15
)

// appendBatch appends a batch: the version, the epoch, the number of samples,
// and the samples. Counts and lengths are unsigned varints, times are signed
// ones, each as its distance from the one before.
func appendBatch(dst []byte, b *Batch) []byte {
	dst = append(dst, codecVersion)
	dst = appendText(dst, b.Epoch)
	dst = binary.AppendUvarint(dst, uint64(len(b.Samples)))
	before := &market.Sample{}
	for i := range b.Samples {
		dst = appendSample(dst, &b.Samples[i], before)
		before = &b.Samples[i]
	}
	return dst
}

// appendSample appends a sample: the symbol, seq, recv, ts, the fields that are
// known, status and reason, the source (nothing if it is that of the sample
// before, else after its length and 1), the values, the number of trades and, if
// there are any, the rest of the bar.
func appendSample(dst []byte, s, before *market.Sample) []byte {
	dst = appendText(dst, string(s.Symbol))
	dst = binary.AppendUvarint(dst, s.Seq)
	dst = binary.AppendVarint(dst, s.Recv-before.Recv)
	dst = binary.AppendVarint(dst, s.TS-s.Recv)
	dst = binary.AppendUvarint(dst, uint64(s.Known))
	dst = append(dst, byte(s.Status), byte(s.Reason))
	if s.Source == before.Source {
		dst = append(dst, 0)
	} else {
		dst = binary.AppendUvarint(dst, uint64(len(s.Source))+1)
		dst = append(dst, s.Source...)
	}
	for f := range market.NumValues {
		if s.Known.Has(f) {
			dst = appendDigits(dst, s.Values[f])
		}
	}
	dst = binary.AppendUvarint(dst, s.Bar.Trades)
	if s.Bar.Trades == 0 {
		return dst
	}
	for _, price := range [...]market.Decimal{s.Bar.Open, s.Bar.High, s.Bar.Low, s.Bar.Close} {
		dst = appendDigits(dst, price)
	}
	return appendDigits(dst, s.Bar.Volume)
}

func appendText(dst []byte, text string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
}

// appendDigits appends the digits of a number and packs them where they stand.
func appendDigits[N interface{ AppendTo(dst []byte) []byte }](dst []byte, n N) []byte {
	start := len(dst)
	dst = n.AppendTo(dst)
	dst = append(dst, 0, 0) // ends: one behind an odd number of characters, else two
	packed := start
	for at := start; at+1 < len(dst); at += 2 {
		dst[packed] = nibbleOf(dst[at])<<4 | nibbleOf(dst[at+1])
		packed++
	}
	return dst[:packed]
}

func nibbleOf(c byte) byte {
	switch c {
	case '.':
		return nibblePoint
	case '-':
		return nibbleMinus
	case 0:
		return nibbleEnd
	}
	return c - '0'
}

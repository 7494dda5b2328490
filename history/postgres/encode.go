package postgres

import (
	"encoding/binary"

	"ticker/market"
)

// pgEpoch is the beginning of PostgreSQL's time, 2000-01-01 UTC, in microseconds
// since the Unix epoch.
const pgEpoch = 946_684_800_000_000

// numberBytes is room for the text of any Decimal, and of the Totals that fit one.
const numberBytes = 80

// The functions below append one value as it stands in a row of COPY BINARY and
// in an array alike: its length in 32 bits, then its bytes.

func appendNull(dst []byte) []byte { return append(dst, 0xff, 0xff, 0xff, 0xff) }

func appendText[T ~string](dst []byte, text T) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(text)))
	return append(dst, text...)
}

func appendInt(dst []byte, n int64) []byte {
	dst = binary.BigEndian.AppendUint32(dst, 8)
	return binary.BigEndian.AppendUint64(dst, uint64(n))
}

// appendTime appends microseconds since the Unix epoch.
func appendTime(dst []byte, at int64) []byte { return appendInt(dst, at-pgEpoch) }

func appendDecimal(dst []byte, d market.Decimal) []byte {
	var text [numberBytes]byte
	return appendNumber(dst, d.AppendTo(text[:0]))
}

func appendTotal(dst []byte, t *market.Total) []byte {
	var text [numberBytes]byte
	return appendNumber(dst, t.AppendTo(text[:0]))
}

func appendNumber(dst, text []byte) []byte {
	start := len(dst)
	dst = appendNumeric(append(dst, 0, 0, 0, 0), text)
	binary.BigEndian.PutUint32(dst[start:], uint32(len(dst)-start-4))
	return dst
}

// quoteColumns are the columns of a row of table quotes, in order; those of the
// record first, which are all that table carried has.
const (
	recordColumns = "recv, seq, ts, symbol, epoch, source, status, reason, " +
		"bid, bid_size, ask, ask_size, last, last_size, open, high, low, volume"
	barColumns   = "bar_trades, bar_open, bar_high, bar_low, bar_close, bar_volume"
	quoteColumns = recordColumns + ", " + barColumns

	// How many columns these are.
	numRecord = 8 + int(market.NumValues)
	numBar    = 6
	numQuote  = numRecord + numBar
)

// appendRow appends a row of table quotes for COPY BINARY.
func appendRow(dst []byte, s *market.Sample, epoch string) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(numQuote))
	dst = appendTime(dst, s.Recv)
	dst = appendInt(dst, int64(s.Seq))
	if s.TS == 0 {
		dst = appendNull(dst)
	} else {
		dst = appendTime(dst, s.TS)
	}
	dst = appendText(dst, s.Symbol)
	dst = appendText(dst, epoch)
	dst = appendText(dst, s.Source)
	dst = appendName(dst, s.Status)
	dst = appendName(dst, s.Reason)
	for f := range market.NumValues {
		if s.Known.Has(f) {
			dst = appendDecimal(dst, s.Values[f])
		} else {
			dst = appendNull(dst)
		}
	}
	return appendBar(dst, &s.Bar)
}

// appendName appends the name of a status or a reason, null for the first of
// them, which nearly all rows have.
func appendName[C interface {
	~uint8
	String() string
}](dst []byte, c C,
) []byte {
	if c == 0 {
		return appendNull(dst)
	}
	return appendText(dst, c.String())
}

func appendBar(dst []byte, b *market.Bar) []byte {
	if b.Trades == 0 {
		for range numBar {
			dst = appendNull(dst)
		}
		return dst
	}
	dst = appendInt(dst, int64(b.Trades))
	dst = appendDecimal(dst, b.Open)
	dst = appendDecimal(dst, b.High)
	dst = appendDecimal(dst, b.Low)
	dst = appendDecimal(dst, b.Close)
	return appendTotal(dst, &b.Volume)
}

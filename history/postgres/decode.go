package postgres

import (
	"encoding/binary"
	"fmt"

	"ticker/market"
)

// decoder reads values as the server sends them in binary. It keeps the first
// error, after which everything is zero, and it keeps names, which are mostly
// those of the row before.
type decoder struct {
	err    error
	digits [2 * numberBytes]byte
	symbol market.Symbol
	source string
}

func (d *decoder) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

func (d *decoder) int(raw []byte) int64 {
	if len(raw) != 8 {
		d.fail(fmt.Errorf("read integer: %d bytes", len(raw)))
		return 0
	}
	return int64(binary.BigEndian.Uint64(raw))
}

// time returns microseconds since the Unix epoch, 0 for null.
func (d *decoder) time(raw []byte) int64 {
	if raw == nil {
		return 0
	}
	return d.int(raw) + pgEpoch
}

func (d *decoder) decimal(raw []byte) market.Decimal {
	text, err := appendDigits(d.digits[:0], raw)
	if err != nil {
		d.fail(fmt.Errorf("read number: %w", err))
		return market.Decimal{}
	}
	number, err := market.ParseDecimal(text)
	if err != nil {
		d.fail(fmt.Errorf("read number %s: %w", text, err))
	}
	return number
}

func (d *decoder) total(raw []byte) market.Total {
	text, err := appendDigits(d.digits[:0], raw)
	if err != nil {
		d.fail(fmt.Errorf("read sum: %w", err))
		return market.Total{}
	}
	sum, err := market.ParseTotal(text)
	if err != nil {
		d.fail(fmt.Errorf("read sum %s: %w", text, err))
	}
	return sum
}

// name reads a status or a reason, the first of which is null.
func name[C any](d *decoder, raw []byte, parse func([]byte) (C, bool)) (c C) {
	if raw == nil {
		return c
	}
	c, ok := parse(raw)
	if !ok {
		d.fail(fmt.Errorf("read state: unknown name %q", raw))
	}
	return c
}

// record reads the first columns of a row, which are recordColumns.
func (d *decoder) record(row [][]byte, q *market.Quote) {
	q.Recv, q.Seq, q.TS = d.time(row[0]), uint64(d.int(row[1])), d.time(row[2])
	if string(row[3]) != string(d.symbol) {
		d.symbol = market.Symbol(row[3])
	}
	if string(row[5]) != d.source {
		d.source = string(row[5])
	}
	q.Symbol, q.Source = d.symbol, d.source
	q.Status = name(d, row[6], market.ParseStatus[[]byte])
	q.Reason = name(d, row[7], market.ParseReason[[]byte])
	for f := range market.NumValues {
		if raw := row[8+int(f)]; raw != nil {
			q.Known = q.Known.With(f)
			q.Values[f] = d.decimal(raw)
		}
	}
}

// bar reads barColumns.
func (d *decoder) bar(row [][]byte, b *market.Bar) {
	if row[0] == nil {
		return
	}
	b.Trades = uint64(d.int(row[0]))
	b.Open, b.High, b.Low, b.Close = d.decimal(row[1]), d.decimal(row[2]), d.decimal(row[3]), d.decimal(row[4])
	b.Volume = d.total(row[5])
}

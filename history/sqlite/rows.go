package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"math"

	"ticker/history"
	"ticker/market"
)

// check reports what no table of this package can keep.
func check(b *history.Batch) error {
	if len(b.Epoch) == 0 || len(b.Epoch) > 32 {
		return fmt.Errorf("epoch of %d bytes: %w", len(b.Epoch), history.ErrSample)
	}
	for i := range b.Samples {
		if what := flaw(&b.Samples[i]); what != "" {
			return fmt.Errorf("sample %d of %.40q: %s: %w", i, string(b.Samples[i].Symbol), what, history.ErrSample)
		}
	}
	return nil
}

func flaw(s *market.Sample) string {
	if _, err := market.ParseSymbol(string(s.Symbol)); err != nil {
		return err.Error()
	}
	if s.Seq > math.MaxInt64 || s.Bar.Trades > math.MaxInt64 {
		return "count beyond 2^63"
	}
	if _, ok := market.ParseStatus(s.Status.String()); !ok {
		return "status out of range"
	}
	if _, ok := market.ParseReason(s.Reason.String()); !ok {
		return "reason out of range"
	}
	return ""
}

// appendQuote appends the columns of a record to the parameters of a statement.
func appendQuote(args []any, symbol int64, q *market.Quote, epoch string) []any {
	args = append(args, symbol, q.Recv, int64(q.Seq), epoch, orNull(q.TS), q.Source)
	if q.Status == market.Live {
		args = append(args, nil)
	} else {
		args = append(args, q.Status.String())
	}
	args = append(args, orNull(q.Reason.String()))
	for f := range market.NumValues {
		if v, ok := q.Value(f); ok {
			args = append(args, v.String())
		} else {
			args = append(args, nil)
		}
	}
	return args
}

// orNull turns a value that stands for nothing into NULL.
func orNull[T comparable](v T) any {
	var none T
	if v == none {
		return nil
	}
	return v
}

func appendSample(args []any, symbol int64, s *market.Sample, epoch string) []any {
	args = appendQuote(args, symbol, &s.Quote, epoch)
	if s.Bar.Trades == 0 {
		return append(args, nil, nil, nil, nil, nil, nil)
	}
	return appendBar(args, &s.Bar)
}

func appendBar(args []any, b *market.Bar) []any {
	return append(args, b.Open.String(), b.High.String(), b.Low.String(), b.Close.String(), b.Volume.String(), int64(b.Trades))
}

// quoteRow is a record as it stands in a row.
type quoteRow struct {
	symbol, recv, seq int64
	epoch, source     string
	ts                sql.NullInt64
	status, reason    sql.NullString
	values            [market.NumValues]sql.NullString
}

// dest is what a row is read into.
func (r *quoteRow) dest() []any {
	dest := []any{&r.symbol, &r.recv, &r.seq, &r.epoch, &r.ts, &r.source, &r.status, &r.reason}
	for i := range r.values {
		dest = append(dest, &r.values[i])
	}
	return dest
}

func (r *quoteRow) position() history.Position {
	return history.Position{Recv: r.recv, Seq: uint64(r.seq), Epoch: r.epoch}
}

// quote returns the record. It fails on a row that this package did not write.
func (r *quoteRow) quote(symbol market.Symbol) (market.Quote, error) {
	q := market.Quote{Symbol: symbol, Recv: r.recv, Seq: uint64(r.seq), TS: r.ts.Int64, Source: r.source}
	var known bool
	if q.Status, known = market.ParseStatus(r.status.String); !known && r.status.Valid {
		return q, fmt.Errorf("read status %.40q: unknown", r.status.String)
	}
	if q.Reason, known = market.ParseReason(r.reason.String); !known {
		return q, fmt.Errorf("read reason %.40q: unknown", r.reason.String)
	}
	for f := range market.NumValues {
		text := &r.values[f]
		if !text.Valid {
			continue
		}
		v, err := market.ParseDecimal(text.String)
		if err != nil {
			return q, fmt.Errorf("read %s: %w", f, err)
		}
		q.Values[f], q.Known = v, q.Known.With(f)
	}
	return q, nil
}

// barRow is a bar as it stands in a row.
type barRow struct {
	open, high, low, close, volume sql.NullString
	trades                         sql.NullInt64
}

func (r *barRow) dest() []any {
	return []any{&r.open, &r.high, &r.low, &r.close, &r.volume, &r.trades}
}

// bar returns the bar: none where there are no trades.
func (r *barRow) bar() (market.Bar, error) {
	var b market.Bar
	if !r.trades.Valid {
		return b, nil
	}
	var errs [5]error
	b.Open, errs[0] = market.ParseDecimal(r.open.String)
	b.High, errs[1] = market.ParseDecimal(r.high.String)
	b.Low, errs[2] = market.ParseDecimal(r.low.String)
	b.Close, errs[3] = market.ParseDecimal(r.close.String)
	b.Volume, errs[4] = market.ParseTotal(r.volume.String)
	if err := errors.Join(errs[:]...); err != nil {
		return b, fmt.Errorf("read bar: %w", err)
	}
	b.Trades = uint64(r.trades.Int64)
	return b, nil
}

package postgres

import (
	"cmp"
	"context"
	"encoding/binary"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"ticker/history"
)

// Whether the part that is folded in begins before what is there, or ends after it.
const (
	comesFirst = "(excluded.first_recv, excluded.first_seq, excluded.first_epoch) < (c.first_recv, c.first_seq, c.first_epoch)"
	comesLast  = "(excluded.last_recv, excluded.last_seq, excluded.last_epoch) > (c.last_recv, c.last_seq, c.last_epoch)"
)

// foldCandles folds parts of candles ($1 to $12, by column; $13 is the epoch of
// all) into those that are there. What came first has the open, what came last
// the close, whichever was written first.
const foldCandles = `
	insert into ticker.candles as c (symbol, minute, trades, first_recv, first_seq, last_recv, last_seq,
		open, high, low, close, volume, first_epoch, last_epoch)
	select p.*, $13, $13 from unnest($1::text[], $2::timestamptz[], $3::bigint[], $4::timestamptz[], $5::bigint[],
		$6::timestamptz[], $7::bigint[], $8::numeric[], $9::numeric[], $10::numeric[], $11::numeric[], $12::numeric[]) p
	on conflict (symbol, minute) do update set
		open = case when ` + comesFirst + ` then excluded.open else c.open end,
		first_recv = case when ` + comesFirst + ` then excluded.first_recv else c.first_recv end,
		first_seq = case when ` + comesFirst + ` then excluded.first_seq else c.first_seq end,
		first_epoch = case when ` + comesFirst + ` then excluded.first_epoch else c.first_epoch end,
		close = case when ` + comesLast + ` then excluded.close else c.close end,
		last_recv = case when ` + comesLast + ` then excluded.last_recv else c.last_recv end,
		last_seq = case when ` + comesLast + ` then excluded.last_seq else c.last_seq end,
		last_epoch = case when ` + comesLast + ` then excluded.last_epoch else c.last_epoch end,
		high = greatest(c.high, excluded.high), low = least(c.low, excluded.low),
		volume = c.volume + excluded.volume, trades = c.trades + excluded.trades`

// foldMinutes folds the trades of samples into the candles of their minutes, in
// the order of the table's key: writers that meet there do so at the same end.
func (a *appending) foldMinutes(ctx context.Context, tx pgx.Tx, b *history.Batch) error {
	minutes := b.Minutes()
	if len(minutes) == 0 {
		return nil
	}
	slices.SortFunc(minutes, func(x, y history.Minute) int {
		return cmp.Or(cmp.Compare(x.Symbol, y.Symbol), cmp.Compare(x.TS, y.TS))
	})
	statement, err := tx.Conn().Prepare(ctx, foldCandles, foldCandles)
	if err != nil {
		return err
	}
	return tx.Conn().PgConn().ExecPrepared(
		ctx, statement.Name, a.arrays.encode(minutes, b.Epoch), []int16{pgx.BinaryFormatCode}, nil,
	).Read().Err
}

// The parameters of foldCandles but the last.
const numArrays = 12

// arrays are the parameters of foldCandles, a column of all minutes each, and
// keep their memory from one batch to the next.
type arrays [numArrays][]byte

// encode fills the arrays with minutes, and returns them with the epoch.
func (a *arrays) encode(minutes []history.Minute, epoch string) [][]byte {
	types := [numArrays]uint32{
		pgtype.TextOID, pgtype.TimestamptzOID, pgtype.Int8OID, pgtype.TimestamptzOID, pgtype.Int8OID,
		pgtype.TimestamptzOID, pgtype.Int8OID,
		pgtype.NumericOID, pgtype.NumericOID, pgtype.NumericOID, pgtype.NumericOID, pgtype.NumericOID,
	}
	for i := range a {
		a[i] = appendArray(a[i][:0], types[i], len(minutes))
	}
	for i := range minutes {
		a.add(&minutes[i])
	}
	return append(append(make([][]byte, 0, numArrays+1), a[:]...), []byte(epoch))
}

// add appends one minute to all arrays.
func (a *arrays) add(m *history.Minute) {
	a[0] = appendText(a[0], m.Symbol)
	a[1] = appendTime(a[1], m.TS)
	a[2] = appendInt(a[2], int64(m.Trades))
	a[3] = appendTime(a[3], m.First.Recv)
	a[4] = appendInt(a[4], int64(m.First.Seq))
	a[5] = appendTime(a[5], m.Last.Recv)
	a[6] = appendInt(a[6], int64(m.Last.Seq))
	a[7] = appendDecimal(a[7], m.Open)
	a[8] = appendDecimal(a[8], m.High)
	a[9] = appendDecimal(a[9], m.Low)
	a[10] = appendDecimal(a[10], m.Close)
	a[11] = appendTotal(a[11], &m.Volume)
}

// appendArray appends the header of an array of one dimension: how many those
// are, whether there are nulls, the type, the length, the index of the first.
func appendArray(dst []byte, elements uint32, length int) []byte {
	for _, n := range []uint32{1, 0, elements, uint32(length), 1} {
		dst = binary.BigEndian.AppendUint32(dst, n)
	}
	return dst
}

package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
)

// carrying is the days that an append looks at: those listed before it, and
// those it wrote to first.
type carrying struct {
	listed []listedDay
	opened []day
}

// carry brings over the newest record of each symbol before a day: of every
// symbol into the days that were opened, of those in the batch into the days
// behind it that were written before. The latter end with the first behind the
// batch that nothing changed in: what a day carries is of the day before it, or
// what that carries.
func (a *appending) carry(ctx context.Context, tx pgx.Tx, c carrying) error {
	days := slices.Clone(c.opened)
	for _, l := range c.listed {
		if !l.written.IsZero() && l.day > a.days[0] {
			days = append(days, l.day)
		}
	}
	slices.Sort(days)
	last := a.days[len(a.days)-1]
	for _, d := range days {
		symbols, err := a.symbolsFor(ctx, tx, slices.Contains(c.opened, d))
		if err != nil {
			return err
		}
		changed, err := carryInto(ctx, tx, d, symbols)
		if err != nil {
			return err
		}
		if d > last && changed == 0 {
			return nil
		}
	}
	return nil
}

// symbolsFor returns the symbols that are carried into a day.
func (a *appending) symbolsFor(ctx context.Context, tx pgx.Tx, opened bool) ([]string, error) {
	if !opened {
		return a.symbols(), nil
	}
	rows, err := tx.Query(ctx, `select symbol from ticker.symbols order by symbol`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// symbols returns those of the batch, in order.
func (a *appending) symbols() []string {
	symbols := make([]string, 0, len(a.batch.Samples))
	for i := range a.batch.Samples {
		symbols = append(symbols, string(a.batch.Samples[i].Symbol))
	}
	slices.Sort(symbols)
	return slices.Compact(symbols)
}

// newest selects the record of each of some symbols ($1) that was the newest in
// a part of a day, from $2 to $3 inclusive, or else what the day ($4) carries.
const newest = `
	select r.* from unnest($1::text[]) wanted (symbol) cross join lateral (
		(select ` + recordColumns + ` from ticker.quotes q
			where q.symbol = wanted.symbol and q.recv >= $2 and q.recv <= $3
			order by recv desc, seq desc, epoch desc limit 1)
		union all
		(select ` + recordColumns + ` from ticker.carried c
			where c.symbol = wanted.symbol and c.day = $4)
		order by recv desc, seq desc, epoch desc limit 1) r
	order by r.symbol`

const carryNewest = `
	insert into ticker.carried as c (day, ` + recordColumns + `)
	select $5, n.* from (` + newest + `) n
	on conflict (day, symbol) do update set (` + recordColumns + `) = (` + excludedColumns + `)
	where (excluded.recv, excluded.seq, excluded.epoch) > (c.recv, c.seq, c.epoch)`

// excludedColumns are recordColumns of the row that an insert was given.
const excludedColumns = "excluded.recv, excluded.seq, excluded.ts, excluded.symbol, excluded.epoch, " +
	"excluded.source, excluded.status, excluded.reason, excluded.bid, excluded.bid_size, excluded.ask, " +
	"excluded.ask_size, excluded.last, excluded.last_size, excluded.open, excluded.high, excluded.low, excluded.volume"

// carryInto brings the newest records of symbols before a day over into it, and
// returns how many changed.
func carryInto(ctx context.Context, tx pgx.Tx, d day, symbols []string) (changed int64, err error) {
	before, ok, err := lastWritten(ctx, tx, d-1)
	if err != nil || !ok {
		return 0, err
	}
	tag, err := tx.Exec(ctx, carryNewest, symbols, before.time(), micros(before.end()-1), before.time(), d.time())
	return tag.RowsAffected(), err
}

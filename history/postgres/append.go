package postgres

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"ticker/history"
	"ticker/market"
)

// writtenLag is how far the time in table days may be behind: a day's row is
// written once in that time, not with each batch.
const writtenLag = time.Minute

// errAlone says that days have to be made, which is done with the lock alone.
var errAlone = errors.New("there are new days")

// Append keeps the samples of a batch. A batch that turns out to open a day, or
// to hold what is there already, is begun again in the way that is made for it.
func (s *Store) Append(ctx context.Context, b *history.Batch) error {
	a, err := s.survey(b)
	if err != nil || len(b.Samples) == 0 {
		return err
	}
	for {
		err := s.write(ctx, func(l *link, tx pgx.Tx) error { return a.run(ctx, l, tx) })
		switch {
		case err == nil:
			a.remember()
			return nil
		case errors.Is(err, errAlone) && !a.alone:
			a.alone = true
		case isDuplicate(err) && !a.staged:
			a.staged = true
		case isSample(err):
			return fmt.Errorf("append to history: %w: %w", history.ErrSample, err)
		default:
			return fmt.Errorf("append to history: %w", err)
		}
	}
}

// appending is one batch on its way into the tables.
type appending struct {
	*Store
	batch *history.Batch
	days  []day    // that it has samples of, in order
	fresh []string // symbols that are new to this Store

	alone  bool // holds the lock alone, and may make days
	staged bool // some samples are in the tables already
}

// survey looks over a batch, before the database is asked. The error is
// history.ErrSample for numbers that no column holds.
func (s *Store) survey(b *history.Batch) (*appending, error) {
	a := &appending{Store: s, batch: b}
	fresh := make(map[market.Symbol]struct{})
	for i := range b.Samples {
		sample := &b.Samples[i]
		if err := checkSample(sample); err != nil {
			return nil, fmt.Errorf("append to history: %w", err)
		}
		if d := dayOf(sample.Recv); !slices.Contains(a.days, d) {
			a.days = append(a.days, d)
		}
		if _, known := s.known[sample.Symbol]; !known {
			fresh[sample.Symbol] = struct{}{}
		}
	}
	slices.Sort(a.days)
	for symbol := range fresh {
		a.fresh = append(a.fresh, string(symbol))
	}
	slices.Sort(a.fresh)
	return a, nil
}

func checkSample(s *market.Sample) error {
	kept := func(at int64) bool { return at >= minTime && at <= maxTime }
	switch {
	case !kept(s.Recv):
		return fmt.Errorf("%w: %s was accepted outside of the years 1 to 9999", history.ErrSample, s.Symbol)
	case !kept(s.TS):
		return fmt.Errorf("%w: %s has a time outside of the years 1 to 9999", history.ErrSample, s.Symbol)
	case s.Seq > math.MaxInt64, s.Bar.Trades > math.MaxInt64:
		return fmt.Errorf("%w: %s has a count of more than 63 bits", history.ErrSample, s.Symbol)
	}
	return nil
}

// remember keeps in mind what the tables hold now.
func (a *appending) remember() {
	for _, symbol := range a.fresh {
		a.known[market.Symbol(symbol)] = struct{}{}
	}
}

// run is the transaction.
func (a *appending) run(ctx context.Context, l *link, tx pgx.Tx) error {
	if err := a.lock(ctx, tx); err != nil {
		return fmt.Errorf("lock days: %w", err)
	}
	listed, err := daysFrom(ctx, tx, a.days[0])
	if err != nil {
		return fmt.Errorf("read days: %w", err)
	}
	opened := unwritten(a.days, listed)
	if len(opened) > 0 && !a.alone {
		return errAlone
	}
	for _, d := range unlisted(opened, listed) {
		if err := l.makeRoom(ctx, tx, d); err != nil {
			return err
		}
	}
	if err := a.insert(ctx, tx); err != nil {
		return err
	}
	if err := a.markWritten(ctx, tx, listed); err != nil {
		return fmt.Errorf("mark days: %w", err)
	}
	if err := a.carry(ctx, tx, carrying{listed: listed, opened: opened}); err != nil {
		return fmt.Errorf("carry records over: %w", err)
	}
	return nil
}

func (a *appending) lock(ctx context.Context, tx pgx.Tx) error {
	if a.alone {
		return lockAlone(ctx, tx)
	}
	_, err := tx.Exec(ctx, `select pg_advisory_xact_lock_shared($1)`, int64(daysLock))
	return err
}

func lockAlone(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `select pg_advisory_xact_lock($1)`, int64(daysLock))
	return err
}

// insert writes the samples, and what is counted from them.
func (a *appending) insert(ctx context.Context, tx pgx.Tx) error {
	added := a.batch
	var err error
	if a.staged {
		added, err = a.insertStaged(ctx, tx)
	} else {
		err = a.copyTo(ctx, tx, "ticker.quotes")
	}
	if err != nil {
		return fmt.Errorf("write samples: %w", err)
	}
	if len(a.fresh) > 0 {
		const insert = `insert into ticker.symbols (symbol) select unnest($1::text[]) on conflict do nothing`
		if _, err := tx.Exec(ctx, insert, a.fresh); err != nil {
			return fmt.Errorf("write symbols: %w", err)
		}
	}
	if err := a.foldMinutes(ctx, tx, added); err != nil {
		return fmt.Errorf("write candles: %w", err)
	}
	return nil
}

// copyTo writes all samples to a table with the columns of quotes.
func (a *appending) copyTo(ctx context.Context, tx pgx.Tx, table string) error {
	a.rows.start(a.batch)
	defer a.rows.stop()
	_, err := tx.Conn().PgConn().CopyFrom(ctx, a.rows, `copy `+table+` (`+quoteColumns+`) from stdin binary`)
	if err != nil {
		a.rows = new(rows) // the old one may be waited for by whoever reads it
	}
	return err
}

// insertStaged writes the samples that are not there yet, and returns those.
func (a *appending) insertStaged(ctx context.Context, tx pgx.Tx) (*history.Batch, error) {
	const stage = `create temporary table staged (like ticker.quotes) on commit drop`
	if _, err := tx.Exec(ctx, stage); err != nil {
		return nil, err
	}
	if err := a.copyTo(ctx, tx, "staged"); err != nil {
		return nil, err
	}
	const insert = `insert into ticker.quotes (` + quoteColumns + `) select ` + quoteColumns + ` from staged
		on conflict do nothing returning symbol, recv, seq`
	type place struct {
		symbol market.Symbol
		recv   int64
		seq    uint64
	}
	inserted := make(map[place]struct{})
	var d decoder
	err := each(ctx, tx, func(row [][]byte) error {
		p := place{symbol: market.Symbol(row[0]), recv: d.time(row[1]), seq: uint64(d.int(row[2]))}
		inserted[p] = struct{}{}
		return d.err
	}, insert)
	if err != nil {
		return nil, err
	}
	added := &history.Batch{Epoch: a.batch.Epoch}
	for i := range a.batch.Samples {
		s := &a.batch.Samples[i]
		p := place{symbol: s.Symbol, recv: s.Recv, seq: s.Seq}
		if _, ok := inserted[p]; ok {
			added.Samples = append(added.Samples, *s)
			delete(inserted, p) // a second one in the batch was left out
		}
	}
	return added, nil
}

// markWritten notes when the days were written to.
func (a *appending) markWritten(ctx context.Context, tx pgx.Tx, listed []listedDay) error {
	now := a.now()
	var late []time.Time
	for _, d := range a.days {
		at := slices.IndexFunc(listed, func(l listedDay) bool { return l.day == d })
		if at < 0 || now.Sub(listed[at].written) >= writtenLag {
			late = append(late, d.time())
		}
	}
	if len(late) == 0 {
		return nil
	}
	const mark = `update ticker.days set written = greatest(written, $2) where day = any($1::date[])`
	_, err := tx.Exec(ctx, mark, late, now)
	return err
}

// unlisted returns the days that there is no room for.
func unlisted(days []day, listed []listedDay) []day {
	return without(days, listed, func(listedDay) bool { return true })
}

// unwritten returns the days that have no samples.
func unwritten(days []day, listed []listedDay) []day {
	return without(days, listed, func(l listedDay) bool { return !l.written.IsZero() })
}

// without returns the days that are not among those of a list that count.
func without(days []day, listed []listedDay, counts func(listedDay) bool) []day {
	var rest []day
	for _, d := range days {
		if !slices.ContainsFunc(listed, func(l listedDay) bool { return l.day == d && counts(l) }) {
			rest = append(rest, d)
		}
	}
	return rest
}

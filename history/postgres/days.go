package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// listedDay is a row of table days.
type listedDay struct {
	day
	written time.Time // zero if it has no samples
}

// daysFrom returns the days that there is room for from one on, in order.
func daysFrom(ctx context.Context, on db, first day) ([]listedDay, error) {
	rows, err := on.Query(ctx, `select day, written from ticker.days where day >= $1 order by day`, first.time())
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (listedDay, error) {
		var date time.Time
		var written *time.Time
		if err := row.Scan(&date, &written); err != nil {
			return listedDay{}, err
		}
		listed := listedDay{day: dayOfTime(date)}
		if written != nil {
			listed.written = *written
		}
		return listed, nil
	})
}

// lastWritten returns the newest day up to one that has samples, and false if
// there is none.
func lastWritten(ctx context.Context, on db, until day) (day, bool, error) {
	rows, err := on.Query(ctx, `select max(day) from ticker.days where day <= $1 and written is not null`, until.time())
	if err != nil {
		return 0, false, err
	}
	date, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[*time.Time])
	if err != nil || date == nil {
		return 0, false, err
	}
	return dayOfTime(*date), true, nil
}

// makeRoom makes the partitions of a day, and lists it.
//
// Half of each page of candles is left free: a candle is written again with each
// batch of its minute, and a row that moves within its page leaves the index
// alone.
func (l *link) makeRoom(ctx context.Context, tx pgx.Tx, d day) error {
	if l.extension == "" {
		if err := d.partition("quotes").create(ctx, tx, 100); err != nil {
			return err
		}
	}
	if err := d.partition("candles").create(ctx, tx, 50); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `insert into ticker.days (day) values ($1)`, d.time())
	return err
}

// dropRoom drops all that there is of a day, and what it carries.
func (l *link) dropRoom(ctx context.Context, tx pgx.Tx, d day) error {
	if err := l.dropSamples(ctx, tx, d); err != nil {
		return fmt.Errorf("drop samples: %w", err)
	}
	if err := d.partition("candles").drop(ctx, tx); err != nil {
		return fmt.Errorf("drop candles: %w", err)
	}
	_, err := tx.Exec(ctx, `delete from ticker.carried where day = $1`, d.time())
	return err
}

func (l *link) dropSamples(ctx context.Context, tx pgx.Tx, d day) error {
	if l.extension == "" {
		return d.partition("quotes").drop(ctx, tx)
	}
	_, err := tx.Exec(ctx, `select `+l.extension+`.drop_chunks('ticker.quotes',
		newer_than => $1::timestamptz, older_than => $2::timestamptz)`, d.time(), (d + 1).time())
	return err
}

// partition is the part of a table that holds one day.
type partition struct {
	of string
	day
}

func (d day) partition(of string) partition { return partition{of: of, day: d} }

func (p partition) name() string { return "ticker." + p.of + "_" + p.String() }

// create makes the partition beside its table and then attaches it, which lets
// others read meanwhile. Inserts leave a part of each page free, fill percent
// are theirs.
func (p partition) create(ctx context.Context, tx pgx.Tx, fill int) error {
	const bound = "2006-01-02 15:04:05+00"
	sql := fmt.Sprintf(`create table %s (like ticker.%s including defaults) with (fillfactor = %d);
		alter table ticker.%[2]s attach partition %[1]s for values from ('%[4]s') to ('%[5]s')`,
		p.name(), p.of, fill, p.time().Format(bound), (p.day + 1).time().Format(bound))
	if _, err := tx.Exec(ctx, sql); err != nil {
		return fmt.Errorf("make partition of %s: %w", p.of, err)
	}
	return nil
}

func (p partition) drop(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `drop table `+p.name())
	return err
}

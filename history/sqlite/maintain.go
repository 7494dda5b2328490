package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Maintain drops old days, each in a transaction of its own. There is nothing to
// prepare for the days to come.
func (s *Store) Maintain(ctx context.Context, now time.Time, keep time.Duration) error {
	return s.write(ctx, "maintain history", func(f *file) error {
		if keep == 0 {
			return ctx.Err()
		}
		old, err := f.oldDays(ctx, now.Add(-keep).UnixMicro())
		if err != nil {
			return err
		}
		for _, d := range old {
			if err := f.dropDay(ctx, d); err != nil {
				return fmt.Errorf("drop %s: %w", d, err)
			}
			s.logger.Info("history day dropped", "day", d.String())
		}
		return nil
	})
}

// oldDays returns the days that ended, and were last written to, before a time,
// but for the newest of all.
func (f *file) oldDays(ctx context.Context, limit int64) (days []day, err error) {
	err = inTx(ctx, f.writer, nil, func(tx *sql.Tx) error {
		var d day
		const old = "SELECT day FROM days WHERE day < ? AND written < ? AND day < (SELECT max(day) FROM days) ORDER BY day"
		q := question{old, []any{int64(dayOf(limit - 1)), limit}}
		return q.each(ctx, tx, []any{&d}, func() error {
			days = append(days, d)
			return nil
		})
	})
	return days, err
}

// dropDay leaves the rows that were carried from the day into later ones.
func (f *file) dropDay(ctx context.Context, d day) error {
	return inTx(ctx, f.writer, nil, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, d.drop()); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM carried WHERE day = ?", int64(d)); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "DELETE FROM days WHERE day = ?", int64(d))
		return err
	})
}

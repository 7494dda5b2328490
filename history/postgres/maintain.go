package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Maintain makes the partitions of today and tomorrow, and drops the days that
// are too old, each in a transaction of its own: to drop one waits for whoever
// reads, and keeps new readers waiting with it.
func (s *Store) Maintain(ctx context.Context, now time.Time, keep time.Duration) error {
	if err := s.makeAhead(ctx, dayOfTime(now)); err != nil {
		return fmt.Errorf("make days: %w", err)
	}
	if keep == 0 {
		return nil
	}
	limit := now.Add(-keep)
	old, err := s.expired(ctx, limit)
	if err != nil {
		return fmt.Errorf("look for old days: %w", err)
	}
	for _, d := range old {
		if err := s.drop(ctx, d, limit); err != nil {
			return fmt.Errorf("drop day %s: %w", d, err)
		}
	}
	return nil
}

// makeAhead makes room for a day and the next.
func (s *Store) makeAhead(ctx context.Context, today day) error {
	var missing []day
	look := func(on db) error {
		listed, err := daysFrom(ctx, on, today)
		missing = unlisted([]day{today, today + 1}, listed)
		return err
	}
	if err := s.read(ctx, look); err != nil || len(missing) == 0 {
		return err
	}
	return s.writeAlone(ctx, func(l *link, tx pgx.Tx) error {
		if err := look(tx); err != nil {
			return err
		}
		for _, d := range missing {
			if err := l.makeRoom(ctx, tx, d); err != nil {
				return err
			}
		}
		return nil
	})
}

// expiredDays are those that ended, and were written to, before a limit, but for
// the newest that was written to at all.
const expiredDays = `(day + 1)::timestamp at time zone 'UTC' < $1 and (written is null or written < $1)
	and day is distinct from (select max(day) from ticker.days where written is not null)`

// expired returns the days to be dropped.
func (s *Store) expired(ctx context.Context, limit time.Time) (old []day, err error) {
	err = s.read(ctx, func(on db) error {
		rows, err := on.Query(ctx, `select day from ticker.days where `+expiredDays+` order by day`, limit)
		if err != nil {
			return err
		}
		old, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (day, error) {
			var date time.Time
			err := row.Scan(&date)
			return dayOfTime(date), err
		})
		return err
	})
	return old, err
}

// drop drops a day, unless it was written to in the meantime.
func (s *Store) drop(ctx context.Context, d day, limit time.Time) error {
	return s.writeAlone(ctx, func(l *link, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `delete from ticker.days where day = $2 and `+expiredDays, limit, d.time())
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		s.log.InfoContext(ctx, "history day dropped", "day", d.String())
		return l.dropRoom(ctx, tx, d)
	})
}

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// application marks a file as one of this package: "tick" in ASCII.
const application = 0x7469636b

// migrations bring a file from the version of their place in the list to the
// next.
func migrations() []string {
	return []string{`
CREATE TABLE symbols (
	id   INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE days (
	day     INTEGER PRIMARY KEY, -- since 1970-01-01
	written INTEGER NOT NULL     -- when last
) STRICT;
CREATE TABLE carried (
	day INTEGER NOT NULL,
	` + quoteTable + `,
	PRIMARY KEY (day, symbol)
) STRICT, WITHOUT ROWID;`}
}

// quoteTable declares the columns of a record, in the order of quoteColumns.
const quoteTable = `symbol INTEGER NOT NULL,
	recv INTEGER NOT NULL,
	seq INTEGER NOT NULL,
	epoch TEXT NOT NULL,
	ts INTEGER,
	source TEXT NOT NULL,
	status TEXT,
	reason TEXT,
	bid TEXT, bid_size TEXT,
	ask TEXT, ask_size TEXT,
	last TEXT, last_size TEXT,
	open TEXT, high TEXT, low TEXT, volume TEXT`

const quoteColumns = `symbol, recv, seq, epoch, ts, source, status, reason,
	bid, bid_size, ask, ask_size, last, last_size, open, high, low, volume`

const barColumns = "bar_open, bar_high, bar_low, bar_close, bar_volume, bar_trades"

// sampleColumns are those of a record, and of the bar of its sample.
const sampleColumns = quoteColumns + ", " + barColumns

// minuteColumns are those of a candle of one minute.
const minuteColumns = `symbol, minute, first_recv, first_seq, first_epoch, last_recv, last_seq, last_epoch,
	open, high, low, close, volume, trades`

// Numbers of columns.
const (
	quoteWidth  = 18
	sampleWidth = quoteWidth + 6
	minuteWidth = 14
)

// day is a UTC day, by its number since the Unix epoch.
type day int64

const dayWidth = int64(24 * time.Hour / time.Microsecond)

// dayOf returns the day of a time, for times before the Unix epoch too.
func dayOf(at int64) day {
	d := at / dayWidth
	if at%dayWidth < 0 {
		d--
	}
	return day(d)
}

// String returns the date.
func (d day) String() string { return d.format(time.DateOnly) }

func (d day) format(layout string) string {
	return time.Unix(int64(d)*24*60*60, 0).UTC().Format(layout)
}

// samples and candles are the names of the day's tables, quoted: years before 0
// have a minus sign.
func (d day) samples() string { return d.format(`"samples_2006_01_02"`) }
func (d day) candles() string { return d.format(`"candles_2006_01_02"`) }

// create makes the tables of a day.
func (d day) create() string {
	return `
CREATE TABLE ` + d.samples() + ` (
	` + quoteTable + `,
	bar_open TEXT, bar_high TEXT, bar_low TEXT, bar_close TEXT, bar_volume TEXT, bar_trades INTEGER,
	PRIMARY KEY (symbol, recv, seq, epoch)
) STRICT, WITHOUT ROWID;
CREATE TABLE ` + d.candles() + ` (
	symbol INTEGER NOT NULL,
	minute INTEGER NOT NULL, -- its beginning
	first_recv INTEGER NOT NULL, first_seq INTEGER NOT NULL, first_epoch TEXT NOT NULL,
	last_recv INTEGER NOT NULL, last_seq INTEGER NOT NULL, last_epoch TEXT NOT NULL,
	open TEXT NOT NULL, high TEXT NOT NULL, low TEXT NOT NULL, close TEXT NOT NULL,
	volume TEXT NOT NULL, trades INTEGER NOT NULL,
	PRIMARY KEY (symbol, minute)
) STRICT, WITHOUT ROWID;`
}

// drop undoes create.
func (d day) drop() string { return "DROP TABLE " + d.samples() + "; DROP TABLE " + d.candles() }

// migrate brings a file to the newest version. It refuses files of newer
// versions, and those of other programs.
func migrate(ctx context.Context, db *sql.DB) error {
	return inTx(ctx, db, nil, func(tx *sql.Tx) error {
		var owner, version, tables int
		err := tx.QueryRowContext(ctx, `SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
			FROM pragma_application_id, pragma_user_version`).Scan(&owner, &version, &tables)
		steps := migrations()
		switch {
		case err != nil:
			return fmt.Errorf("read schema: %w", err)
		case owner != application && tables > 0:
			return errors.New("file is the database of another program")
		case version > len(steps):
			return fmt.Errorf("file has schema version %d, written by a newer version of this program, which knows up to %d",
				version, len(steps))
		}
		for ; version < len(steps); version++ {
			mark := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", application, version+1)
			if _, err := tx.ExecContext(ctx, steps[version]+mark); err != nil {
				return fmt.Errorf("migrate schema to version %d: %w", version+1, err)
			}
		}
		return nil
	})
}

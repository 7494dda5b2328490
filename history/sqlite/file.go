package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"

	modernc "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// readers is the most questions that are answered at one time.
const readers = 4

// file is an open database.
type file struct {
	writer  *sql.DB // of one connection
	reader  *sql.DB
	symbols *symbols
}

func openFile(ctx context.Context, path string) (_ *file, err error) {
	// A batch touches a page for every symbol in it. With SQLite's own limit of a
	// thousand pages each batch would be copied from the log into the file, page
	// by page; with this one a page is copied once for many batches. The cache
	// holds the pages that batches go to.
	writer, err := sql.Open("sqlite", address(path, "immediate", "busy_timeout(5000)", "journal_mode(WAL)", "synchronous(NORMAL)",
		"wal_autocheckpoint(16384)", "journal_size_limit(67108864)", "cache_size(-65536)"))
	if err != nil {
		return nil, err
	}
	reader, err := sql.Open("sqlite", address(path, "deferred", "busy_timeout(5000)", "query_only(1)", "cache_size(-8192)"))
	if err != nil {
		return nil, errors.Join(err, writer.Close())
	}
	writer.SetMaxOpenConns(1)
	reader.SetMaxOpenConns(readers)
	reader.SetMaxIdleConns(readers)
	f := &file{writer: writer, reader: reader}
	if err := f.prepare(ctx); err != nil {
		return nil, errors.Join(err, f.close())
	}
	return f, nil
}

func (f *file) prepare(ctx context.Context) error {
	if err := migrate(ctx, f.writer); err != nil {
		return err
	}
	var err error
	f.symbols, err = loadSymbols(ctx, f.writer)
	return err
}

func (f *file) close() error { return errors.Join(f.reader.Close(), f.writer.Close()) }

// address names a database, how transactions that may write begin, and the
// settings of every connection to it.
func address(path, begin string, pragmas ...string) string {
	query := url.Values{"_txlock": {begin}, "_pragma": pragmas}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}).String()
}

// lock keeps other processes away from a file. It is SQLite's own lock on an
// empty database beside it, which goes with the process that holds it.
type lock struct {
	db   *sql.DB
	held *sql.Tx
}

func takeLock(ctx context.Context, path string) (*lock, error) {
	db, err := sql.Open("sqlite", address(path+".lock", "exclusive", "journal_mode(MEMORY)"))
	if err != nil {
		return nil, err
	}
	held, err := db.BeginTx(context.WithoutCancel(ctx), nil)
	if err == nil {
		return &lock{db, held}, nil
	}
	_ = db.Close() // it holds nothing
	if code(err) == lib.SQLITE_BUSY {
		return nil, fmt.Errorf("another process has %s open", path)
	}
	return nil, fmt.Errorf("lock %s.lock: %w", path, err)
}

// release gives the lock up. Nothing was written under it, so that nothing can
// be lost.
func (l *lock) release() {
	_ = l.held.Rollback()
	_ = l.db.Close()
}

// inTx runs work in one transaction, which is undone if it fails. It asks
// database/sql not to watch the context: it would end the transaction in a
// goroutine of its own, at a time that nobody knows. The statements watch it.
func inTx(ctx context.Context, db *sql.DB, opts *sql.TxOptions, work func(*sql.Tx) error) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // it only goes back to the others
	tx, err := conn.BeginTx(context.WithoutCancel(ctx), opts)
	if err != nil {
		return err
	}
	if err = work(tx); err == nil {
		err = ctx.Err()
	}
	if err != nil {
		if tx.Rollback() != nil {
			// Most likely SQLite did it before. If it did not, nobody may have a
			// connection whose transaction goes on.
			_ = conn.Raw(func(any) error { return driver.ErrBadConn })
		}
		return err
	}
	return tx.Commit()
}

// code returns SQLite's primary result code, 0 for other errors.
func code(err error) int {
	if e, ok := errors.AsType[*modernc.Error](err); ok {
		return e.Code() & 0xff
	}
	return lib.SQLITE_OK
}

func isDamage(err error) bool {
	c := code(err)
	return c == lib.SQLITE_CORRUPT || c == lib.SQLITE_NOTADB
}

func isFull(err error) bool { return code(err) == lib.SQLITE_FULL }

// isTaken reports whether a row was there already.
func isTaken(err error) bool { return code(err) == lib.SQLITE_CONSTRAINT }

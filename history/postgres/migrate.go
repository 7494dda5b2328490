package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Advisory locks, of the session that migrates and of the transactions that
// write. The numbers only have to differ from those of others in the database.
const (
	migrationLock = 0x7469636b_00000001
	daysLock      = 0x7469636b_00000002
)

var errNewer = errors.New("its tables are of a newer version of this program")

// migrationFiles are applied in the order of their names; the number of a
// version is its place in it, from 1.
//
//go:embed migrations/*.sql
var migrationFiles embed.FS

func migrations() ([]string, error) {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var steps []string
	for _, name := range names {
		text, err := migrationFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		steps = append(steps, string(text))
	}
	return steps, nil
}

// migrate brings the tables up to date. A server that is up to date is only
// read, so that a read-only one serves too.
func (s *Store) migrate(ctx context.Context, pool *pgxpool.Pool) error {
	steps, err := migrations()
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	return pool.AcquireFunc(ctx, func(pooled *pgxpool.Conn) error {
		conn := pooled.Conn()
		if current, err := isCurrent(ctx, conn, len(steps)); current || err != nil {
			return err
		}
		return s.migrateAlone(ctx, conn, steps)
	})
}

func isCurrent(ctx context.Context, conn *pgx.Conn, latest int) (bool, error) {
	version, err := versionOf(ctx, conn)
	if err == nil && version > latest {
		return false, fmt.Errorf("%w: version %d, this one knows %d", errNewer, version, latest)
	}
	return version == latest, err
}

// versionOf returns how many migrations a database has seen.
func versionOf(ctx context.Context, conn *pgx.Conn) (version int, err error) {
	var there bool
	err = conn.QueryRow(ctx, `select to_regclass('ticker.migrations') is not null`).Scan(&there)
	if err == nil && there {
		err = conn.QueryRow(ctx, `select coalesce(max(version), 0) from ticker.migrations`).Scan(&version)
	}
	if err != nil {
		return 0, fmt.Errorf("read version of tables: %w", err)
	}
	return version, nil
}

// migrateAlone applies what is missing while others who would do so wait. The
// lock goes with the connection, which is closed for that whatever happens.
func (s *Store) migrateAlone(ctx context.Context, conn *pgx.Conn, steps []string) (err error) {
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	if _, err := conn.Exec(ctx, `select pg_advisory_lock($1)`, int64(migrationLock)); err != nil {
		return fmt.Errorf("wait for other migrations: %w", err)
	}
	if current, err := isCurrent(ctx, conn, len(steps)); current || err != nil {
		return err
	}
	if err := createSchema(ctx, conn); err != nil {
		return fmt.Errorf("create schema: %w", err)
	}
	version, err := versionOf(ctx, conn)
	if err != nil {
		return err
	}
	for ; version < len(steps); version++ {
		if err := apply(ctx, conn, version+1, steps[version]); err != nil {
			return fmt.Errorf("migrate tables to version %d: %w", version+1, err)
		}
		s.log.InfoContext(ctx, "history tables migrated", "version", version+1)
	}
	return nil
}

// createSchema makes the schema if there is none: to do so takes a right that
// the role need not have when an administrator made it.
func createSchema(ctx context.Context, conn *pgx.Conn) error {
	var there bool
	err := conn.QueryRow(ctx, `select to_regnamespace('ticker') is not null`).Scan(&there)
	if err == nil && !there {
		_, err = conn.Exec(ctx, `create schema ticker`)
	}
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `create table if not exists ticker.migrations (
		version int primary key, applied timestamptz not null default now())`)
	return err
}

func apply(ctx context.Context, conn *pgx.Conn, version int, step string) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, step); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `insert into ticker.migrations (version) values ($1)`, version)
		return err
	})
}

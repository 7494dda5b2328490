package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ticker/history"
	"ticker/market"
)

var _ history.Store = (*Store)(nil)

const (
	// defaultConns is few: answers take milliseconds, and each connection is a
	// process of the server.
	defaultConns = 8
	// connectTimeout is for hosts that drop packets, where the URL has none.
	connectTimeout = 5 * time.Second
)

var errNotOpen = errors.New("history is not open")

// Config says where a Store keeps its samples.
type Config struct {
	// URL is a PostgreSQL connection URL or keyword string, as libpq reads them;
	// pool_max_conns bounds the connections, 8 by default.
	URL string
	// Logger is told of migrations, and of days that are dropped; nil for nobody.
	Logger *slog.Logger
	// Now reads this machine's clock; time.Now by default.
	Now func() time.Time
}

// Store is a history.Store in PostgreSQL. Make one with New.
type Store struct {
	config *pgxpool.Config
	log    *slog.Logger
	now    func() time.Time
	link   atomic.Pointer[link] // nil until Open succeeded

	// What Append knows from one batch to the next. Symbols are never removed
	// from their table.
	known  map[market.Symbol]struct{}
	rows   *rows
	arrays arrays
}

// New checks a configuration. It does not connect.
func New(cfg Config) (*Store, error) {
	config, err := parseURL(cfg.URL)
	if err != nil {
		return nil, err
	}
	s := &Store{config: config, log: cfg.Logger, now: cfg.Now, rows: new(rows)}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	return s, nil
}

// parseURL reads a connection URL. Its errors show no part of it: what is wrong
// with a URL may be next to a password, or be one.
func parseURL(url string) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("parse history URL: %s", reasonOf(err))
	}
	if single, err := pgx.ParseConfig(url); err == nil && single.RuntimeParams["pool_max_conns"] == "" {
		config.MaxConns = defaultConns
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = connectTimeout
	}
	if config.ConnConfig.RuntimeParams["application_name"] == "" {
		config.ConnConfig.RuntimeParams["application_name"] = "ticker"
	}
	config.AfterConnect = prepareSession
	return config, nil
}

// reasonOf returns what pgx found wrong, without what it found it in.
func reasonOf(err error) string {
	text := err.Error()
	// "cannot parse `URL`: reason (detail)": pgx masks passwords in the URL where
	// it recognises them, and the detail quotes what it could not read.
	if at := strings.LastIndexByte(text, '`'); at >= 0 {
		text = strings.TrimPrefix(text[at+1:], ": ")
	}
	reason, _, _ := strings.Cut(text, " (")
	return reason
}

// prepareSession tells the server how this program asks. A plan that is made
// anew each time names only the days that are read, where a kept one locks all
// of them; compiling a query takes longer than any of these runs. The limit
// frees the locks of a writer that vanished in the middle of a transaction.
func prepareSession(ctx context.Context, conn *pgx.Conn) error {
	const settings = `set plan_cache_mode = force_custom_plan; set jit = off;
		set idle_in_transaction_session_timeout = '60s'`
	if _, err := conn.Exec(ctx, settings); err != nil {
		return fmt.Errorf("prepare session: %w", err)
	}
	return nil
}

// Open connects, and brings the tables to the shape that this version knows.
func (s *Store) Open(ctx context.Context) error {
	s.closeLink()
	l, err := newLink(ctx, s.config)
	if err != nil {
		return fmt.Errorf("open history: %w", err)
	}
	if err := s.prepare(ctx, l); err != nil {
		l.close()
		return fmt.Errorf("open history: %w", err)
	}
	s.known = make(map[market.Symbol]struct{})
	s.link.Store(l)
	return nil
}

func (s *Store) prepare(ctx context.Context, l *link) error {
	if err := s.migrate(ctx, l.pool); err != nil {
		return err
	}
	return l.pool.QueryRow(ctx, findExtension).Scan(&l.extension)
}

// findExtension returns the schema of TimescaleDB's functions if the samples are
// in one of its tables, and nothing if they are in partitions.
const findExtension = `select coalesce((
	select e.extnamespace::regnamespace::text from pg_extension e, pg_class c
	where e.extname = 'timescaledb' and c.oid = 'ticker.quotes'::regclass and c.relkind = 'r'), '')`

// Close ends all connections, once the calls that use them have returned.
func (s *Store) Close() error {
	s.closeLink()
	return nil
}

func (s *Store) closeLink() {
	if l := s.link.Swap(nil); l != nil {
		l.close()
	}
}

// write runs a transaction.
func (s *Store) write(ctx context.Context, do func(*link, pgx.Tx) error) error {
	l := s.link.Load()
	if l == nil {
		return errNotOpen
	}
	return l.judge(ctx, pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error { return do(l, tx) }))
}

// writeAlone runs a transaction beside which nobody writes.
func (s *Store) writeAlone(ctx context.Context, do func(*link, pgx.Tx) error) error {
	return s.write(ctx, func(l *link, tx pgx.Tx) error {
		if err := lockAlone(ctx, tx); err != nil {
			return err
		}
		return do(l, tx)
	})
}

// read runs queries on one connection.
func (s *Store) read(ctx context.Context, do func(db) error) error {
	l := s.link.Load()
	if l == nil {
		return errNotOpen
	}
	return l.judge(ctx, l.pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error { return do(conn) }))
}

// db is what asks the database: a connection or a transaction.
type db interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// each calls take with the values of every row of an answer, in binary, which
// are good until it returns.
func each(ctx context.Context, on db, take func([][]byte) error, sql string, args ...any) error {
	answer, err := on.Query(ctx, sql, append([]any{pgx.QueryResultFormats{pgx.BinaryFormatCode}}, args...)...)
	if err != nil {
		return err
	}
	defer answer.Close()
	for answer.Next() {
		if err := take(answer.RawValues()); err != nil {
			return err
		}
	}
	return answer.Err()
}

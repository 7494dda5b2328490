package postgres

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

// connect opens a session beside the store's, to look at tables.
func connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return conn
}

// execute runs a statement.
func execute(t testing.TB, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// column returns the values of a query of one column of text.
func column(t testing.TB, conn *pgx.Conn, sql string) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	values, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// expect compares the values of a query of one column.
func expect(t testing.TB, conn *pgx.Conn, sql string, want ...string) {
	t.Helper()
	if got := column(t, conn, sql); !slices.Equal(got, want) {
		t.Errorf("%s (-want +got):\n%s", sql, cmp.Diff(want, got))
	}
}

func TestServicesThatStartAtOneTimeMigrateOnce(t *testing.T) {
	t.Parallel()
	url := server.Server(t).NewDatabase(t)
	var services sync.WaitGroup
	for range 6 {
		s := newStore(t, url)
		services.Go(func() {
			if err := s.Open(t.Context()); err != nil {
				t.Error(err)
			}
			closeStore(t, s)
		})
	}
	services.Wait()
	expect(t, connect(t, url), `select version::text from ticker.migrations order by version`, "1")
}

func TestWaitingForAnotherMigrationEndsWithTheContext(t *testing.T) {
	t.Parallel()
	url := server.Server(t).NewDatabase(t)
	other := connect(t, url)
	if _, err := other.Exec(t.Context(), `select pg_advisory_lock($1)`, int64(migrationLock)); err != nil {
		t.Fatal(err)
	}
	s := newStore(t, url)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := s.Open(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("open: %v", err)
	}
	execute(t, other, `select pg_advisory_unlock_all()`)
	if err := s.Open(t.Context()); err != nil {
		t.Errorf("open when the other is done: %v", err)
	}
	closeStore(t, s)
}

func TestTablesOfANewerVersionAreLeftAlone(t *testing.T) {
	t.Parallel()
	url := server.Server(t).NewDatabase(t)
	closeStore(t, openStore(t, url))
	execute(t, connect(t, url), `insert into ticker.migrations (version) values (99)`)
	s := newStore(t, url)
	if err := s.Open(t.Context()); !errors.Is(err, errNewer) || !strings.Contains(err.Error(), "99") {
		t.Errorf("open: %v", err)
	}
	closeStore(t, s)
}

func TestAMigrationThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	url := server.Server(t).NewDatabase(t)
	conn := connect(t, url)
	execute(t, conn, `create schema ticker; create table ticker.candles (other text)`)
	s := newStore(t, url)
	if err := s.Open(t.Context()); err == nil {
		t.Error("it opened on the tables of somebody else")
	}
	expect(t, conn, `select to_regclass('ticker.quotes') is null`+"::text", "true")
	execute(t, conn, `drop table ticker.candles`)
	if err := s.Open(t.Context()); err != nil {
		t.Errorf("open after that was put right: %v", err)
	}
	closeStore(t, s)
}

func TestASchemaMadeByAnAdministratorIsEnough(t *testing.T) {
	t.Parallel()
	srv := server.Server(t)
	url := srv.NewDatabase(t)
	admin := connect(t, url)
	database := column(t, admin, `select current_database()::text`)[0]
	role := "role_" + database
	execute(t, admin, `create role `+role+` login; revoke create on database `+database+` from public;
		create schema ticker authorization `+role)
	s := newStore(t, strings.Replace(url, "postgres@", role+"@", 1))
	if err := s.Open(t.Context()); err != nil {
		t.Error(err)
	}
	closeStore(t, s)
}

func TestTablesThatAreUpToDateOpenReadOnly(t *testing.T) {
	t.Parallel()
	url := server.Server(t).NewDatabase(t)
	closeStore(t, openStore(t, url))
	conn := connect(t, url)
	execute(t, conn, `alter database `+column(t, conn, `select current_database()::text`)[0]+
		` set default_transaction_read_only = on`)
	s := openStore(t, url)
	if _, err := s.AsOf(t.Context(), nil, 0, 1); err != nil {
		t.Errorf("ask a read-only server: %v", err)
	}
}

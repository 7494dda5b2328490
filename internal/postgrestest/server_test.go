package postgrestest

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// connect opens a session on a database.
func connect(t *testing.T, url string) *pgconn.PgConn {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	// A session that the test broke says so again when it is closed.
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// run executes a statement and returns the first value of its last row.
func run(t *testing.T, conn *pgconn.PgConn, sql string) string {
	t.Helper()
	results, err := conn.Exec(t.Context(), sql).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var value string
	for _, r := range results {
		for _, row := range r.Rows {
			value = string(row[0])
		}
	}
	return value
}

func TestEveryDatabaseIsANewOne(t *testing.T) {
	t.Parallel()
	server := Start(t, Options{})
	first, second := connect(t, server.NewDatabase(t)), connect(t, server.NewDatabase(t))
	run(t, first, "create table mark (n int)")
	if got := run(t, second, "select to_regclass('mark') is null"); got != "t" {
		t.Error("a table of one database is in another")
	}
}

func TestTheServerIsHeardOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	conn := connect(t, Start(t, Options{}).URL("postgres"))
	if got := run(t, conn, "show listen_addresses"); got != "127.0.0.1" {
		t.Errorf("it listens at %s", got)
	}
	if got := run(t, conn, "show unix_socket_directories"); got != "" {
		t.Errorf("it has sockets in %s", got)
	}
}

func TestADurableServerHasTheDefaultsOfAnInstallation(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options Options
		want    string
	}{
		"durable": {Options{Durable: true}, "on"},
		"fast":    {Options{}, "off"},
		"asked":   {Options{Settings: map[string]string{"fsync": "on"}}, "on"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := connect(t, Start(t, c.options).URL("postgres"))
			if got := run(t, conn, "show fsync"); got != c.want {
				t.Errorf("fsync is %s, not %s", got, c.want)
			}
		})
	}
}

func TestCommittedRowsOutliveAKill(t *testing.T) {
	t.Parallel()
	server := Start(t, Options{Durable: true})
	url := server.NewDatabase(t)
	before := connect(t, url)
	run(t, before, "create table mark (n int); insert into mark values (7)")
	server.Kill(t)
	if _, err := before.Exec(t.Context(), "select 1").ReadAll(); err == nil {
		t.Error("a session outlives the kill")
	}
	if _, err := pgconn.Connect(t.Context(), url); err == nil {
		t.Error("a killed server takes connections")
	}
	server.Restart(t)
	if got := run(t, connect(t, url), "select n from mark"); got != "7" {
		t.Errorf("after the kill the row is %q", got)
	}
}

func TestAServerThatDoesNotStartSaysWhy(t *testing.T) {
	t.Parallel()
	_, err := Options{Settings: map[string]string{"max_connections": "none"}}.Launch()
	if err == nil {
		t.Fatal("it started")
	}
	if text := err.Error(); !strings.Contains(text, "max_connections") {
		t.Errorf("its log is not in the error: %s", text)
	}
}

func TestTheNewestVersionIsChosen(t *testing.T) {
	t.Parallel()
	got := newest([]string{"/x/9.6/bin/initdb", "/x/15/bin/initdb", "/x/odd/bin/initdb", "/x/13/bin/initdb"})
	if got != "/x/15/bin/initdb" {
		t.Errorf("chose %s", got)
	}
}

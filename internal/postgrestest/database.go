package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// URL returns the address of a database of the server, for its superuser, with
// which no password is asked for.
func (s *Server) URL(database string) string { return address(s.Addr(), database) }

func address(host, database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.User("postgres"), Host: host, Path: database, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// NewDatabase makes an empty database and returns its URL. It goes with the
// server.
func (s *Server) NewDatabase(tb testing.TB) string {
	tb.Helper()
	name := fmt.Sprintf("test%d", s.databases.Add(1))
	if err := execute(tb.Context(), s.Addr(), "create database "+name); err != nil {
		tb.Fatalf("create database: %v\n%s", err, s.Log())
	}
	return s.URL(name)
}

func answers(ctx context.Context, addr string) error { return execute(ctx, addr, "select 1") }

// execute runs one statement on a connection of its own.
func execute(ctx context.Context, addr, sql string) error {
	conn, err := pgconn.Connect(ctx, address(addr, "postgres"))
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	_, err = conn.Exec(ctx, sql).ReadAll()
	return errors.Join(err, conn.Close(ctx))
}

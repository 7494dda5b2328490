package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// URL returns the address of a database of the server, for its superuser, with
// which no password is asked for.
func (s *Server) URL(database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.User("postgres"), Host: s.Addr(), Path: database, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// Addr returns the server's host and port.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// NewDatabase makes an empty database and returns its URL. It goes with the
// server.
func (s *Server) NewDatabase(tb testing.TB) string {
	tb.Helper()
	name := fmt.Sprintf("test%d", s.databases.Add(1))
	if err := s.execute(tb.Context(), "create database "+name); err != nil {
		tb.Fatalf("create database: %v\n%s", err, s.log())
	}
	return s.URL(name)
}

// execute runs one statement on a connection of its own.
func (s *Server) execute(ctx context.Context, sql string) error {
	conn, err := pgconn.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	_, err = conn.Exec(ctx, sql).ReadAll()
	return errors.Join(err, conn.Close(ctx))
}

// await waits until the server answers, or has ended instead.
func (s *Server) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := poll(func() error {
		if !alive(s.process.Pid) {
			cancel()
		}
		err := s.execute(ctx, "select 1")
		if ctx.Err() != nil {
			return nil
		}
		return err
	})
	if err != nil || ctx.Err() != nil {
		return fmt.Errorf("wait for postgres: %w", errors.Join(err, ctx.Err()))
	}
	return nil
}

package postgres

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"ticker/history"
	"ticker/history/historytest"
	"ticker/internal/postgrestest"
	"ticker/market"
)

// server is shared by tests that do it no harm.
var server postgrestest.Shared

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) { os.Exit(server.Close(code)) }))
}

// newStore makes a store that is not open yet.
func newStore(t testing.TB, url string) *Store {
	t.Helper()
	s, err := New(Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// openStore opens a store, and closes it with the test.
func openStore(t testing.TB, url string) *Store {
	t.Helper()
	s := newStore(t, url)
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeStore(t, s) })
	return s
}

func closeStore(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestTheStoreKeepsTheContract(t *testing.T) {
	t.Parallel()
	historytest.Run(t, func(t *testing.T) func() history.Store {
		url := server.Server(t).NewDatabase(t)
		return func() history.Store { return newStore(t, url) }
	})
}

func parsePattern(t testing.TB, text string) market.Pattern {
	t.Helper()
	p, err := market.ParsePattern(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

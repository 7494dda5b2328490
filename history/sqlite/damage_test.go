package sqlite_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ticker/history/sqlite"
	"ticker/market"
)

const dayMicros = int64(24 * 3600 * 1_000_000)

// filled makes a file with samples of three days, and closes it.
func filled(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "history.db")
	s := newStore(t, path)
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	for d := range 3 {
		mustAppend(t, s, batchOn(d))
	}
	closeStore(t, s)
	return path
}

// overwrite puts bytes that mean nothing into a file.
func overwrite(t *testing.T, path string, from, to int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(bytes.Repeat([]byte{0xa5}, int(to-from)), from); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// overwriteTable overwrites the page that a table begins with.
func overwriteTable(t *testing.T, path, table string) {
	t.Helper()
	size := look(t, path, "PRAGMA page_size")
	root := look(t, path, fmt.Sprintf("SELECT rootpage FROM sqlite_schema WHERE name = '%s'", table))
	overwrite(t, path, (root-1)*size, root*size)
}

func sizeOf(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// asides returns the files that were moved aside.
func asides(t *testing.T, path string) []string {
	t.Helper()
	names, err := filepath.Glob(path + ".damaged-*")
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestFileThatIsNoDatabaseIsMovedAsideAtOpen(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(t *testing.T, path string){
		"garbage at its head":     func(t *testing.T, path string) { overwrite(t, path, 0, 100) },
		"garbage all through":     func(t *testing.T, path string) { overwrite(t, path, 0, sizeOf(t, path)) },
		"garbage but in its head": func(t *testing.T, path string) { overwrite(t, path, 4096, sizeOf(t, path)) },
		"symbols overwritten":     func(t *testing.T, path string) { overwriteTable(t, path, "symbols") },
		"cut off": func(t *testing.T, path string) {
			if err := os.Truncate(path, sizeOf(t, path)/2+7); err != nil {
				t.Fatal(err)
			}
		},
		"a text": func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte(strings.Repeat("not a database\n", 500)), 0o600); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filled(t)
			spoil(t, path)
			size := sizeOf(t, path)
			var log bytes.Buffer
			s, err := sqlite.New(sqlite.Config{Path: path, Logger: slog.New(slog.NewTextHandler(&log, nil))})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Open(t.Context()); err != nil {
				t.Fatal(err)
			}
			defer closeStore(t, s)
			aside := asides(t, path)
			if len(aside) == 0 || sizeOf(t, aside[0]) != size {
				t.Errorf("moved aside: %q, want the file as it was", aside)
			}
			if !strings.Contains(log.String(), "level=ERROR") || !strings.Contains(log.String(), path) {
				t.Errorf("the log does not name the file: %s", log.String())
			}
			mustAppend(t, s, batchOn(0))
			if n := len(held(t, s)); n != someSymbols {
				t.Errorf("%d samples in the new file, want %d", n, someSymbols)
			}
		})
	}
}

func TestDamageThatAWriteFindsIsMendedByOpen(t *testing.T) {
	t.Parallel()
	path := filled(t)
	overwriteTable(t, path, "samples_2024_10_06")
	s := openStore(t, path)
	late := batch(dayZero+2*dayMicros+1, 99, "A")
	if err := s.Append(t.Context(), late); err == nil {
		t.Fatal("the batch went into a damaged table")
	}
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, s, late)
	if n := len(held(t, s)); n != 1 {
		t.Errorf("%d samples, want the one", n)
	}
	if len(asides(t, path)) == 0 {
		t.Error("the damaged file is gone")
	}
}

func TestDamageThatOnlyQuestionsMeetStopsNothingElse(t *testing.T) {
	t.Parallel()
	path := filled(t)
	overwriteTable(t, path, "samples_2024_10_04")
	s := openStore(t, path)
	all, err := market.ParsePattern("*")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.AsOf(t.Context(), []market.Pattern{all}, dayZero+dayMicros-1, someSymbols); err == nil {
		t.Error("the damaged day has an answer")
	}
	mustAppend(t, s, batch(dayZero+2*dayMicros+1, 99, "A"))
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	quotes, err := s.AsOf(t.Context(), []market.Pattern{all}, dayZero+2*dayMicros, someSymbols)
	if err != nil || len(quotes) != someSymbols {
		t.Errorf("%d records of a sound day, error %v", len(quotes), err)
	}
	if aside := asides(t, path); len(aside) != 0 {
		t.Errorf("moved aside: %q", aside)
	}
}

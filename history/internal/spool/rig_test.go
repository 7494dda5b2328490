package spool

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// small makes segments of a few records.
func small() Options { return Options{MaxBytes: 4000, SegmentBytes: 400} }

func mustOpen(t rapid.TB, dir string, o Options) *Spool {
	t.Helper()
	s, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	// The end of a process takes the lock along, and tests end none: they leave a
	// Spool and open the next.
	if s.lock != nil {
		if err := s.lock.Close(); err != nil {
			t.Fatal(err)
		}
		s.lock = nil
	}
	return s
}

func mustAppend(t rapid.TB, s *Spool, payloads ...string) {
	t.Helper()
	for _, p := range payloads {
		if _, err := s.Append([]byte(p), uint32(len(p))); err != nil {
			t.Fatal(err)
		}
	}
}

// drain takes everything out of a spool.
func drain(t rapid.TB, s *Spool) []string {
	t.Helper()
	var got []string
	for {
		r, ok, err := s.Peek()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return got
		}
		got = append(got, string(r.Payload))
		if int(r.Count) != len(r.Payload) {
			t.Errorf("the count of %q is %d", r.Payload, r.Count)
		}
		if done, err := s.Done(r.ID); !done || err != nil {
			t.Fatalf("Done(%d) = %t, %v", r.ID, done, err)
		}
	}
}

func expectRecords(t rapid.TB, s *Spool, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, drain(t, s)); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

// filesOf lists a directory.
func filesOf(t rapid.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// flip changes one byte of a file.
func flip(t *testing.T, path string, at int64) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[at] ^= 0x40
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// errNoSpace is what a disk that is full says.
var errNoSpace = errors.New("no space")

// disk makes files that fail when they are told to.
type disk struct {
	room       int64 // that is left, if full
	full       bool
	noSync     bool
	noTruncate bool
	noCreate   bool
	synced     []string // names of the files that were synced
	clock      *clock   // of the times of files, unless it is nil
}

// clock stands still until it is moved.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func (c *clock) pass(d time.Duration) { c.at = c.at.Add(d) }

func (d *disk) create(path string) (file, error) {
	if d.noCreate {
		return nil, errNoSpace
	}
	f, err := create(path)
	return &badFile{file: f, disk: d, path: path}, err
}

// on makes a spool write to the disk from now on.
func (d *disk) on(s *Spool) *Spool {
	s.create = d.create
	return s
}

type badFile struct {
	file
	disk *disk
	path string
}

// touch gives a file that was changed the time of the clock.
func (f *badFile) touch() {
	if c := f.disk.clock; c != nil {
		_ = os.Chtimes(f.path, c.at, c.at) // a file that is gone has none
	}
}

func (f *badFile) WriteAt(p []byte, at int64) (int, error) {
	defer f.touch()
	if d := f.disk; d.full {
		if d.room < int64(len(p)) {
			n, _ := f.file.WriteAt(p[:d.room], at)
			d.room = 0
			return n, errNoSpace
		}
		d.room -= int64(len(p))
	}
	return f.file.WriteAt(p, at)
}

func (f *badFile) Truncate(size int64) error {
	defer f.touch()
	if f.disk.noTruncate {
		return fs.ErrPermission
	}
	return f.file.Truncate(size)
}

func (f *badFile) Sync() error {
	f.disk.synced = append(f.disk.synced, filepath.Base(f.path))
	if f.disk.noSync {
		return fs.ErrInvalid
	}
	return f.file.Sync()
}

// logged is a logger and what it wrote.
func logged() (*slog.Logger, *bytes.Buffer) {
	var out bytes.Buffer
	return slog.New(slog.NewTextHandler(&out, nil)), &out
}

func expectLog(t *testing.T, log *bytes.Buffer, want string, times int) {
	t.Helper()
	if got := strings.Count(log.String(), want); got != times {
		t.Errorf("%q was logged %d times, want %d:\n%s", want, got, times, log)
	}
}

package spool

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFilesThatAreNoSegmentsAreLeftAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	foreign := []string{"1.spool", "refused.jsonl", strings.Repeat("0", 19) + "x.spool", segmentName(7) + ".bak"}
	for _, name := range foreign {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("foreign"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, segmentName(8)), 0o700); err != nil {
		t.Fatal(err)
	}
	s := mustOpen(t, dir, small())
	mustAppend(t, s, "a")
	expectRecords(t, s, "a")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	want := append(foreign, segmentName(8))
	slices.Sort(want)
	if diff := cmp.Diff(want, filesOf(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestSegmentIsRemovedWhenItsRecordsAreDone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := mustOpen(t, dir, Options{MaxBytes: 4000, SegmentBytes: 60})
	mustAppend(t, s, "one", "two", "three", "four")
	for _, left := range []int{2, 2, 2, 1, 0} {
		if got := filesOf(t, dir); len(got) != left {
			t.Errorf("files are %q, want %d", got, left)
		}
		if r, ok, _ := s.Peek(); ok {
			_, _ = s.Done(r.ID)
		}
	}
	if stats := s.Stats(); stats != (Stats{Head: 4, Tail: 4}) {
		t.Errorf("an empty spool says %+v", stats)
	}
}

func TestNumbersOfSegmentsAreNeverUsedAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	kept := segmentName(41) + damagedSuffix
	if err := os.WriteFile(filepath.Join(dir, kept), []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := mustOpen(t, dir, small())
	mustAppend(t, s, "a")
	if diff := cmp.Diff([]string{kept, segmentName(42)}, filesOf(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestRecordThatCannotFitIsRefusedAndDropsNothing(t *testing.T) {
	t.Parallel()
	s := mustOpen(t, t.TempDir(), small())
	mustAppend(t, s, "a")
	if _, err := s.Append(make([]byte, 4000), 1); !errors.Is(err, ErrTooLarge) {
		t.Errorf("Append = %v", err)
	}
	expectRecords(t, s, "a")
}

func TestAtTheBoundTheOldestSegmentGoesAndIsCounted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := mustOpen(t, dir, Options{MaxBytes: 360, SegmentBytes: 100})
	record := strings.Repeat("r", 50) // two to a segment of 140 bytes
	mustAppend(t, s, record, record, record, record)
	if lost := s.Stats().LostRecords; lost != 0 {
		t.Errorf("%d records were lost below the bound", lost)
	}
	mustAppend(t, s, record, "newest")
	if stats := s.Stats(); stats.LostRecords != 2 || stats.LostCount != 100 || stats.Head != 2 || stats.Bytes > 360 {
		t.Errorf("the spool says %+v", stats)
	}
	if done, err := s.Done(1); done || err != nil {
		t.Errorf("a dropped record is done: %t, %v", done, err)
	}
	expectRecords(t, s, record, record, record, "newest")
}

func TestDamageLosesNothingBeforeItAndNothingInOtherSegments(t *testing.T) {
	t.Parallel()
	const second = len(magic) + headerBytes + len("one")
	for name, at := range map[string]int{
		"length": second, "count": second + 4, "sum of the header": second + 8, "sum of the record": second + 12, "record": second + headerBytes,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := mustOpen(t, dir, Options{MaxBytes: 4000, SegmentBytes: 60})
			mustAppend(t, s, "one", "two", "three", "four")
			flip(t, s.segments[0].path, int64(at))
			log, out := logged()
			s = mustOpen(t, dir, Options{MaxBytes: 4000, SegmentBytes: 60, Logger: log})
			expectLog(t, out, "level=ERROR", 1)
			expectRecords(t, s, "one", "four")
			if diff := cmp.Diff([]string{segmentName(1) + damagedSuffix}, filesOf(t, dir)); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
			expectRecords(t, mustOpen(t, dir, small()))
		})
	}
}

func TestSegmentOfAnotherFormatIsSetAside(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, segmentName(1)), []byte("TKSPOOL\x02and more"), 0o600); err != nil {
		t.Fatal(err)
	}
	log, out := logged()
	s := mustOpen(t, dir, Options{Logger: log})
	expectRecords(t, s)
	expectLog(t, out, "level=ERROR", 1)
	if diff := cmp.Diff([]string{segmentName(1) + damagedSuffix}, filesOf(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestDamageThatShowsLaterIsCountedAsLost(t *testing.T) {
	t.Parallel()
	read := func(t *testing.T, s *Spool) { t.Helper(); expectRecords(t, s, "four") }
	for name, c := range map[string]struct {
		at   int64 // of the frame
		find func(*testing.T, *Spool)
	}{
		"a header that is read": {0, read},
		"a record that is read": {headerBytes, read},
		"a header that is done": {0, func(t *testing.T, s *Spool) {
			t.Helper()
			if done, err := s.Done(s.Stats().Head); done || err != nil {
				t.Errorf("Done = %t, %v", done, err)
			}
			expectRecords(t, s, "four")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log, out := logged()
			s := mustOpen(t, t.TempDir(), Options{MaxBytes: 4000, SegmentBytes: 60, Logger: log})
			mustAppend(t, s, "one", "two", "three", "four")
			if r, ok, err := s.Peek(); !ok || err != nil || string(r.Payload) != "one" {
				t.Fatalf("Peek = %q, %t, %v", r.Payload, ok, err)
			}
			if _, err := s.Done(0); err != nil {
				t.Fatal(err)
			}
			flip(t, s.segments[0].path, s.segments[0].next+c.at)
			c.find(t, s)
			if stats := s.Stats(); stats.LostRecords != 2 || stats.LostCount != uint64(len("two"+"three")) {
				t.Errorf("the spool says %+v", stats)
			}
			expectLog(t, out, "level=ERROR", 1)
		})
	}
}

func TestFrameThatWasCutOffIsNoDamage(t *testing.T) {
	t.Parallel()
	segment := appendFrame(appendFrame([]byte(magic), []byte("one"), 3), []byte("two"), 3)
	first := len(magic) + headerBytes + len("one")
	for cut := range segment {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, segmentName(1)), segment[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		log, out := logged()
		s := mustOpen(t, dir, Options{Logger: log})
		if got := drain(t, s); len(got) != min(1, cut/first) {
			t.Errorf("cut at %d records are %q", cut, got)
		}
		if out.Len() > 0 || len(filesOf(t, dir)) > 0 {
			t.Errorf("cut at %d %q is left, and logged: %s", cut, filesOf(t, dir), out)
		}
	}
}

func TestSegmentThatCannotBeOpenedNowIsNotLost(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := mustOpen(t, dir, small())
	mustAppend(t, s, "one")
	s = mustOpen(t, dir, small())
	hidden := s.segments[0].path + ".hidden"
	if err := os.Rename(s.segments[0].path, hidden); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := s.Peek(); ok || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Peek = %t, %v", ok, err)
	}
	if done, err := s.Done(0); done || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Done = %t, %v", done, err)
	}
	if err := os.Rename(hidden, s.segments[0].path); err != nil {
		t.Fatal(err)
	}
	expectRecords(t, s, "one")
}

func TestDirectoryThatCannotBeMadeIsAnError(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := Open(filepath.Join(path, "dir"), Options{}); err == nil || s != nil {
		t.Errorf("Open = %v, %v", s, err)
	}
}

func BenchmarkAppendAndDone(b *testing.B) {
	// Watches the cost of a batch of 5,000 samples on its way through the files,
	// without fsync.
	s, err := Open(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	payload := make([]byte, 400_000)
	b.SetBytes(int64(len(payload)))
	b.ReportAllocs()
	for b.Loop() {
		id, err := s.Append(payload, 5000)
		if err != nil {
			b.Fatal(err)
		}
		if _, ok, err := s.Peek(); !ok || err != nil {
			b.Fatal(ok, err)
		}
		if done, err := s.Done(id); !done || err != nil {
			b.Fatal(done, err)
		}
	}
}

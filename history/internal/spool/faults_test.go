package spool

import (
	"bytes"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiskThatIsFullLeavesNothingHalfWritten(t *testing.T) {
	t.Parallel()
	for room := range int64(60) {
		dir, d := t.TempDir(), &disk{}
		log, out := logged()
		s := d.on(mustOpen(t, dir, small()))
		mustAppend(t, s, "before")
		d.full, d.room = true, room
		var want []string
		if room < headerBytes+int64(len("refused")) {
			want = []string{"before", "after"}
			if _, err := s.Append([]byte("refused"), 7); !errors.Is(err, errNoSpace) {
				t.Fatalf("with room for %d bytes Append = %v", room, err)
			}
		} else {
			want = []string{"before", "refused", "after"}
			mustAppend(t, s, "refused")
		}
		d.full = false
		mustAppend(t, s, "after")
		again := small()
		again.Logger = log
		expectRecords(t, mustOpen(t, dir, again), want...)
		expectLog(t, out, "damaged", 0)
	}
}

func TestNewSegmentOnADiskThatIsFullIsTriedAgain(t *testing.T) {
	t.Parallel()
	for name, hinder := range map[string]func(*disk){
		"cannot be made": func(d *disk) { d.noCreate = true }, "cannot be begun": func(d *disk) { d.full = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, d := t.TempDir(), &disk{}
			s := d.on(mustOpen(t, dir, small()))
			hinder(d)
			if _, err := s.Append([]byte("refused"), 7); !errors.Is(err, errNoSpace) {
				t.Errorf("Append = %v", err)
			}
			if left := filesOf(t, dir); len(left) != 0 {
				t.Errorf("left behind: %q", left)
			}
			*d = disk{}
			mustAppend(t, s, "after")
			expectRecords(t, s, "after")
		})
	}
}

func TestSegmentThatCannotBeCutBackIsNotWrittenToAgain(t *testing.T) {
	t.Parallel()
	dir, d := t.TempDir(), &disk{}
	s := d.on(mustOpen(t, dir, small()))
	mustAppend(t, s, "before")
	d.full, d.room, d.noTruncate = true, 5, true
	if _, err := s.Append([]byte("refused"), 7); !errors.Is(err, errNoSpace) {
		t.Errorf("Append = %v", err)
	}
	d.full = false
	mustAppend(t, s, "after")
	if diff := cmp.Diff([]string{segmentName(1), segmentName(2)}, filesOf(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{segmentName(1)}, d.synced); diff != "" {
		t.Errorf("synced before it was left (-want +got):\n%s", diff)
	}
	expectRecords(t, mustOpen(t, dir, small()), "before", "after")
	expectRecords(t, s, "before", "after")
}

func TestSegmentThatGotNoRecordHidesNoOther(t *testing.T) {
	t.Parallel()
	for name, noTruncate := range map[string]bool{"it cannot be synced": false, "it cannot be cut back": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, d := t.TempDir(), &disk{full: true, room: int64(len(magic)) + 3, noTruncate: noTruncate, noSync: !noTruncate}
			s := d.on(mustOpen(t, dir, small()))
			if _, err := s.Append([]byte("refused"), 7); !errors.Is(err, errNoSpace) {
				t.Errorf("Append = %v", err)
			}
			if err := s.Sync(); err != nil {
				t.Errorf("Sync of nothing = %v", err)
			}
			*d = disk{}
			mustAppend(t, s, "after")
			if got := filesOf(t, dir); len(got) != 1 {
				t.Errorf("files are %q", got)
			}
			expectRecords(t, s, "after")
		})
	}
}

// failSync appends records, the first of them synced, of which some are done,
// and lets the next Sync fail.
func failSync(t *testing.T, d *disk, done int) (s *Spool, dir string) {
	t.Helper()
	dir = t.TempDir()
	s = d.on(mustOpen(t, dir, small()))
	mustAppend(t, s, "one")
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, s, "two", "three")
	for id := range done {
		if ok, err := s.Done(uint64(id)); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	d.noSync = true
	return s, dir
}

// healing is a disk whose next fsync fails, and no other.
type healing struct{ disk }

func (d *healing) create(path string) (file, error) {
	d.noSync = false
	return d.disk.create(path)
}

func TestSegmentThatCannotBeSyncedIsWrittenAgainAndNeverSyncedAgain(t *testing.T) {
	t.Parallel()
	all := []string{"one", "two", "three"}
	for done := range 4 {
		d := &healing{}
		s, dir := failSync(t, &d.disk, done)
		s.create = d.create
		if err := s.Sync(); err != nil {
			t.Fatalf("Sync = %v", err)
		}
		mustAppend(t, s, "four")
		if err := s.Sync(); err != nil {
			t.Fatalf("Sync = %v", err)
		}
		want := append(slices.Clone(all[done:]), "four")
		if stats := s.Stats(); stats.Tail-stats.Head != uint64(len(want)) || stats.Count != uint64(len(strings.Join(want, ""))) || stats.LostRecords != 0 {
			t.Errorf("with %d done the spool says %+v", done, stats)
		}
		var first []string
		for _, name := range d.synced {
			if name == segmentName(1) {
				first = append(first, name)
			}
		}
		if done < 3 && len(first) != 2 {
			t.Errorf("the segment was synced %d times, once well and once badly were to be", len(first))
		}
		if got := drain(t, mustOpen(t, dir, small())); !slices.Equal(got[max(0, len(got)-len(want)):], want) || len(got) > 4 {
			t.Errorf("with %d done a restart finds %q", done, got)
		}
		expectRecords(t, s, want...)
	}
}

func TestRecordsThatCannotBeWrittenAgainStayAndAreSaid(t *testing.T) {
	t.Parallel()
	for name, hinder := range map[string]func(*disk){
		"no new segment":                 func(d *disk) { d.noCreate = true },
		"no room in it":                  func(d *disk) { d.full, d.room = true, 20 },
		"it cannot be synced any better": func(*disk) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &disk{}
			s, dir := failSync(t, d, 1)
			hinder(d)
			if err := s.Sync(); !errors.Is(err, fs.ErrInvalid) {
				t.Errorf("Sync = %v", err)
			}
			*d = disk{}
			if err := s.Sync(); err != nil || len(d.synced) != 0 {
				t.Errorf("the segment was synced again: %v, %q", err, d.synced)
			}
			mustAppend(t, s, "four")
			if stats := s.Stats(); stats.LostRecords != 0 {
				t.Errorf("the spool says %+v", stats)
			}
			expectRecords(t, mustOpen(t, dir, small()), "one", "two", "three", "four")
			expectRecords(t, s, "two", "three", "four")
		})
	}
}

func TestMoreThanIsRememberedCannotBeWrittenAgain(t *testing.T) {
	t.Parallel()
	d := &disk{}
	s := d.on(mustOpen(t, t.TempDir(), Options{}))
	large := string(bytes.Repeat([]byte("x"), maxUnsynced/2))
	mustAppend(t, s, large, large)
	d.noSync = true
	if err := s.Sync(); err == nil || !strings.Contains(err.Error(), "too much") {
		t.Errorf("Sync = %v", err)
	}
	d.noSync = false
	mustAppend(t, s, "small")
	if err := s.Sync(); err != nil {
		t.Errorf("Sync of what came after = %v", err)
	}
	expectRecords(t, s, large, large, "small")
}

func TestFullSegmentIsSyncedBeforeTheNextBegins(t *testing.T) {
	t.Parallel()
	d := &disk{}
	s := d.on(mustOpen(t, t.TempDir(), Options{MaxBytes: 4000, SegmentBytes: 30}))
	mustAppend(t, s, "1st---", "2nd---", "3rd")
	if diff := cmp.Diff([]string{segmentName(1), segmentName(2)}, d.synced); diff != "" {
		t.Errorf("synced (-want +got):\n%s", diff)
	}
}

func TestDirectoryHasOneSpoolAtATime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, Options{}); !errors.Is(err, ErrLocked) {
		t.Errorf("a second spool: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(dir, Options{})
	if err != nil {
		t.Fatalf("once the first was closed: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

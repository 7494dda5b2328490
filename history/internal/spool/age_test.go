package spool

import (
	"os"
	"testing"
	"time"
)

const hour = time.Hour

// aged makes segments of two records that may be ten hours old, on a clock that
// stands still.
func aged() (Options, *clock) {
	c := &clock{time.Now()}
	return Options{MaxBytes: 4000, SegmentBytes: 40, MaxAge: 10 * hour, Now: c.now}, c
}

// expectLost says how many records were lost so far; each counts for three.
func expectLost(t *testing.T, s *Spool, want uint64) {
	t.Helper()
	if stats := s.Stats(); stats.LostRecords != want || stats.LostCount != 3*want || stats.Head != want {
		t.Errorf("the spool says %+v, %d records were to be lost", stats, want)
	}
}

func TestSegmentThatIsTooOldGoesWholeTheOldestFirstAndIsCounted(t *testing.T) {
	t.Parallel()
	o, c := aged()
	s := mustOpen(t, t.TempDir(), o)
	mustAppend(t, s, "1-a", "1-b")
	c.pass(4 * hour)
	mustAppend(t, s, "2-a")
	c.pass(2 * hour)
	mustAppend(t, s, "2-b")
	for _, step := range []struct {
		at     time.Duration // since the last step
		lost   uint64
		append string
	}{
		{4 * hour, 0, "3-a"},
		{1, 2, "3-b"},
		{6*hour - 1, 2, "4-a"}, // the first record of a segment is too old, the last is not
		{1, 4, "4-b"},
	} {
		c.pass(step.at)
		mustAppend(t, s, step.append)
		expectLost(t, s, step.lost)
	}
	if done, err := s.Done(3); done || err != nil {
		t.Errorf("a dropped record is done: %t, %v", done, err)
	}
	expectRecords(t, s, "3-a", "3-b", "4-a", "4-b")
}

func TestNewestRecordsStayUntilOthersCome(t *testing.T) {
	t.Parallel()
	o, c := aged()
	dir := t.TempDir()
	s := mustOpen(t, dir, o)
	mustAppend(t, s, "old", "and", "new")
	for _, restart := range []bool{false, true} {
		if restart {
			s = mustOpen(t, dir, o)
		}
		c.pass(10_000 * hour)
		if r, ok, err := s.Peek(); !ok || err != nil || string(r.Payload) != "old" {
			t.Errorf("Peek = %q, %t, %v", r.Payload, ok, err)
		}
		expectLost(t, s, 0)
	}
	mustAppend(t, s, "yet")
	expectLost(t, s, 3)
	expectRecords(t, s, "yet")
}

func TestRecordsGoForTheirAgeOnADiskThatIsFullToo(t *testing.T) {
	t.Parallel()
	o, c := aged()
	dir, d := t.TempDir(), &disk{}
	s := d.on(mustOpen(t, dir, o))
	mustAppend(t, s, "1-a", "1-b", "2-a", "2-b")
	c.pass(11 * hour)
	d.full, d.noSync = true, true
	if _, err := s.Append([]byte("new"), 3); err == nil {
		t.Error("a disk that is full takes a record")
	}
	expectLost(t, s, 4)
	if left := filesOf(t, dir); len(left) != 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestWithoutABoundNothingIsTooOld(t *testing.T) {
	t.Parallel()
	o, c := aged()
	o.MaxAge = 0
	s := mustOpen(t, t.TempDir(), o)
	mustAppend(t, s, "old", "and")
	c.pass(100_000 * hour)
	mustAppend(t, s, "new")
	expectLost(t, s, 0)
}

// left is a spool of the next process, in which every segment of two records was
// written at a time of the wall clock then, in hours.
func left(t *testing.T, wall ...time.Duration) (*Spool, *clock) {
	t.Helper()
	o, c := aged()
	dir := t.TempDir()
	s := mustOpen(t, dir, o)
	for i, at := range wall {
		mustAppend(t, s, "1st", "2nd")
		written := c.at.Add(at * hour)
		if err := os.Chtimes(s.segments[i].path, written, written); err != nil {
			t.Fatal(err)
		}
	}
	return mustOpen(t, dir, o), c
}

func TestWhatAnEarlierProcessLeftIsAsOldAsItsFilesSay(t *testing.T) {
	t.Parallel()
	// Whenever the next process begins, by its wall clock.
	for _, start := range []time.Duration{0, -10_000, 10_000} {
		s, c := left(t, start-17, start-6, start)
		for _, step := range []struct {
			at   time.Duration
			lost uint64
		}{
			{0, 0}, {hour, 0}, {1, 2}, // that too old
			{3*hour - 1, 2}, {1, 4}, // at ten hours
			{6*hour - 1, 4}, {1, 6}, // as old as the start
		} {
			c.pass(step.at)
			mustAppend(t, s, "new")
			expectLost(t, s, step.lost)
		}
	}
}

func TestClockThatWasSetMakesNothingTooOldAtOnce(t *testing.T) {
	t.Parallel()
	const year = 365 * 24
	for name, c := range map[string]struct {
		wall []time.Duration
		stay time.Duration // after which records go
		lost uint64
	}{
		"ahead":           {[]time.Duration{-1, 0, year, year + 1}, hour, 4},
		"back":            {[]time.Duration{year, year + 1, 0, 1}, 10 * hour, 8},
		"ahead, and back": {[]time.Duration{-1, year, year + 1, 1}, 8 * hour, 2},
		"back, and ahead": {[]time.Duration{0, -year, 1, 2}, 8 * hour, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, now := left(t, c.wall...)
			now.pass(c.stay)
			mustAppend(t, s, "new")
			expectLost(t, s, 0)
			now.pass(1)
			mustAppend(t, s, "new")
			expectLost(t, s, c.lost)
		})
	}
}

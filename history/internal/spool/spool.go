package spool

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	defaultMaxBytes     = 1 << 30
	defaultSegmentBytes = 16 << 20

	// maxUnsynced bounds what is remembered for the case that an fsync fails.
	maxUnsynced = 8 << 20
)

// ErrLocked reports a directory that another process has, or another Spool.
var ErrLocked = errors.New("another process has it")

// ErrTooLarge reports a record that the spool could not hold if it were empty.
var ErrTooLarge = errors.New("record is larger than the spool")

// Options bound a Spool.
type Options struct {
	// MaxBytes is the most that all segments hold: 1 GiB if 0.
	MaxBytes int64
	// SegmentBytes is the size at which a segment ends, and so what is dropped at
	// once: 16 MiB, or an eighth of MaxBytes if that is less, if 0.
	SegmentBytes int64
	// MaxAge is the longest that a record is kept beside newer ones, but for what
	// shares a segment with a younger one: for ever unless above 0.
	MaxAge time.Duration
	// Now is the steady clock: time.Now if nil.
	Now func() time.Time
	// Logger gets a line about everything that was found damaged; nil logs
	// nothing.
	Logger *slog.Logger
}

// Record is one record of the spool.
type Record struct {
	// ID counts the records since Open.
	ID uint64
	// Count is what Append was given.
	Count uint32
	// Payload is good until the next call.
	Payload []byte
}

// Stats is what a Spool holds, and what it lost since Open.
type Stats struct {
	// Head is the ID of the oldest record, Tail the one that the next gets.
	Head, Tail uint64
	// Count sums up the counts of the records.
	Count uint64
	// Bytes is the size of the segments.
	Bytes int64
	// LostRecords and LostCount are what was dropped at a bound, or could not be
	// read any more.
	LostRecords, LostCount uint64
}

// Spool is a queue of records in a directory.
type Spool struct {
	dir          string
	maxBytes     int64
	segmentBytes int64
	maxAge       time.Duration
	now          func() time.Time
	log          *slog.Logger
	lock         *os.File // nil where there are no locks
	create       func(path string) (file, error)

	segments []*segment // oldest first; only the newest may be without a record
	// tail is the newest segment while it may be written to, else nil.
	tail        *segment
	number      uint64 // of the newest segment
	head        uint64
	lostRecords uint64
	lostCount   uint64

	// unsynced are the frames of tail from syncedTo on, unless they are more
	// than is remembered.
	unsynced  []byte
	syncedTo  int64
	forgotten bool

	frame, payload []byte // reused
}

// Open makes the directory if it is not there, and finds out what an earlier
// process left in it. The error is ErrLocked, or that of the file system.
func Open(dir string, o Options) (*Spool, error) {
	if o.MaxBytes == 0 {
		o.MaxBytes = defaultMaxBytes
	}
	if o.SegmentBytes == 0 {
		o.SegmentBytes = min(defaultSegmentBytes, o.MaxBytes/8)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Spool{
		dir: dir, maxBytes: o.MaxBytes, segmentBytes: o.SegmentBytes, maxAge: o.MaxAge, now: o.Now, log: o.Logger, create: create,
	}
	if err := s.load(); err != nil {
		return nil, fmt.Errorf("open spool %s: %w", dir, errors.Join(err, s.Close()))
	}
	return s, nil
}

func (s *Spool) load() error {
	if err := os.MkdirAll(s.dir, 0o750); err != nil {
		return err
	}
	var err error
	if s.lock, err = takeLock(s.dir); err != nil {
		return err
	}
	entries, err := os.ReadDir(s.dir) // sorted, and so are the numbers
	if err != nil {
		return err
	}
	for _, e := range entries {
		number, ok := segmentNumber(e.Name())
		if !ok || !e.Type().IsRegular() {
			continue
		}
		s.number = max(s.number, number)
		if strings.HasSuffix(e.Name(), damagedSuffix) {
			continue
		}
		g, err := openSegment(filepath.Join(s.dir, e.Name()))
		if err != nil {
			return err
		}
		s.segments = append(s.segments, g)
		if g.damaged {
			s.log.Error("segment of the spool is damaged", slog.String("file", g.path),
				slog.Int64("readable_bytes", g.size), slog.Int("readable_records", g.records))
		}
		if g.records == 0 {
			s.retire(g)
		}
	}
	s.dateFound()
	return nil
}

// Stats returns what the spool holds now.
func (s *Spool) Stats() Stats {
	stats := Stats{Head: s.head, Tail: s.head, LostRecords: s.lostRecords, LostCount: s.lostCount}
	for _, g := range s.segments {
		stats.Tail += uint64(g.records)
		stats.Count += g.count
		stats.Bytes += g.size
	}
	return stats
}

// Append adds a record that stands for count things, and returns its ID. After
// an error the spool is as it was, but for what was too old or had to go to make
// room. The error is ErrTooLarge, or that of the file system.
func (s *Spool) Append(payload []byte, count uint32) (id uint64, err error) {
	s.frame = appendFrame(s.frame[:0], payload, count)
	if int64(len(s.frame)+len(magic)) > s.maxBytes {
		return 0, fmt.Errorf("append to spool: %w", ErrTooLarge)
	}
	if err := s.prepare(int64(len(s.frame))); err != nil {
		return 0, fmt.Errorf("append to spool: %w", err)
	}
	if err := s.write(s.frame); err != nil {
		return 0, fmt.Errorf("append to spool: %w", err)
	}
	return s.Stats().Tail - 1, nil
}

// prepare sees to it that nothing is too old, that there is room, and a segment
// that a frame may be written to.
func (s *Spool) prepare(bytes int64) error {
	s.expire()
	if s.tail != nil && (s.tail.sealed || s.tail.size >= s.segmentBytes) {
		if err := s.Sync(); err != nil {
			return err
		}
		s.endTail()
	}
	for s.Stats().Bytes+int64(len(magic))+bytes > s.maxBytes && len(s.segments) > 0 {
		s.drop(s.segments[0])
	}
	if s.tail != nil {
		return nil
	}
	return s.begin()
}

// begin begins a segment.
func (s *Spool) begin() error {
	path := filepath.Join(s.dir, segmentName(s.number+1))
	out, err := s.create(path)
	if err != nil {
		return fmt.Errorf("begin segment: %w", err)
	}
	s.number++
	if _, err := out.WriteAt([]byte(magic), 0); err != nil {
		return fmt.Errorf("begin segment: %w", errors.Join(err, out.Close(), os.Remove(path)))
	}
	start := int64(len(magic))
	s.tail = &segment{path: path, file: out, size: start, next: start, written: s.now()}
	s.segments = append(s.segments, s.tail)
	s.markSynced()
	return nil
}

// endTail lets nothing more be written to the newest segment. An empty one goes:
// it would stand before those that come after it.
func (s *Spool) endTail() {
	if s.tail != nil && s.tail.records == 0 {
		s.retire(s.tail)
	}
	s.tail = nil
}

// write appends frames to the newest segment, and remembers them until they are
// synced.
func (s *Spool) write(frames []byte) error {
	if err := s.tail.append(frames); err != nil {
		return err
	}
	s.tail.written = s.now()
	s.forgotten = s.forgotten || len(s.unsynced)+len(frames) > maxUnsynced
	if s.forgotten {
		s.unsynced = nil
	} else {
		s.unsynced = append(s.unsynced, frames...)
	}
	return nil
}

// Peek returns the oldest record, and false when there is none. The error says
// that the file could not be opened now; what cannot be read is lost and passed
// over.
func (s *Spool) Peek() (Record, bool, error) {
	for len(s.segments) > 0 && s.segments[0].records > 0 {
		h, payload, err := s.segments[0].read(s.payload)
		s.payload = payload
		switch {
		case err == nil:
			return Record{ID: s.head, Count: h.count, Payload: payload}, true, nil
		case !errors.Is(err, errDamaged):
			return Record{}, false, fmt.Errorf("read spool: %w", err)
		}
		s.condemn(s.segments[0], err)
	}
	return Record{}, false, nil
}

// Done removes the oldest record if it is the one with this ID. It reports false
// if that record was lost before.
func (s *Spool) Done(id uint64) (bool, error) {
	if id != s.head || len(s.segments) == 0 || s.segments[0].records == 0 {
		return false, nil
	}
	g := s.segments[0]
	h, err := g.peek()
	switch {
	case errors.Is(err, errDamaged):
		s.condemn(g, err)
		return false, nil
	case err != nil:
		return false, fmt.Errorf("read spool: %w", err)
	}
	g.pass(h)
	s.head++
	if g.records == 0 {
		s.retire(g)
	}
	return true, nil
}

// drop loses what is left of a segment.
func (s *Spool) drop(g *segment) {
	s.head += uint64(g.records)
	s.lostRecords += uint64(g.records)
	s.lostCount += g.count
	s.retire(g)
}

// condemn gives up a segment that turned out to be damaged.
func (s *Spool) condemn(g *segment, why error) {
	s.log.Error("segment of the spool is damaged", slog.String("file", g.path), slog.Any("error", why),
		slog.Int("lost_records", g.records), slog.Uint64("lost_count", g.count))
	g.damaged = true
	s.drop(g)
}

// retire removes a segment, or sets it aside if there is something in it that
// could not be read.
func (s *Spool) retire(g *segment) {
	s.segments = slices.DeleteFunc(s.segments, func(o *segment) bool { return o == g })
	if s.tail == g {
		s.tail = nil
	}
	err := g.close()
	if g.damaged {
		err = errors.Join(err, os.Rename(g.path, g.path+damagedSuffix))
	} else {
		err = errors.Join(err, os.Remove(g.path))
	}
	if err != nil {
		s.log.Error("segment of the spool is left behind", slog.String("file", g.path), slog.Any("error", err))
	}
}

// Close closes the files. It does not sync.
func (s *Spool) Close() error {
	var err error
	for _, g := range s.segments {
		err = errors.Join(err, g.close())
		if g == s.tail && g.records == 0 {
			err = errors.Join(err, os.Remove(g.path))
		}
	}
	s.segments, s.tail = nil, nil
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
		s.lock = nil
	}
	return err
}

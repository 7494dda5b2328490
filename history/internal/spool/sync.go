package spool

import (
	"errors"
	"fmt"
	"log/slog"
)

// Sync makes every record that is not done safe from the end of the machine. An
// error says that some are not, and will not be: they are there as long as the
// machine runs.
func (s *Spool) Sync() error {
	if s.tail == nil {
		return nil
	}
	err := s.tail.file.Sync()
	if err == nil {
		s.markSynced()
		return nil
	}
	if again := s.rescue(); again != nil {
		return fmt.Errorf("sync spool: %w", errors.Join(err, again))
	}
	s.log.Error("segment of the spool could not be synced and was written again", slog.Any("error", err))
	return nil
}

// markSynced notes that everything in the newest segment is safe.
func (s *Spool) markSynced() {
	s.unsynced, s.syncedTo, s.forgotten = s.unsynced[:0], s.tail.size, false
}

// rescue ends a segment that could not be synced, and writes what is not safe
// in it to a new one.
func (s *Spool) rescue() error {
	old, frames, from, forgotten := s.tail, s.unsynced, s.syncedTo, s.forgotten
	s.endTail()
	s.unsynced = nil
	if forgotten {
		return errors.New("too much to write again")
	}
	if done := old.next - from; done > 0 {
		from, frames = old.next, frames[done:]
	}
	if len(frames) == 0 {
		return nil
	}
	if err := s.begin(); err != nil {
		return err
	}
	fresh := s.tail
	err := s.write(frames)
	if err == nil {
		err = fresh.file.Sync()
	}
	if err != nil {
		s.retire(fresh)
		return fmt.Errorf("write again: %w", err)
	}
	s.markSynced()
	s.cut(old, from, fresh)
	return nil
}

// cut ends a segment before what was moved to another. If the file cannot be
// shortened, the records are seen twice after a restart.
func (s *Spool) cut(old *segment, size int64, moved *segment) {
	old.size = size
	old.records -= moved.records
	old.count -= moved.count
	if err := old.file.Truncate(size); err != nil {
		s.log.Error("segment of the spool could not be shortened", slog.String("file", old.path), slog.Any("error", err))
	}
	if old.records == 0 {
		s.retire(old)
	}
}

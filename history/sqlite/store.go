package sqlite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"ticker/history"
)

var _ history.Store = (*Store)(nil)

// errClosed is the answer of a store that is not open.
var errClosed = errors.New("history file is not open")

// Config says where a Store keeps its samples.
type Config struct {
	// Path is that of the database. Other files stand beside it, with more at the
	// end of their names. Its directory is made if it is missing.
	Path string
	// Logger is told of files that are moved aside and days that are dropped; nil
	// logs nothing.
	Logger *slog.Logger
	// Now is this machine's clock; nil is time.Now.
	Now func() time.Time
}

// Store is a history.Store in one file.
type Store struct {
	path   string
	logger *slog.Logger
	now    func() time.Time

	// gate is held for reading by whoever uses the file and for writing by who
	// opens, replaces or closes it, I/O included: SQLite removes files by their
	// names when the last connection closes, so none may be left over when there
	// is a new file of the same name.
	gate sync.RWMutex
	file *file // nil while it is not open
	lock *lock // nil while there is no file

	// state is what the last writes found out about the file.
	state atomic.Int32
}

// The states of a file, the worst last.
const (
	sound int32 = iota
	// doubtful: a write failed for a reason that a new connection may not have.
	doubtful
	// damaged: a write found what no database has.
	damaged
)

// New makes a store, and touches nothing before Open.
func New(cfg Config) (*Store, error) {
	if cfg.Path == "" {
		return nil, errors.New("make history store: path is missing")
	}
	path, err := filepath.Abs(cfg.Path)
	if err != nil {
		return nil, fmt.Errorf("make history store: %w", err)
	}
	s := &Store{path: path, now: cfg.Now, logger: cmp.Or(cfg.Logger, slog.New(slog.DiscardHandler))}
	if s.now == nil {
		s.now = time.Now
	}
	return s, nil
}

// Open opens the file, or makes it, and brings its tables to this version's
// shape. A file that is damaged is moved aside first. A file that is open and
// sound stays as it is.
func (s *Store) Open(ctx context.Context) error {
	s.gate.Lock()
	defer s.gate.Unlock()
	state := s.state.Load()
	if s.file != nil && state == sound {
		return ctx.Err()
	}
	if err := s.open(ctx, state == damaged); err != nil {
		return fmt.Errorf("open %s: %w", s.path, err)
	}
	s.state.Store(sound)
	return nil
}

func (s *Store) open(ctx context.Context, replace bool) error {
	// What it has to say against being closed is why it is opened anew.
	_ = s.closeFile()
	if err := os.MkdirAll(filepath.Dir(s.path), 0o750); err != nil {
		return err
	}
	lock, err := takeLock(ctx, s.path)
	if err != nil {
		return err
	}
	opened, err := s.openLocked(ctx, replace)
	if err != nil {
		lock.release()
		return err
	}
	s.file, s.lock = opened, lock
	return nil
}

// openLocked opens the file, or a new one if it is damaged.
func (s *Store) openLocked(ctx context.Context, replace bool) (*file, error) {
	cause := errors.New("a write found damage")
	if !replace {
		var opened *file
		if opened, cause = openFile(ctx, s.path); !isDamage(cause) {
			return opened, cause
		}
	}
	if err := s.moveAside(cause); err != nil {
		return nil, err
	}
	s.state.Store(doubtful) // what comes now is another file
	return openFile(ctx, s.path)
}

// moveAside gives the file, and its log with it, a name under which it can be
// looked at later.
func (s *Store) moveAside(cause error) error {
	aside := s.path + ".damaged-" + s.now().UTC().Format("20060102T150405.000000000")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Rename(s.path+suffix, aside+suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	s.logger.Error("history file is damaged and was moved aside; a new one begins",
		"file", s.path, "moved", aside, "error", cause)
	return nil
}

// Close closes the file.
func (s *Store) Close() error {
	s.gate.Lock()
	defer s.gate.Unlock()
	return s.closeFile()
}

func (s *Store) closeFile() error {
	if s.file == nil {
		return nil
	}
	err := s.file.close()
	s.lock.release()
	s.file, s.lock = nil, nil
	if err != nil {
		return fmt.Errorf("close %s: %w", s.path, err)
	}
	return nil
}

// use calls work with the open file. SQLite calls it an interruption when the
// context is done; the error says which.
func (s *Store) use(ctx context.Context, what string, work func(*file) error) error {
	s.gate.RLock()
	defer s.gate.RUnlock()
	err := errClosed
	if s.file != nil {
		err = work(s.file)
	}
	if err == nil {
		return nil
	}
	if done := ctx.Err(); done != nil {
		err = done
	}
	return fmt.Errorf("%s: %w", what, err)
}

// write is use for what changes the file, and remembers what its failure means.
func (s *Store) write(ctx context.Context, what string, work func(*file) error) error {
	return s.use(ctx, what, func(f *file) error {
		err := work(f)
		switch {
		case isDamage(err):
			s.state.Store(damaged)
		case err != nil && ctx.Err() == nil && !isFull(err):
			s.state.CompareAndSwap(sound, doubtful)
		}
		return err
	})
}

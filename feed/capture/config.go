package capture

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"time"
)

const (
	defaultFileBytes   = 64 << 20
	defaultFileAge     = time.Hour
	defaultMaxBytes    = 10 << 30
	defaultBufferBytes = 8 << 20
	minBufferBytes     = 4 << 10
	maxBufferBytes     = 16 << 20 // the longest line that is played
)

// Config says what a Recorder writes and where. Dir and Feed are required; the
// zero value of another field means its default.
type Config struct {
	// Dir is the directory of the files. It is made if it is not there.
	Dir string
	// Feed begins the names of the files and is the metric label: 1 to 32 of
	// a-z 0-9 _ -. No two Recorders of a directory share one.
	Feed string
	// FileBytes is the size of a file before compression; 64 MiB.
	FileBytes int64
	// FileAge is how long a file is written to; 1 h.
	FileAge time.Duration
	// MaxBytes bounds all files of the feed together, on disk; 10 GiB. It is at
	// least twice FileBytes. Less than 0 is no bound.
	MaxBytes int64
	// BufferBytes bounds what waits to be written; 8 MiB. A longer message is
	// lost. 4 KiB to 16 MiB, and at most FileBytes.
	BufferBytes int
	// Logger gets a line when writing fails and when it goes on, and samples of
	// what is lost; nil logs nothing.
	Logger *slog.Logger
	// Metrics counts; nil counts for nobody.
	Metrics *Metrics
	// Now reads the clock that messages are stamped with; time.Now if nil.
	Now func() time.Time
}

func (c *Config) setDefaults() {
	if c.FileBytes == 0 {
		c.FileBytes = defaultFileBytes
	}
	if c.FileAge == 0 {
		c.FileAge = defaultFileAge
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = defaultMaxBytes
	}
	if c.BufferBytes == 0 {
		c.BufferBytes = defaultBufferBytes
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Metrics == nil {
		c.Metrics = NewMetrics(nil)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
}

func (c *Config) validate() error {
	switch {
	case c.Dir == "":
		return errors.New("no directory")
	case !regexp.MustCompile(`^[a-z0-9_-]{1,32}$`).MatchString(c.Feed):
		return errors.New("feed must be 1 to 32 of a-z 0-9 _ -")
	case c.FileAge < 0:
		return errors.New("age of a file must not be negative")
	case c.BufferBytes < minBufferBytes || c.BufferBytes > maxBufferBytes:
		return fmt.Errorf("buffer must have %d to %d bytes", minBufferBytes, maxBufferBytes)
	case c.FileBytes < int64(c.BufferBytes):
		return errors.New("a file must have the bytes of the buffer at least")
	case c.MaxBytes > 0 && c.MaxBytes/2 < c.FileBytes:
		return errors.New("all files together must have the bytes of two at least")
	}
	if err := os.MkdirAll(c.Dir, 0o750); err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	return nil
}

package capture

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	// stampLayout and extension make names that sort by time.
	stampLayout = "20060102T150405.000Z"
	extension   = ".log.gz"
	// maxTaken is how many names in a row may be taken.
	maxTaken = 1000
)

// roll is the row of files of a feed.
type roll struct {
	cfg    *Config
	press  *press
	create func(path string) (output, error)
	now    func() int64 // in microseconds; it never goes back

	segment *segment // nil between two
	named   int64    // milliseconds of the newest name; they rise though time may stand still
}

// write records lines, as many as belong into one file, and returns the bytes of
// those. After an error none of them are recorded, unless it is errTorn.
func (r *roll) write(lines []byte) (int, error) {
	first := bytes.IndexByte(lines, '\n') + 1
	if r.segment != nil && r.segment.bytes+int64(first) > r.cfg.FileBytes {
		if err := r.close(); err != nil {
			return 0, err
		}
	}
	if r.segment == nil {
		if err := r.open(); err != nil {
			return 0, err
		}
	}
	part := lines
	if room := r.cfg.FileBytes - r.segment.bytes; int64(len(part)) > room {
		part = part[:max(first, bytes.LastIndexByte(part[:room], '\n')+1)]
	}
	if err := r.segment.write(part); err != nil {
		r.segment = nil
		if errors.Is(err, errTorn) {
			return len(part), err
		}
		return 0, err
	}
	return len(part), nil
}

// aged reports whether the file is due to end for its age.
func (r *roll) aged() bool {
	return r.segment != nil && r.now()-r.segment.began >= r.cfg.FileAge.Microseconds()
}

// close ends the file, if there is one.
func (r *roll) close() error {
	s := r.segment
	r.segment = nil
	if s == nil {
		return nil
	}
	return s.close()
}

// open begins a file, once there is room for it.
func (r *roll) open() error {
	if err := r.makeRoom(); err != nil {
		return err
	}
	now := r.now()
	r.named = max(now/1000, r.named+1)
	for range maxTaken {
		path := filepath.Join(r.cfg.Dir, r.cfg.Feed+"-"+time.UnixMilli(r.named).UTC().Format(stampLayout)+extension)
		out, err := r.create(path)
		if errors.Is(err, fs.ErrExist) {
			r.named++
			continue
		}
		if err != nil {
			return fmt.Errorf("create recording: %w", err)
		}
		s := &segment{path: path, out: out, press: r.press, began: now}
		if err := s.begin(); err != nil {
			return err
		}
		r.segment = s
		return nil
	}
	return fmt.Errorf("create recording: %d names in a row are taken", maxTaken)
}

// recorded is a file of the feed.
type recorded struct {
	name  string
	bytes int64
}

// makeRoom removes the oldest files until there is room for another of full size;
// compressed it takes less.
func (r *roll) makeRoom() error {
	if r.cfg.MaxBytes < 0 {
		return nil
	}
	files, err := r.files()
	if err != nil {
		return fmt.Errorf("list recordings: %w", err)
	}
	total := r.cfg.FileBytes
	for _, f := range files {
		total += f.bytes
	}
	for _, f := range files {
		if total <= r.cfg.MaxBytes {
			break
		}
		if err := os.Remove(filepath.Join(r.cfg.Dir, f.name)); err != nil {
			return fmt.Errorf("remove oldest recording: %w", err)
		}
		total -= f.bytes
	}
	return nil
}

// files lists the recordings of the feed, the oldest first.
func (r *roll) files() ([]recorded, error) {
	entries, err := os.ReadDir(r.cfg.Dir)
	if err != nil {
		return nil, err
	}
	var files []recorded
	for _, e := range entries {
		if !r.owns(e) {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		files = append(files, recorded{e.Name(), info.Size()})
	}
	slices.SortFunc(files, func(a, b recorded) int { return cmp.Compare(a.name, b.name) })
	return files, nil
}

// owns reports whether an entry is a recording of this feed, and not of one whose
// name begins alike.
func (r *roll) owns(e fs.DirEntry) bool {
	stamp, ok := strings.CutPrefix(e.Name(), r.cfg.Feed+"-")
	stamp, ends := strings.CutSuffix(stamp, extension)
	_, err := time.Parse(stampLayout, stamp)
	return ok && ends && err == nil && e.Type().IsRegular()
}

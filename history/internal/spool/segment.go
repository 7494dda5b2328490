package spool

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	segmentSuffix = ".spool"
	damagedSuffix = ".damaged"
	nameDigits    = 20
)

// file is what a segment needs of an *os.File.
type file interface {
	io.ReaderAt
	io.WriterAt
	Truncate(size int64) error
	Sync() error
	Close() error
}

// segment is one file of the spool.
type segment struct {
	path string
	file file  // nil until it is read, but for the newest
	size int64 // of what is readable
	// next is where the oldest record begins that is not done; records and count
	// are of those from there on.
	next    int64
	records int
	count   uint64
	// written is when the newest record came, on the clock of the Spool.
	written time.Time
	// damaged: what stands behind size cannot be read. sealed: nothing may be
	// written there.
	damaged, sealed bool
}

// openSegment finds out what a file holds that an earlier process left, and when it
// was written by the wall clock.
func openSegment(path string) (*segment, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	defer func() { _ = in.Close() }() // it was only read
	info, err := in.Stat()
	if err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	f, err := scan(in, info.Size())
	return &segment{
		path: path, size: f.size, next: int64(len(magic)), records: f.records, count: f.count,
		written: info.ModTime(), damaged: err != nil,
	}, nil
}

// peek reads the header of the oldest record that is not done.
func (g *segment) peek() (header, error) {
	if g.file == nil {
		in, err := os.Open(g.path)
		if err != nil {
			return header{}, fmt.Errorf("open segment: %w", err)
		}
		g.file = in
	}
	var head [headerBytes]byte
	if _, err := g.file.ReadAt(head[:], g.next); err != nil {
		return header{}, fmt.Errorf("%w: read header: %w", errDamaged, err)
	}
	h, err := parseHeader(head[:])
	if err == nil && g.next+h.frameBytes() > g.size {
		return header{}, fmt.Errorf("length: %w", errDamaged)
	}
	return h, err
}

// read reads the oldest record that is not done into a buffer, which it may
// replace by a larger one.
func (g *segment) read(buf []byte) (header, []byte, error) {
	h, err := g.peek()
	if err != nil {
		return header{}, buf, err
	}
	buf = slices.Grow(buf[:0], int(h.length))[:h.length]
	if _, err := g.file.ReadAt(buf, g.next+headerBytes); err != nil {
		return header{}, buf, fmt.Errorf("%w: read record: %w", errDamaged, err)
	}
	if checksum(buf) != h.sum {
		return header{}, buf, fmt.Errorf("record: %w", errDamaged)
	}
	return h, buf, nil
}

// append writes frames at the end. After an error the file is as it was, or
// sealed.
func (g *segment) append(frames []byte) error {
	if _, err := g.file.WriteAt(frames, g.size); err != nil {
		g.sealed = g.file.Truncate(g.size) != nil
		return fmt.Errorf("write segment: %w", err)
	}
	g.size += int64(len(frames))
	for len(frames) > 0 {
		h, err := parseHeader(frames)
		if err != nil {
			return err
		}
		g.records++
		g.count += uint64(h.count)
		frames = frames[h.frameBytes():]
	}
	return nil
}

// pass goes on behind a record.
func (g *segment) pass(h header) {
	g.next += h.frameBytes()
	g.records--
	g.count -= uint64(h.count)
}

func (g *segment) close() error {
	if g.file == nil {
		return nil
	}
	err := g.file.Close()
	g.file = nil
	return err
}

// create begins a file that is not there yet, and makes its name safe from the
// end of the machine.
func create(path string) (file, error) {
	out, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return nil, err
	}
	if err = syncDir(filepath.Dir(path)); err != nil {
		_ = out.Close()
		_ = os.Remove(path)
		return nil, err
	}
	return out, nil
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }() // it was only synced
	return dir.Sync()
}

func segmentName(number uint64) string {
	return fmt.Sprintf("%0*d%s", nameDigits, number, segmentSuffix)
}

// segmentNumber reads the name of a segment, or of one that was set aside.
func segmentNumber(name string) (number uint64, ok bool) {
	digits, ok := strings.CutSuffix(strings.TrimSuffix(name, damagedSuffix), segmentSuffix)
	if !ok || len(digits) != nameDigits {
		return 0, false
	}
	number, err := strconv.ParseUint(digits, 10, 64)
	return number, err == nil
}

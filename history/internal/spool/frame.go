package spool

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
)

const (
	// magic begins every segment; its last byte is the version of the format.
	magic       = "TKSPOOL\x01"
	headerBytes = 16
)

// errDamaged reports bytes that are not as they were written.
var errDamaged = errors.New("damaged")

func checksum(p []byte) uint32 { return crc32.Checksum(p, crc32.MakeTable(crc32.Castagnoli)) }

// header is what stands before a record.
type header struct {
	length, count uint32
	sum           uint32 // of the record
}

// frameBytes returns the length of the header and the record.
func (h header) frameBytes() int64 { return headerBytes + int64(h.length) }

// appendFrame appends a record with its header.
func appendFrame(dst, payload []byte, count uint32) []byte {
	start := len(dst)
	dst = slices.Grow(dst, headerBytes+len(payload))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(payload)))
	dst = binary.LittleEndian.AppendUint32(dst, count)
	dst = binary.LittleEndian.AppendUint32(dst, checksum(dst[start:]))
	dst = binary.LittleEndian.AppendUint32(dst, checksum(payload))
	return append(dst, payload...)
}

// parseHeader reads a header of headerBytes; the error is errDamaged.
func parseHeader(p []byte) (header, error) {
	if checksum(p[:8]) != binary.LittleEndian.Uint32(p[8:]) {
		return header{}, fmt.Errorf("header: %w", errDamaged)
	}
	return header{
		length: binary.LittleEndian.Uint32(p), count: binary.LittleEndian.Uint32(p[4:]), sum: binary.LittleEndian.Uint32(p[12:]),
	}, nil
}

// found is what a scan of a segment found in it.
type found struct {
	size    int64 // of what is readable
	records int
	count   uint64
}

// scan reads a segment of the given size to the end of what is readable. The
// error is nil when that is the end of the file, or a frame that was cut off
// there; it wraps errDamaged, or is that of the file. Memory does not depend on
// what the segment says of itself.
func scan(file io.ReaderAt, size int64) (found, error) {
	if size < int64(len(magic)) {
		return found{}, nil
	}
	in := bufio.NewReaderSize(io.NewSectionReader(file, 0, size), 64<<10)
	var head [headerBytes]byte
	if _, err := io.ReadFull(in, head[:len(magic)]); err != nil {
		return found{}, fmt.Errorf("read segment: %w", err)
	}
	if string(head[:len(magic)]) != magic {
		return found{}, fmt.Errorf("beginning of the segment: %w", errDamaged)
	}
	f := found{size: int64(len(magic))}
	for size-f.size >= headerBytes {
		h, err := scanFrame(in, head[:], size-f.size)
		if err != nil || h == nil {
			return f, err
		}
		f.size += h.frameBytes()
		f.records++
		f.count += uint64(h.count)
	}
	return f, nil
}

// scanFrame reads one frame out of what is left of a segment, and returns nil
// for one that was cut off.
func scanFrame(in *bufio.Reader, head []byte, left int64) (*header, error) {
	if _, err := io.ReadFull(in, head); err != nil {
		return nil, fmt.Errorf("read segment: %w", err)
	}
	h, err := parseHeader(head)
	if err != nil {
		return nil, err
	}
	if h.frameBytes() > left {
		return nil, nil
	}
	sum := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	if _, err := io.CopyN(sum, in, int64(h.length)); err != nil {
		return nil, fmt.Errorf("read segment: %w", err)
	}
	if sum.Sum32() != h.sum {
		return nil, fmt.Errorf("record: %w", errDamaged)
	}
	return &h, nil
}

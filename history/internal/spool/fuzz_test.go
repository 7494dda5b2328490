package spool

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// FuzzSegment checks that any bytes in the place of a segment are read to where
// they make sense, and by every reader to the same place.
func FuzzSegment(f *testing.F) {
	whole := appendFrame(appendFrame([]byte(magic), []byte("one"), 1), nil, 0)
	f.Add([]byte{})
	f.Add([]byte(magic))
	f.Add([]byte("TKSPOOL\x02"))
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add(append(bytes.Clone(whole), make([]byte, 64)...))
	f.Add(append([]byte(magic), bytes.Repeat([]byte{0xff}, 40)...))
	more := appendFrame(appendFrame(bytes.Clone(whole), []byte("three"), 1<<32-1), bytes.Repeat([]byte("four"), 400), 4)
	f.Add(more)
	for _, at := range []int{len(magic), len(whole) - 1, len(whole) + headerBytes, len(more) - 1} {
		damaged := bytes.Clone(more)
		damaged[at] ^= 1
		f.Add(damaged)
	}
	endless := appendFrame(bytes.Clone(whole), nil, 1)
	binary.LittleEndian.PutUint32(endless[len(whole):], 1<<32-1)
	binary.LittleEndian.PutUint32(endless[len(whole)+8:], checksum(endless[len(whole):len(whole)+8]))
	f.Add(endless)
	f.Fuzz(func(t *testing.T, data []byte) {
		in := bytes.NewReader(data)
		found, err := scan(in, int64(len(data)))
		if err != nil && !errors.Is(err, errDamaged) {
			t.Fatalf("scan = %v", err)
		}
		if found.size > int64(len(data)) {
			t.Fatalf("%d of %d bytes are readable", found.size, len(data))
		}
		again, err := scan(in, found.size)
		if err != nil || again != found {
			t.Fatalf("the readable part is read as %+v, %v, not %+v", again, err, found)
		}
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, segmentName(1)), data, 0o600); err != nil {
			t.Fatal(err)
		}
		s := mustOpen(t, dir, Options{})
		var frames []byte
		for range found.records {
			r, ok, err := s.Peek()
			if !ok || err != nil {
				t.Fatalf("Peek = %t, %v", ok, err)
			}
			frames = appendFrame(frames, r.Payload, r.Count)
			if done, err := s.Done(r.ID); !done || err != nil {
				t.Fatalf("Done = %t, %v", done, err)
			}
		}
		if r, ok, err := s.Peek(); ok || err != nil {
			t.Fatalf("behind the last record Peek = %v, %v", r, err)
		}
		if found.records > 0 && !bytes.Equal(frames, data[len(magic):found.size]) {
			t.Fatal("the records are not those of the segment")
		}
	})
}

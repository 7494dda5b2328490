package server

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// parcel is a body that comes in pieces of any size, and the error behind it.
type parcel struct {
	text  []byte
	most  int
	ended error
}

func (p *parcel) Read(into []byte) (int, error) {
	if len(p.text) == 0 {
		return 0, p.ended
	}
	n := copy(into[:min(len(into), p.most)], p.text)
	p.text = p.text[n:]
	return n, nil
}

func TestABodyIsReadAsItIsHoweverItComes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		size := rapid.OneOf(rapid.IntRange(0, 3), rapid.IntRange(bodyStep-1, bodyStep+1), rapid.IntRange(0, 9*bodyStep)).Draw(rt, "size")
		text := make([]byte, size)
		for i := range text {
			text[i] = byte(i * i >> 7)
		}
		most := int64(maxBody)
		if rapid.Bool().Draw(rt, "announced") {
			most = int64(size)
		}
		ended := rapid.SampledFrom([]error{io.EOF, io.ErrUnexpectedEOF}).Draw(rt, "ended")
		pieces := rapid.SampledFrom([]int{1, 700, bodyStep, maxBody}).Draw(rt, "pieces")

		all := newBodies()
		b := &body{of: all, from: payer{subject: "a"}, most: most}
		err := b.read(&parcel{text, pieces, ended})
		if (err == nil) != errors.Is(ended, io.EOF) {
			rt.Fatalf("error %v behind %v", err, ended)
		}
		if !bytes.Equal(b.text, text) {
			rt.Fatalf("%d bytes are not the %d that came", len(b.text), size)
		}
		if all.held != int64(cap(b.text)) || all.held > max(2*int64(size), bodyStep) {
			rt.Fatalf("%d bytes take %d, and %d are counted", size, cap(b.text), all.held)
		}
		b.drop()
		if all.held != 0 || len(all.of) != 0 {
			rt.Fatalf("%d bytes of %d publishers are counted in the end", all.held, len(all.of))
		}
	})
}

func TestRoomOfBodiesIsBoundedInAllAndForEachPublisher(t *testing.T) {
	t.Parallel()
	type share struct {
		from payer
		room int64
	}
	rapid.Check(t, func(rt *rapid.T) {
		all := newBodies()
		var open []share
		var held int64
		own := make(map[payer]int64)
		for range rapid.IntRange(1, 100).Draw(rt, "steps") {
			if i := rapid.IntRange(0, 2*len(open)).Draw(rt, "which"); i < len(open) {
				all.give(open[i].from, open[i].room)
				held -= open[i].room
				own[open[i].from] -= open[i].room
				open = slices.Delete(open, i, i+1)
				continue
			}
			s := share{
				payer{subject: rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(rt, "who")},
				rapid.OneOf(rapid.Int64Range(1, bodyStep), rapid.Int64Range(maxBody/4, maxBody)).Draw(rt, "room"),
			}
			var want error
			switch {
			case s.from != payer{} && own[s.from]+s.room > maxOfPublisher:
				want = errPublisher
			case held+s.room > maxBodies:
				want = errBodies
			}
			if got := all.take(s.from, s.room); !errors.Is(got, want) {
				rt.Fatalf("%d more of %d, %d of them its own: %v, want %v", s.room, held, own[s.from], got, want)
			}
			if want == nil {
				open = append(open, s)
				held += s.room
				own[s.from] += s.room
			}
		}
		for _, s := range open {
			all.give(s.from, s.room)
		}
		if all.held != 0 || len(all.of) != 0 {
			rt.Fatalf("%d bytes of %d publishers are counted in the end", all.held, len(all.of))
		}
	})
}

func TestABodyThatFindsNoRoomKeepsWhatItHas(t *testing.T) {
	t.Parallel()
	all := newBodies()
	b := &body{of: all, from: payer{subject: "a"}, most: maxBody}
	if err := all.take(payer{subject: "other"}, maxOfPublisher); err != nil {
		t.Fatal(err)
	}
	if err := all.take(payer{}, maxBodies-maxOfPublisher-bodyStep); err != nil {
		t.Fatal(err)
	}
	if err := b.read(zeros{}); !errors.Is(err, errBodies) || len(b.text) != bodyStep || all.held != maxBodies {
		t.Errorf("%v behind %d bytes, of %d held", err, len(b.text), all.held)
	}
}

func TestALongestBodyHasRoomAsTheOnlyOneOfItsPublisher(t *testing.T) {
	t.Parallel()
	b := &body{of: newBodies(), from: payer{subject: "a"}, most: maxBody}
	if err := b.read(io.LimitReader(zeros{}, maxBody)); err != nil || len(b.text) != maxBody {
		t.Errorf("%d bytes, %v", len(b.text), err)
	}
}

// zeros is a body without an end.
type zeros struct{}

func (zeros) Read(into []byte) (int, error) { return len(into), nil }

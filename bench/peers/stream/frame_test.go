package stream

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ticker/market"
)

// change updates a symbol once.
func change(m *Market, i int) {
	u := market.Update{Symbol: market.Symbol(m.Symbol(i)), TS: 1}
	u.Put(market.Bid, market.NewDecimal(int64(m.News(i))+1, 2))
	m.Update(&u)
}

// symbolsIn takes a frame apart: what symbols it has records of.
func symbolsIn(t testing.TB, frame []byte) []string {
	t.Helper()
	head, size := 2, uint64(frame[1])
	switch size {
	case mediumMark:
		head, size = 4, uint64(binary.BigEndian.Uint16(frame[2:]))
	case longMark:
		head, size = 10, binary.BigEndian.Uint64(frame[2:])
	}
	if frame[0] != finalText || size != uint64(len(frame)-head) {
		t.Fatalf("a frame of %d bytes begins with % x", len(frame), frame[:head])
	}
	var names []string
	for part := range strings.SplitSeq(string(frame[head:]), `"symbol":"`) {
		name, _, _ := strings.Cut(part, `"`)
		names = append(names, name)
	}
	return names[1:]
}

func TestFrameHoldsTheNewestOfWhatChangedSinceTheLast(t *testing.T) {
	t.Parallel()
	m := newMarket(t, 5, topOfBook)
	v := m.View([]string{"SYM0004", "SYM0002", "SYM0002", "NOBODY"})
	var f Frame
	expect := func(commit bool, want ...string) {
		t.Helper()
		var got []string
		if f.Gather(&v) {
			got = symbolsIn(t, f.Bytes())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("records (-want +got):\n%s", diff)
		}
		if commit {
			v.Commit(&f)
		}
	}
	expect(true)
	change(m, 0)
	expect(true)
	change(m, 1)
	change(m, 1)
	change(m, 3)
	expect(false, "SYM0002", "SYM0004")
	change(m, 1)
	expect(true, "SYM0002", "SYM0004")
	if record, _ := m.Append(nil, 1); !bytes.Contains(f.Bytes(), record) || !bytes.Contains(record, []byte(`"seq":3,"bid":0.03`)) {
		t.Errorf("%s is not in %s", record, f.Bytes())
	}
	expect(true)
	change(m, 3)
	expect(true, "SYM0004")
}

func TestChangeOfNoWantedFieldIsNoNews(t *testing.T) {
	t.Parallel()
	m := newMarket(t, 1, topOfBook)
	change(m, 0)
	v := m.View([]string{"*"})
	var f Frame
	if !f.Gather(&v) {
		t.Fatal("no first record")
	}
	v.Commit(&f)
	u := market.Update{Symbol: "SYM0001", TS: 2}
	u.Put(market.Last, market.NewDecimal(1, 0))
	m.Update(&u)
	if f.Gather(&v) {
		t.Errorf("%s", f.Bytes())
	}
}

func TestFrameOfEveryLengthSaysHowLongItIs(t *testing.T) {
	t.Parallel()
	for _, symbols := range []int{1, 100, 3000} {
		m := newMarket(t, symbols, topOfBook)
		for i := range symbols {
			change(m, i)
		}
		v := m.View([]string{"SYM0001", "*"})
		var f Frame
		if !f.Gather(&v) || len(symbolsIn(t, f.Bytes())) != symbols {
			t.Errorf("not a frame of %d records", symbols)
		}
	}
	for _, size := range []int{0, 125, 126, 65_535, 65_536} {
		symbolsIn(t, AppendText(nil, make([]byte, size)))
	}
}

func TestGatherDoesNotAllocate(t *testing.T) {
	m := newMarket(t, 50, topOfBook)
	v := m.View([]string{"*"})
	var f Frame
	allocs := testing.AllocsPerRun(100, func() {
		for i := range m.Symbols() {
			change(m, i)
		}
		f.Gather(&v)
		v.Commit(&f)
	})
	if allocs != 0 && !raceEnabled {
		t.Errorf("a frame allocates %v times", allocs)
	}
}

// Watches what a frame costs the conflating floor but for its write: a scan of
// 50 symbols, and a copy of those that changed.
func BenchmarkGather(b *testing.B) {
	for _, changed := range []int{0, 10, 50} {
		b.Run(fmt.Sprintf("changed=%d", changed), func(b *testing.B) {
			b.ReportAllocs()
			m := newMarket(b, 50, topOfBook)
			for i := range m.Symbols() {
				change(m, i)
			}
			v := m.View([]string{"*"})
			var f Frame
			f.Gather(&v)
			v.Commit(&f)
			for b.Loop() {
				for i := range changed {
					v.slots[i].sent = 0
				}
				f.Gather(&v)
				v.Commit(&f)
			}
		})
	}
}

// Watches what one update costs, encoding not included.
func BenchmarkUpdate(b *testing.B) {
	b.ReportAllocs()
	m := newMarket(b, 1000, topOfBook)
	u := market.Update{Symbol: "SYM0500", TS: 1}
	n := int64(0)
	for b.Loop() {
		n++
		u.Put(market.Bid, market.NewDecimal(n, 2))
		m.Update(&u)
	}
}

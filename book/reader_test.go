package book

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"ticker/market"
)

func TestAReaderSeesWhatEachCellHas(t *testing.T) {
	t.Parallel()
	b := newBook(t, 0)
	var cells []*Cell
	for i := range 500 {
		symbol := market.Symbol(fmt.Sprintf("S%d", i))
		apply(t, b, bidOf(t, symbol, fmt.Sprint(i)))
		cells = append(cells, b.Find(symbol))
	}
	inOrder := slices.Clone(cells)
	slices.SortFunc(inOrder, func(a, b *Cell) int { return int(a.ID()) - int(b.ID()) })
	for _, list := range [][]*Cell{cells, inOrder} {
		var r Reader
		want := &Want{Fields: market.AllValues}
		for _, c := range list {
			alone, _ := c.AppendQuote(nil, 0)
			if got, _ := r.Append(c, nil, want); string(got) != string(alone) || len(got) == 0 {
				t.Fatalf("%s reads %q, alone %q", c.Symbol(), got, alone)
			}
			r.Close() // or AppendQuote waits for its lock
		}
	}
}

// A reader holds a lock for some records only, and none when it was closed.
func TestAReaderLetsFeedsIn(t *testing.T) {
	t.Parallel()
	b := newBook(t, 0)
	apply(t, b, bidOf(t, "X", "1"))
	c, want := b.Find("X"), &Want{Fields: market.AllValues}
	var r Reader
	for i := range 3 * maxRun {
		r.Append(c, nil, want)
		if c.shard.mu.TryLock() {
			t.Fatal("a reader without a lock")
		}
		if want := i%maxRun + 1; r.run != want {
			t.Fatalf("record %d is number %d of its run, want %d", i+1, r.run, want)
		}
	}
	r.Close()
	r.Close()
	if !c.shard.mu.TryLock() {
		t.Fatal("a closed reader has a lock")
	}
	c.shard.mu.Unlock()
}

func TestReadersAndWritersInParallel(t *testing.T) {
	t.Parallel()
	b := newBook(t, 0)
	var cells []*Cell
	for i := range 64 {
		symbol := market.Symbol(fmt.Sprintf("S%d", i))
		apply(t, b, bidOf(t, symbol, "1"))
		cells = append(cells, b.Find(symbol))
	}
	slices.SortFunc(cells, func(a, b *Cell) int { return int(a.ID()) - int(b.ID()) })
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			for i := range 2000 {
				b.Apply(bidOf(t, cells[i%len(cells)].Symbol(), fmt.Sprint(i)))
			}
		})
		all.Go(func() {
			seen := make([]uint64, len(cells))
			for range 200 {
				var r Reader
				for i, c := range cells {
					_, got := r.Append(c, nil, &Want{Fields: market.AllValues})
					if got.Seq < seen[i] {
						t.Errorf("%s went from %d back to %d", c.Symbol(), seen[i], got.Seq)
					}
					seen[i] = got.Seq
				}
				r.Close()
			}
		})
	}
	all.Wait()
}

func TestNotifyingReadersDoesNotAllocate(t *testing.T) {
	b := newBook(t, 0)
	b.Notify(b.Recycle)
	u := bidOf(t, "X", "1")
	b.Apply(u)
	c := b.Find("X")
	arms := make([]Arm, 100)
	allocs := testing.AllocsPerRun(1000, func() {
		for i := range arms {
			c.Arm(&arms[i], c.Seq())
		}
		b.Apply(u)
	})
	if allocs != 0 {
		t.Errorf("%v allocations for an update that 100 readers wait for", allocs)
	}
}

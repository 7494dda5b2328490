package book

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"ticker/market"
)

// The model remembers every change; what changed after a stamp is looked up in
// it. A stamp is what Safe gives, as for any reader.
func TestChangedTellsExactlyTheCellsThatChangedAfterAStamp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		bk := newBook(t, 0)
		type mark struct {
			stamp  uint64
			events int
		}
		var events []market.Symbol
		marks := []mark{{}}
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, 40), 0, 300).Draw(rt, "symbols") {
			if n == 0 {
				marks = append(marks, mark{bk.AdvanceSafe(), len(events)})
				continue
			}
			symbol := market.Symbol(rune('A'+n%26)) + market.Symbol(rune('A'+n/26))
			bk.Apply(bidOf(t, symbol, "1"))
			events = append(events, symbol)
		}
		from := rapid.SampledFrom(marks).Draw(rt, "from")
		want := slices.Compact(slices.Sorted(slices.Values(events[from.events:])))
		cells, ok := bk.Changed(from.stamp, nil, len(want))
		if got := names(cells); !ok || !slices.Equal(got, want) {
			rt.Fatalf("changed: %v, %v, want %v", got, ok, want)
		}
		if len(want) > 0 {
			if _, ok := bk.Changed(from.stamp, nil, len(want)-1); ok {
				rt.Fatalf("%d changed, and that is at most %d", len(want), len(want)-1)
			}
		}
	})
}

func names(cells []*Cell) []market.Symbol {
	var all []market.Symbol
	for _, c := range cells {
		all = append(all, c.Symbol())
	}
	slices.Sort(all)
	return all
}

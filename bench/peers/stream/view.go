package stream

import (
	"slices"

	"ticker/market"
)

// View is what one client has subscribed to, and what it was sent of it. The
// zero View is of nothing.
type View struct {
	market *Market
	slots  []slot
}

// slot is one symbol of a view.
type slot struct {
	cell int
	sent uint64 // Seq of the record sent last
}

// View returns the view of the named symbols, of which nothing was sent. The
// name * stands for all; names that are not in the market are left out.
func (m *Market) View(names []string) View {
	if slices.Contains(names, "*") {
		return m.everything()
	}
	v := View{market: m, slots: make([]slot, 0, len(names))}
	for _, name := range names {
		if i, known := m.index[market.Symbol(name)]; known {
			v.slots = append(v.slots, slot{cell: i})
		}
	}
	// In the order of the cells a scan goes forward through memory.
	slices.SortFunc(v.slots, func(a, b slot) int { return a.cell - b.cell })
	v.slots = slices.Compact(v.slots)
	return v
}

func (m *Market) everything() View {
	v := View{market: m, slots: make([]slot, len(m.cells))}
	for i := range v.slots {
		v.slots[i].cell = i
	}
	return v
}

// Cells calls visit with the number of each symbol in the view.
func (v *View) Cells(visit func(i int)) {
	for _, s := range v.slots {
		visit(s.cell)
	}
}

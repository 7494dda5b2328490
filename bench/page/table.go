package page

import (
	"fmt"
	"slices"

	"ticker/bench"
)

// table is the figures of every server, a row each.
type table struct {
	Rounds string
	// First is the server that ratios refer to, empty when there is no other.
	First string
	// Disorder says that a server sent records out of order: no news otherwise.
	Disorder bool
	Rows     []row
}

type row struct {
	style
	// Groups are cells in the order of the headings in page.html.
	Delivered, Processor, Age, Memory, Faults, Ratios []cell
}

// cell is a figure. Note is how far its rounds lie apart, Bad says that it ought
// to be zero.
type cell struct {
	Text, Note string
	Bad        bool
}

// newTable returns the table of servers, nil if there are none.
func newTable(servers []bench.Summary, colours *palette) *table {
	if len(servers) == 0 {
		return nil
	}
	t := &table{
		Rounds:   roundsText(servers),
		Disorder: slices.ContainsFunc(servers, func(s bench.Summary) bool { return s.Disorder > 0 }),
	}
	if len(servers) > 1 {
		t.First = servers[0].Server
	}
	for i := range servers {
		s := &servers[i]
		r := newRow(s)
		r.style = colours.style(s.Server)
		if t.Disorder {
			r.Faults = append(r.Faults, newFault(s.Disorder))
		}
		if len(servers) > 1 {
			r.Ratios = []cell{newCell(s.CPURatio, plain()), newCell(s.UpdateRatio, plain())}
		}
		t.Rows = append(t.Rows, r)
	}
	return t
}

func newRow(s *bench.Summary) row {
	megabytes := bench.Spread{Median: s.BytesPerSecond.Median / 1e6, Least: s.BytesPerSecond.Least / 1e6, Most: s.BytesPerSecond.Most / 1e6}
	return row{
		Delivered: []cell{
			newCell(s.UpdatesPerSecond, counts()), newCell(s.FramesPerSecond, counts()),
			newCell(megabytes, plain()), newCell(s.QuotesPerSecond, counts()),
		},
		Processor: []cell{
			newCell(s.Cores, plain()), newCell(s.MicrosPerFrame, plain()), newCell(s.MicrosPerUpdate, plain()),
		},
		Age: []cell{
			newCell(s.AgeP50, micros()), newCell(s.AgeP99, micros()), newCell(s.AgeP999, micros()),
			newCell(s.AgeMax, micros()), newCell(s.FreshestP50, micros()),
		},
		Memory: []cell{newCell(s.BytesPerConnection, octets())},
		Faults: []cell{newFault(s.Unserved), newFault(s.Lost)},
	}
}

// newCell writes a figure. One of zero was not measured.
func newCell(s bench.Spread, u units) cell {
	if s.Median == 0 {
		return cell{Text: "–"}
	}
	c := cell{Text: u.write(s.Median)}
	if s.Least != s.Most {
		c.Note = spreadText(s, u.write)
	}
	return c
}

func newFault[N int | uint64](n N) cell { return cell{Text: whole(n), Bad: n > 0} }

// roundsText says over how many rounds the figures are medians.
func roundsText(servers []bench.Summary) string {
	least, most := servers[0].Rounds, servers[0].Rounds
	for i := range servers {
		least, most = min(least, servers[i].Rounds), max(most, servers[i].Rounds)
	}
	switch {
	case most <= 1:
		return "Figures of one round."
	case least == most:
		return fmt.Sprintf("Medians of %d rounds.", most)
	}
	return fmt.Sprintf("Medians of %d to %d rounds.", least, most)
}

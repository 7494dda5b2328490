package historytest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"ticker/history"
)

func testDays(t *testing.T, newPlace NewPlace) {
	t.Helper()
	rules := map[string]func(*testing.T, *pair){
		"samples may be years apart": func(t *testing.T, p *pair) {
			p.append(t, "e1", trade("OLD", -400*day, 1, 5), trade("A", 0, 1, 1), trade("A", midnight, 9, 6), trade("A", 2*midnight, 10, 7))
			p.append(t, "e1", quote("B", midnight+day, 1))
		},
		"days without samples show the days before them": func(t *testing.T, p *pair) {
			p.append(t, "e1", quote("A", midnight-second, 1), quote("B", midnight+10*day, 1))
			for at := midnight - day; at < midnight+12*day; at += day / 2 {
				p.asOf(t, at, "*")
			}
		},
		"the first microsecond of a day is the day's": func(t *testing.T, p *pair) {
			p.append(t, "e1", quote("A", midnight-1, 1), quote("B", midnight-1, 1))
			p.append(t, "e1", quote("A", midnight, 2), quote("C", midnight+1, 1))
			if diff := cmp.Diff([]uint64{2, 1}, seqs(p.asOf(t, midnight, "*"))); diff != "" {
				t.Errorf("sequences (-want +got):\n%s", diff)
			}
		},
		"a late sample shows in the days after it": func(t *testing.T, p *pair) {
			p.append(t, "e1", quote("A", midnight-day, 1))
			p.append(t, "e1", quote("B", midnight+day, 1), quote("B", midnight+3*day, 2))
			p.append(t, "e1", quote("A", midnight-hour, 2), quote("C", midnight-hour, 1))
			if diff := cmp.Diff([]uint64{2, 2, 1}, seqs(p.asOf(t, midnight+3*day, "*"))); diff != "" {
				t.Errorf("sequences (-want +got):\n%s", diff)
			}
		},
		"a late sample that is not the newest of its day shows in none": func(t *testing.T, p *pair) {
			p.append(t, "e1", quote("A", midnight-hour, 5), quote("B", midnight+2*day, 1))
			p.append(t, "e1", quote("A", midnight-2*hour, 4))
			p.append(t, "e0", quote("A", midnight-hour, 5))
		},
		"a late sample is hidden by a newer day of its symbol": func(t *testing.T, p *pair) {
			p.append(t, "e1", quote("A", midnight-day, 1), quote("A", midnight+noon%day, 3), quote("B", midnight+2*day, 1))
			p.append(t, "e1", quote("A", midnight-hour, 2))
		},
		"a late day has its place between the others": func(t *testing.T, p *pair) {
			p.append(t, "e1", quote("A", midnight-day, 1), quote("B", midnight-day, 1), quote("C", midnight+2*day, 1))
			p.append(t, "e1", quote("A", midnight, 2), quote("D", midnight+second, 1))
			p.append(t, "e1", quote("E", midnight-3*day, 1))
		},
		"a batch may have any days in any order": func(t *testing.T, p *pair) {
			p.append(t, "e1", quote("A", midnight+2*day, 4), quote("A", midnight-day, 1), quote("A", midnight+day, 3),
				quote("A", midnight, 2), quote("B", midnight-2*day, 1), quote("B", midnight, 2), quote("C", midnight+hour, 1))
		},
	}
	for name, write := range rules {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t, newPlace)
			write(t, p)
			everyDay(t, p)
		})
	}
}

// everyDay compares what was known at the ends of the days around midnight, and
// all samples.
func everyDay(t checker, p *pair) {
	t.Helper()
	p.between(t, history.Span{From: -500 * day, To: 3 * midnight}, many, "*")
	for d := midnight - 5*day; d <= midnight+5*day; d += day {
		for _, at := range []int64{d - 1, d, d + 1, d + hour, d + day/2} {
			p.asOf(t, at, "*")
		}
	}
}

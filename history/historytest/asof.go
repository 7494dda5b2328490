package historytest

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ticker/history"
	"ticker/market"
)

// neighbourNames are names that a collation, or a pattern language in which "_"
// stands for any character, would order or match otherwise; in order of bytes.
var neighbourNames = []market.Symbol{"N-B", "N.B", "N/B", "N0", "N:B", "NB", "NBC", "N_B"}

func testAsOf(t *testing.T, newPlace NewPlace) {
	t.Helper()
	p := newPair(t, newPlace)
	for _, s := range neighbourNames {
		p.append(t, "e1", quote(s, noon, 1))
	}
	p.append(t, "e1",
		quote("MSFT", noon+10, 1), quote("MSFT", noon+20, 2), quote("MSFT", noon+second, 3), quote("MSFT", noon+minute, 4))
	// Of one moment: sequences out of order, then epochs out of order.
	p.append(t, "e1", quote("TIE", noon, 8))
	p.append(t, "e1", quote("TIE", noon, 7))
	p.append(t, "e9", quote("TIE", noon+1, 1))
	p.append(t, "e5", trade("TIE", noon+1, 1, 55))

	runRules(t, p, []rule{
		{"the newest record at or before the time is the answer", func(t *testing.T, p *pair) {
			for at, want := range map[int64][]uint64{
				noon + 9: nil, noon + 10: {1}, noon + 19: {1}, noon + 20: {2}, noon + second - 1: {2}, noon + second: {3},
				noon + minute - 1: {3}, noon + minute: {4}, noon + minute + 1: {4}, noon + hour: {4},
			} {
				if diff := cmp.Diff(want, seqs(p.asOf(t, at, "MSFT"))); diff != "" {
					t.Errorf("sequences at noon%+d µs (-want +got):\n%s", at-noon, diff)
				}
			}
		}},
		{"of one moment the highest sequence is the newest", func(t *testing.T, p *pair) {
			if diff := cmp.Diff([]uint64{8}, seqs(p.asOf(t, noon, "TIE"))); diff != "" {
				t.Errorf("sequence (-want +got):\n%s", diff)
			}
		}},
		{"of one moment and sequence the last epoch by name is the newest", func(t *testing.T, p *pair) {
			got := p.asOf(t, noon+1, "TIE")
			if len(got) == 1 && got[0].Known.Has(market.Last) {
				t.Error("the record is that of the epoch that was written last")
			}
		}},
		{"the far ends of time are times", func(t *testing.T, p *pair) {
			p.asOf(t, math.MinInt64, "*")
			p.asOf(t, 0, "*")
			p.asOf(t, math.MaxInt64, "*")
		}},
		{"symbols are sorted by their bytes", func(t *testing.T, p *pair) {
			if diff := cmp.Diff(neighbourNames, symbols(p.asOf(t, noon, "N*"))); diff != "" {
				t.Errorf("symbols (-want +got):\n%s", diff)
			}
		}},
		{"a pattern covers what begins with its stem, to the letter", func(t *testing.T, p *pair) {
			p.asOf(t, noon, "N_*")
			p.asOf(t, noon, "N.*")
			p.asOf(t, noon, "NB*")
			p.asOf(t, noon, "NBC*")
			p.asOf(t, noon, "X*")
			p.asOf(t, noon, "*")
		}},
		{"a symbol that several patterns cover comes once", func(t *testing.T, p *pair) {
			p.asOf(t, noon, "NB", "N*", "NB*", "*", "NB")
		}},
		{"a symbol without a record is absent", func(t *testing.T, p *pair) {
			p.asOf(t, noon, "MSFT", "NB", "NOBODY")
			p.asOf(t, noon)
		}},
	})
	runRules(t, p, asOfBounds())
}

func asOfBounds() []rule {
	return []rule{
		{"as many as the caller takes are no error", func(t *testing.T, p *pair) {
			p.asOfMost(t, noon, len(neighbourNames), "N*")
			p.asOfMost(t, noon, 1, "NB", "MSFT", "NOBODY")
		}},
		{"more than the caller takes are an error", func(t *testing.T, p *pair) {
			_, err := p.store.AsOf(t.Context(), parsePatterns(t, []string{"N*"}), noon, len(neighbourNames)-1)
			if !errors.Is(err, history.ErrTooMany) {
				t.Errorf("error is %v, want ErrTooMany", err)
			}
		}},
	}
}

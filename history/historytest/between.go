package historytest

import (
	"errors"
	"testing"

	"ticker/history"
)

func testBetween(t *testing.T, newPlace NewPlace) {
	t.Helper()
	p := newPair(t, newPlace)
	p.append(t, "e1",
		trade("C", midnight-1, 1, 10), trade("A", midnight, 1, 11), trade("B", midnight, 1, 12, 13), quote("A", noon, 2),
		quote("C", noon, 1), quote("B", noon, 2), trade("C", noon+1, 3, 9), quote("A", midnight+day, 3),
		quote("B", midnight+3*day, 3))
	p.append(t, "e0", trade("B", noon, 2, 20), quote("A", noon, 2))
	p.append(t, "e2", quote("AA", noon, 2), quote("AA", midnight, 1))
	const all = 13

	runRules(t, p, []rule{
		{"samples come by position, and then by symbol", func(t *testing.T, p *pair) {
			if got := p.between(t, ever(), many, "*"); len(got) != all {
				t.Errorf("%d samples, want %d", len(got), all)
			}
			p.between(t, ever(), many, "A*")
			p.between(t, ever(), many, "B", "A", "A*", "NOBODY")
			p.between(t, ever(), many, "NOBODY")
			p.between(t, ever(), many)
		}},
		{"a span begins with its first moment and ends before its last", func(t *testing.T, p *pair) {
			edges := []int64{midnight - 1, midnight, midnight + 1, noon, noon + 1, noon + 2, midnight + day, midnight + 3*day, midnight + 4*day}
			for _, from := range edges {
				for _, to := range edges {
					if from < to {
						p.between(t, history.Span{From: from, To: to}, many, "*")
					}
				}
			}
		}},
		{"as many as the caller takes are no error", func(t *testing.T, p *pair) {
			p.between(t, ever(), all, "*")
		}},
		{"more than the caller takes are an error", func(t *testing.T, p *pair) {
			_, err := p.store.Between(t.Context(), parsePatterns(t, []string{"*"}), ever(), all-1)
			if !errors.Is(err, history.ErrTooMany) {
				t.Errorf("error is %v, want ErrTooMany", err)
			}
		}},
	})
}

package historytest

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ticker/history"
	"ticker/market"
)

// ever is all of time.
func ever() history.Span { return history.Span{From: math.MinInt64, To: math.MaxInt64} }

func testQuotes(t *testing.T, newPlace NewPlace) {
	t.Helper()
	p := newPair(t, newPlace)
	// Over three days, with ties of time, and of time and sequence.
	p.append(t, "e2",
		quote("PAGE", midnight-hour, 1), quote("PAGE", midnight-1, 2), quote("PAGE", midnight, 3),
		quote("PAGE", noon, 4), quote("PAGE", noon, 5), quote("PAGE", noon, 6), quote("PAGE", noon+1, 7),
		quote("PAGE", midnight+day, 8), quote("PAGE", midnight+day+1, 9))
	p.append(t, "e3", quote("PAGE", noon, 6), quote("PAGE", noon, 1))
	p.append(t, "e1", quote("PAGE", noon, 6), quote("PAGE", midnight+day, 8))
	p.append(t, "e2", quote("OTHER", noon, 1), quote("PAGES", noon, 1))

	runRules(t, p, []rule{
		{"pages of every size have every row once and in order", func(t *testing.T, p *pair) {
			for limit := 1; limit <= 14; limit++ {
				if rows := walk(t, p, history.QuotesQuery{Symbol: "PAGE", Span: ever(), Limit: limit}); rows != 13 {
					t.Errorf("%d rows in pages of %d, want 13", rows, limit)
				}
			}
		}},
		{"a span begins with its first moment and ends before its last", func(t *testing.T, p *pair) {
			edges := []int64{midnight - hour, midnight - 1, midnight, midnight + 1, noon, noon + 1, noon + 2, midnight + day}
			for _, from := range edges {
				for _, to := range edges {
					if from < to {
						walk(t, p, history.QuotesQuery{Symbol: "PAGE", Span: history.Span{From: from, To: to}, Limit: 4})
					}
				}
			}
		}},
		{"a span that holds nothing has no records and no next page", func(t *testing.T, p *pair) {
			span := history.Span{From: midnight + 2*day, To: midnight + 3*day}
			p.quotes(t, history.QuotesQuery{Symbol: "PAGE", Span: span, Limit: 5})
		}},
		{"a position that no record has is a place too", func(t *testing.T, p *pair) {
			for _, after := range []history.Position{
				{Recv: noon - 1, Seq: 99, Epoch: "e9"},
				{Recv: noon, Seq: 5, Epoch: "e9"},
				{Recv: noon, Seq: 6, Epoch: "e"},
				{Recv: noon, Seq: 6, Epoch: "e20"},
				{Recv: midnight + 5*day, Seq: 1, Epoch: "e1"},
				{Recv: 1, Seq: 1, Epoch: "e1"},
			} {
				p.quotes(t, history.QuotesQuery{Symbol: "PAGE", Span: ever(), After: after, Limit: 3})
			}
		}},
		{"a symbol that never had a sample is unknown", func(t *testing.T, p *pair) {
			q := history.QuotesQuery{Symbol: "NOBODY", Span: ever(), Limit: 5}
			if _, _, err := p.store.Quotes(t.Context(), &q); !errors.Is(err, history.ErrUnknown) {
				t.Errorf("error is %v, want ErrUnknown", err)
			}
		}},
	})
	t.Run("rows that come while pages are read come at the end", func(t *testing.T) {
		t.Parallel()
		readWhileAppending(t, newPlace)
	})
}

func readWhileAppending(t *testing.T, newPlace NewPlace) {
	t.Helper()
	p := newPair(t, newPlace)
	q := history.QuotesQuery{Symbol: "GROWS", Span: ever(), Limit: 2}
	var got, want []uint64
	for seq := uint64(1); seq <= 12; seq++ {
		want = append(want, seq)
		p.append(t, "e1", quote("GROWS", noon+int64(seq)*hour, seq))
		if seq%3 != 0 {
			continue
		}
		page, next := p.quotes(t, q)
		got = append(got, seqs(page)...)
		if next == (history.Position{}) {
			t.Fatal("there is no next page before the last")
		}
		q.After = next
	}
	q.Limit = many
	page, _ := p.quotes(t, q)
	if diff := cmp.Diff(want, append(got, seqs(page)...)); diff != "" {
		t.Errorf("sequences (-want +got):\n%s", diff)
	}
}

// walk reads all pages of a query, and returns the number of rows.
func walk(t checker, p *pair, q history.QuotesQuery) int {
	t.Helper()
	rows := 0
	for range 100 { // no rule has as many
		var page []market.Quote
		page, q.After = p.quotes(t, q)
		rows += len(page)
		if q.After == (history.Position{}) {
			return rows
		}
	}
	t.Fatalf("the pages of %+v never end", q)
	return rows
}

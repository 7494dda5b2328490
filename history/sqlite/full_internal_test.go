package sqlite

import (
	"fmt"
	"path/filepath"
	"testing"

	"ticker/history"
	"ticker/market"
)

// bulky is a batch of some fifty pages.
func bulky(n int) *history.Batch {
	b := &history.Batch{Epoch: "e1"}
	for i := range 1000 {
		b.Samples = append(b.Samples, market.Sample{Quote: market.Quote{
			Symbol: market.Symbol(fmt.Sprintf("S%d", i%50)), Seq: uint64(i + 1), Recv: int64(n*1000 + i), Source: "a rather long name of a feed",
		}})
	}
	return b
}

// limitPages makes the disk as large as so many pages.
func limitPages(t *testing.T, s *Store, pages int) {
	t.Helper()
	if _, err := s.file.writer.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages)); err != nil {
		t.Fatal(err)
	}
}

func TestFullDiskIsAnErrorThatGoesWhenThereIsRoom(t *testing.T) {
	t.Parallel()
	s, err := New(Config{Path: filepath.Join(t.TempDir(), "history.db")})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	limitPages(t, s, 200)
	wrote := 0
	for ; err == nil && wrote < 50; wrote++ {
		err = s.Append(t.Context(), bulky(wrote))
	}
	if !isFull(err) {
		t.Fatalf("error is %v, want that of a full disk", err)
	}
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	limitPages(t, s, 1_000_000)
	if err := s.Append(t.Context(), bulky(wrote-1)); err != nil {
		t.Fatalf("with room again: %v", err)
	}
	q := history.QuotesQuery{Symbol: "S7", Span: history.Span{To: maxTime}, Limit: 10_000}
	quotes, _, err := s.Quotes(t.Context(), &q)
	if err != nil || len(quotes) != wrote*20 {
		t.Errorf("%d records of %d batches, want %d, error %v", len(quotes), wrote, wrote*20, err)
	}
}

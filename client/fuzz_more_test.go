package client

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"testing"

	"ticker/market"
	"ticker/wire"
)

// FuzzPoll gives a poller whatever may come as an answer: each record is told once,
// and the cursor of the next poll can stand in a URL.
func FuzzPoll(f *testing.F) {
	for _, body := range []string{
		`{"cursor":"e.1","quotes":[{"symbol":"A","seq":2,"bid":1.5},{"symbol":"A","seq":2},{"symbol":"B","seq":1}]}`,
		`{"cursor":"e.1","quotes":[]}`, `{"quotes":[{"symbol":"a"}]}`, `{"cursor":"a b","quotes":null}`, `{}`, `[]`, ``,
	} {
		f.Add(http.StatusOK, "e.2", []byte(body))
	}
	f.Add(http.StatusNoContent, "e.2", []byte{})
	f.Add(http.StatusNoContent, "", []byte{})
	f.Fuzz(func(t *testing.T, status int, cursor string, body []byte) {
		cfg := Config{MaxMessageBytes: 1 << 10}.withDefaults()
		seen := make(map[market.Symbol]uint64)
		p := poller{
			requests: &requests{inbox: inbox{cfg: &cfg, set: newSet(), stats: new(counters)}},
			seqs:     make(map[market.Symbol]uint64),
			tell: func(m wire.Message, _ int) error {
				quotes, _ := m.(*wire.Quotes)
				for i := range quotesOf(quotes) {
					if r := &quotes.Records[i]; r.Seq != 0 && seen[r.Symbol] == r.Seq {
						t.Errorf("%s %d was told twice", r.Symbol, r.Seq)
					} else {
						seen[r.Symbol] = r.Seq
					}
				}
				return nil
			},
		}
		response := &http.Response{
			StatusCode: status, Header: http.Header{headerCursor: {cursor}}, Body: io.NopCloser(bytes.NewReader(body)),
		}
		a, err := p.read(response)
		if err != nil {
			return
		}
		if !isCursor(a.Cursor) || len(body) > 1<<10 && status == http.StatusOK {
			t.Errorf("took %+v", a)
		}
		for range 2 {
			if err := p.pass(a); err != nil && !errors.As(err, new(foreignError)) {
				t.Errorf("pass: %v", err)
			}
		}
	})
}

func quotesOf(q *wire.Quotes) []wire.Record {
	if q == nil {
		return nil
	}
	return q.Records
}

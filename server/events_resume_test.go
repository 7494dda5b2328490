package server_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/market"
	"ticker/wire"
)

func TestPromise7AStreamThatComesBackBringsWhatChanged(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		for _, symbol := range []market.Symbol{"A", "B", "C"} {
			r.quote(symbol, 1)
		}
		sleep(time.Second)
		first := r.events("symbols=*").quotes().Cursor
		r.quote("A", 2)
		sleep(time.Second)
		second := r.events("symbols=*").quotes().Cursor
		r.quote("B", 2)
		r.quote("D", 1)
		sleep(time.Second)
		third := r.events("symbols=*").quotes().Cursor

		all := []string{"A=0.02", "B=0.02", "C=0.01", "D=0.01"}
		afterFirst := []string{"A=0.02", "B=0.02", "D=0.01"}
		afterSecond := []string{"B=0.02", "D=0.01"}
		for name, c := range map[string]struct {
			since, header string
			want          []string
		}{
			"no place":                         {"", "", all},
			"place in the URL":                 {first, "", afterFirst},
			"place in the header":              {"", first, afterFirst},
			"newest place":                     {"", third, nil},
			"header is newer than the URL":     {first, second, afterSecond},
			"header is older than the URL":     {second, first, afterFirst},
			"header of another epoch":          {second, "ANOTHER." + second, all},
			"header of the future":             {second, third + "zzz", all},
			"header of somebody else":          {second, "42", all},
			"header of nonsense":               {second, "%00;\"'", all},
			"header that is longer than ours":  {second, strings.Repeat("x", wire.MaxCursorBytes+1), afterSecond},
			"header as long as ours may be":    {second, strings.Repeat("x", wire.MaxCursorBytes), all},
			"header that is empty":             {second, "", afterSecond},
			"place of another epoch":           {"ANOTHER." + second, "", all},
			"place before everything":          {r.book.Epoch() + ".0", "", all},
			"place of the future":              {third + "zzz", "", all},
			"place that is none":               {"....", "", all},
			"place as long as ours may be":     {strings.Repeat("x", wire.MaxCursorBytes), "", all},
			"place that only looks like a sum": {r.book.Epoch() + ".-1", "", all},
		} {
			s := r.events("symbols=*&since="+c.since, "Last-Event-ID", c.header)
			var got []string
			for _, a := range s.during(10 * ms) {
				got = append(got, bids(a.Quotes)...)
			}
			slices.Sort(got)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	})
}

// TestPromise7AStreamThatBreaksEndsInTheStateOfOneThatDoesNot covers a browser that
// loses its connection again and again, at any moment.
func TestPromise7AStreamThatBreaksEndsInTheStateOfOneThatDoesNot(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		const query = "symbols=S*&interval=50ms&mode=delta"
		steady := r.events(query)
		broken, last := r.events(query), ""
		whole, pieces := make(map[market.Symbol]market.Quote), make(map[market.Symbol]market.Quote)
		merge := func(into map[market.Symbol]market.Quote, arrivals []arrival) {
			for _, a := range arrivals {
				for i := range a.Records {
					q := into[a.Records[i].Symbol]
					a.Records[i].MergeInto(&q)
					into[q.Symbol] = q
				}
			}
		}
		take := func(d time.Duration) {
			arrivals := broken.during(d)
			merge(pieces, arrivals)
			if len(arrivals) > 0 {
				last = arrivals[len(arrivals)-1].Cursor
			}
		}
		for round := range int64(60) {
			for i := range round % 7 {
				r.apply(symbolOf(int(i*round)%9), map[market.Field]int64{market.Field(round*i) % market.NumValues: round})
			}
			take(time.Duration(round*13%80) * ms)
			if round%3 == 0 {
				if err := broken.conn.Close(); err != nil {
					t.Fatal(err)
				}
				r.quote(symbolOf(int(round)%11), round)
				sleep(time.Duration(round*7%90) * ms)
				broken = r.events(query, "Last-Event-ID", last)
			}
		}
		take(time.Second)
		merge(whole, steady.during(time.Second))
		if diff := cmp.Diff(whole, pieces, cmp.Comparer(sameDecimal)); diff != "" || len(whole) == 0 {
			t.Error("state (-of the one that never left +of the other):\n" + diff)
		}
	})
}

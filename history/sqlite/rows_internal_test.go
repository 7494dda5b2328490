package sqlite

import (
	"database/sql"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ticker/market"
)

// FuzzReadQuote: whatever a person wrote into the file, reading it ends in a
// record that can be written again, or in an error.
func FuzzReadQuote(f *testing.F) {
	f.Add("stale", "silent", "189.98", int64(5))
	f.Add("halted", "", "-0.00000000000000000000000000000000000001", int64(0))
	f.Add("live", "disconnected", "99999999999999999999999999999999999999", int64(-1))
	f.Add("", "?", "1e400", int64(1))
	f.Add("STALE", "silent", "", int64(1))
	f.Fuzz(func(t *testing.T, status, reason, value string, ts int64) {
		r := quoteRow{symbol: 1, recv: 2, seq: 3, epoch: "e", source: value, ts: sql.NullInt64{Int64: ts, Valid: true}}
		r.status, r.reason = sql.NullString{String: status, Valid: true}, sql.NullString{String: reason, Valid: true}
		r.values[market.Ask] = sql.NullString{String: value, Valid: true}
		q, err := r.quote("A")
		if err != nil {
			return
		}
		again, err := reread(t, &q)
		if err != nil {
			t.Fatalf("written and read again: %v", err)
		}
		if diff := cmp.Diff(q, again, cmp.Comparer(market.Decimal.Equal)); diff != "" {
			t.Errorf("record (-first +again):\n%s", diff)
		}
	})
}

// reread writes a record and reads it, as a statement and a row would.
func reread(t *testing.T, q *market.Quote) (market.Quote, error) {
	t.Helper()
	var r quoteRow
	dest := r.dest()
	for i, arg := range appendQuote(nil, 1, q, "e") {
		switch d := dest[i].(type) {
		case *int64:
			*d = arg.(int64)
		case *string:
			*d = arg.(string)
		case *sql.NullInt64:
			if arg != nil {
				*d = sql.NullInt64{Int64: arg.(int64), Valid: true}
			}
		case *sql.NullString:
			if arg != nil {
				*d = sql.NullString{String: arg.(string), Valid: true}
			}
		default:
			t.Fatalf("column %d is a %T", i, d)
		}
	}
	return r.quote(q.Symbol)
}

// FuzzReadBar is FuzzReadQuote for bars.
func FuzzReadBar(f *testing.F) {
	f.Add("1", "2", "0.5", int64(3))
	f.Add("-1e-38", "1.", "199999999999999999999999999999999999998.5", int64(1))
	f.Fuzz(func(t *testing.T, low, high, volume string, trades int64) {
		r := barRow{trades: sql.NullInt64{Int64: trades, Valid: true}}
		r.open.String, r.close.String, r.low.String, r.high.String, r.volume.String = low, high, low, high, volume
		b, err := r.bar()
		if err != nil {
			return
		}
		args := appendBar(nil, &b)
		for i, text := range []*sql.NullString{&r.open, &r.high, &r.low, &r.close, &r.volume} {
			text.String = args[i].(string)
		}
		again, err := r.bar()
		if err != nil || again.Volume.String() != b.Volume.String() || again.Trades != b.Trades || !again.Low.Equal(b.Low) {
			t.Errorf("written and read again %+v is %+v, error %v", b, again, err)
		}
	})
}

func TestDaysAreThoseOfTheCalendar(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		at   int64
		want string
	}{
		{0, "1970-01-01"},
		{-1, "1969-12-31"},
		{-dayWidth, "1969-12-31"},
		{-dayWidth - 1, "1969-12-30"},
		{dayWidth - 1, "1970-01-01"},
		{dayWidth, "1970-01-02"},
		{1_763_740_800_000_000, "2025-11-21"},
		{maxTime, "294247-01-10"},
		{minTime, "-290308-12-21"},
	} {
		if got := dayOf(c.at).String(); got != c.want {
			t.Errorf("day of %d is %s, want %s", c.at, got, c.want)
		}
	}
}

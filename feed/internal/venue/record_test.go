package venue

import (
	"errors"
	"math"
	"testing"

	"ticker/feed"
	"ticker/market"
)

// read opens a text and returns what a read of it left in the record.
func read(text string, what func(r *Record)) (market.Update, error) {
	r := NewRecord(func(native string) string { return native })
	r.Open([]byte(text))
	what(&r)
	if err := r.Close(); err != nil {
		return market.Update{}, err
	}
	return r.Update, r.refusal
}

func TestValuesOfTheWrongKindRefuseTheRecordAndNotTheMessage(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`true`, `{"a":1}`, `[1,[2]]`, `"x"`, `1e39`, `"-"`, `"1e400"`, `"0x1"`} {
		u, err := read(text, func(r *Record) { r.Value(market.Bid) })
		if !errors.Is(err, feed.ErrValue) || u.Set != 0 {
			t.Errorf("%s: %v, fields %b", text, err, u.Set)
		}
	}
}

func TestAbsentValuesAreUnknown(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`null`, `""`} {
		u, err := read(text, func(r *Record) { r.Value(market.Bid) })
		if err != nil || u.Set != 0 {
			t.Errorf("%s: %v, fields %b", text, err, u.Set)
		}
	}
}

func TestSizesBelowZeroAreRefused(t *testing.T) {
	t.Parallel()
	for f := range market.NumValues {
		_, err := read(`"-0.01"`, func(r *Record) { r.Value(f) })
		isSize := f == market.BidSize || f == market.AskSize || f == market.LastSize || f == market.Volume
		if errors.Is(err, feed.ErrValue) != isSize {
			t.Errorf("%s below zero: %v", f, err)
		}
	}
}

func TestTheFirstReasonOfARefusalStays(t *testing.T) {
	t.Parallel()
	_, err := read(`["NaN", true, "abc"]`, func(r *Record) {
		r.Array()
		for i := 0; r.More(); i++ {
			if i < 2 {
				r.Value(market.Bid)
			} else {
				r.Stamp(Seconds)
			}
		}
	})
	if !errors.Is(err, market.ErrDecimalSyntax) {
		t.Errorf("got %v", err)
	}
}

func TestBeginForgetsTheRecordBefore(t *testing.T) {
	t.Parallel()
	r := NewRecord(func(native string) string { return native })
	r.Open([]byte(`[["1","NaN"],["2"]]`))
	var got []error
	emitted := 0
	for range r.List() {
		r.Begin()
		r.Update.Symbol = "A"
		r.Columns(market.Bid, market.Ask)
		got = append(got, r.Emit(func(u *market.Update) {
			if emitted++; u.Set != market.Fields(0).With(market.Bid) {
				t.Errorf("fields %b", u.Set)
			}
		}))
	}
	if len(got) != 2 || !errors.Is(got[0], feed.ErrValue) || got[1] != nil || emitted != 1 {
		t.Errorf("got %v and %d updates", got, emitted)
	}
}

func TestNumberIsZeroForWhatIsNoID(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]uint64{
		"0": 0, "42": 42, "18446744073709551615": math.MaxUint64,
		"18446744073709551616": 0, "99999999999999999999": 0, "-1": 0, "1.5": 0, "f17": 0, "": 0,
	} {
		if got := Number([]byte(text)); got != want {
			t.Errorf("Number(%q) = %d, want %d", text, got, want)
		}
	}
}

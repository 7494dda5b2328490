package historytest

import (
	"testing"
	"time"

	"ticker/history"
)

// maintain calls Maintain on both.
func (p *pair) maintain(t checker, now time.Time, keep time.Duration) {
	t.Helper()
	if err := p.store.Maintain(t.Context(), now, keep); err != nil {
		t.Fatalf("maintain: %v", err)
	}
	if err := p.model.Maintain(t.Context(), now, keep); err != nil {
		t.Fatalf("maintain the model: %v", err)
	}
}

// week is a time to keep days for. Rules add a day of tolerance to it, because
// time goes by while they run.
const week = 7 * 24 * time.Hour

func testRetention(t *testing.T, newPlace NewPlace) {
	t.Helper()
	today := floor(time.Now().UnixMicro(), day)
	daysAhead := func(n int) time.Time { return time.Now().Add(time.Duration(n) * 24 * time.Hour) }
	rules := map[string]func(*testing.T, *pair){
		"days that were written to a short while ago stay": func(t *testing.T, p *pair) {
			p.append(t, "e1", trade("A", midnight, 1, 5), trade("A", today, 2, 6))
			p.maintain(t, daysAhead(6), week)
		},
		"days that ended and were written to long ago go": func(t *testing.T, p *pair) {
			p.append(t, "e1", trade("A", midnight, 1, 5), trade("A", today+3*day, 2, 6), trade("GONE", midnight, 1, 9))
			p.maintain(t, daysAhead(9), week)
		},
		"days that ended a short while ago stay, whenever they were written to": func(t *testing.T, p *pair) {
			p.append(t, "e1", trade("A", today+15*day, 1, 5), trade("A", today-2*day, 2, 6))
			p.maintain(t, daysAhead(20), week)
		},
		"the first day that is left knows what came before it": func(t *testing.T, p *pair) {
			p.append(t, "e1", trade("A", today-9*day, 1, 5), quote("A", today-8*day, 2), quote("B", today-9*day, 1))
			p.append(t, "e1", quote("C", today+4*day, 1), quote("A", today+4*day+hour, 3), quote("C", today+5*day, 2))
			p.maintain(t, daysAhead(9), week)
			for _, at := range []int64{today + 4*day, today + 4*day + hour, today + 5*day, today + 6*day} {
				p.asOf(t, at, "*")
			}
		},
		"what was dropped may be written again": func(t *testing.T, p *pair) {
			p.append(t, "e1", trade("A", today-2*day, 1, 5), trade("A", today+4*day, 2, 6))
			p.maintain(t, daysAhead(9), week)
			p.append(t, "e1", trade("A", today-2*day, 1, 7))
		},
		"the newest day stays, and knows what came before it": func(t *testing.T, p *pair) {
			p.append(t, "e1", trade("A", midnight, 1, 5), trade("B", today, 1, 6))
			p.maintain(t, daysAhead(365), week)
			p.asOf(t, today+hour, "*")
		},
		"nothing goes without a time to keep it for": func(t *testing.T, p *pair) {
			p.append(t, "e1", trade("A", midnight, 1, 5), trade("B", midnight, 1, 5))
			p.maintain(t, daysAhead(3650), 0)
		},
		"maintaining again changes nothing": func(t *testing.T, p *pair) {
			p.append(t, "e1", trade("A", midnight, 1, 5), trade("A", today+3*day, 2, 6))
			for range 3 {
				p.maintain(t, daysAhead(9), week)
			}
			p.append(t, "e1", quote("B", today+4*day, 1))
		},
		"an empty store has nothing to drop": func(t *testing.T, p *pair) {
			p.maintain(t, daysAhead(0), week)
			p.append(t, "e1", trade("A", today, 1, 5))
			p.maintain(t, daysAhead(0), week)
		},
	}
	for name, write := range rules {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t, newPlace)
			write(t, p)
			p.between(t, ever(), many, "*")
			p.asOf(t, today+30*day, "*")
			span := history.Span{From: midnight, To: today + 30*day}
			for _, step := range []time.Duration{7 * time.Second, time.Minute, 24 * time.Hour} {
				p.candles(t, history.CandlesQuery{Symbol: "A", Span: span, Step: step})
			}
			walk(t, p, history.QuotesQuery{Symbol: "A", Span: span, Limit: 2})
		})
	}
}

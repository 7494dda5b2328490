package livetest

import (
	"strconv"
	"testing"
	"time"

	"ticker/feed/internal/live"
)

// retoldTrades is how many of the last trades some venues tell when they are
// subscribed.
const retoldTrades = 50

// retell has the exchange tell the last trades again, up to the n-th, and checks
// that none of them counts and that the last price is that of the n-th.
func (r *Rig) retell(when string, n int) {
	r.tb.Helper()
	for i := max(1, n-retoldTrades+1); i <= n; i++ {
		r.Trade(i)
	}
	r.WantTrades(when, upTo(n)...)
	if last, want := r.last(), strconv.Itoa(n); last != want {
		r.tb.Errorf("%s: the last price is %s, want %s", when, last, want)
	}
}

// upTo returns the prices of the first n trades.
func upTo(n int) []string {
	var prices []string
	for i := 1; i <= n; i++ {
		prices = append(prices, strconv.Itoa(i))
	}
	return prices
}

func retelling(t *testing.T, c *Case) {
	t.Helper()
	c.Run(t, func(r *Rig) {
		told := retoldTrades
		for n := 1; n <= told; n++ {
			r.Trade(n)
		}
		for range 3 {
			for _, client := range r.Clients() {
				client.Drop()
			}
			r.Pass(time.Minute)
			r.retell("after a reconnection", told)
			told++
			r.Trade(told)
			r.retell("on a connection that goes on", told)
		}
	})
}

func retellingOnDemand(t *testing.T, c *Case) {
	t.Helper()
	c.RunWith(t, live.Config{Grace: 10 * time.Second}, func(r *Rig) {
		told := 1
		for _, other := range []bool{false, true} {
			if other {
				r.Demand.Watch(string(c.Other)) // which keeps the connection
			}
			r.Demand.Watch(string(c.Symbol))
			r.Settle()
			r.Trade(told)
			r.Demand.Leave(string(c.Symbol))
			r.Pass(time.Minute)
			r.Demand.Watch(string(c.Symbol))
			r.Settle()
			r.retell("after nobody watched for a while", told)
			told++
			r.Trade(told)
			r.WantTrades("after a new trade", upTo(told)...)
			told++
			r.Demand.Leave(string(c.Symbol))
			r.Pass(time.Minute)
		}
	})
}

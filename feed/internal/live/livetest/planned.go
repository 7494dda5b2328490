package livetest

import (
	"testing"
	"testing/synctest"
	"time"

	"ticker/feed/internal/live"
)

func planned(t *testing.T, c *Case) {
	t.Helper()
	if c.Exchange.Planned == "" {
		return // The venue does not announce its ends.
	}
	c.Run(t, func(r *Rig) {
		r.Quote(1)
		r.Trade(1)
		old := r.Clients()
		for _, client := range old {
			client.Say(c.Exchange.Planned)
		}
		r.Pass(500 * time.Millisecond)
		// Told on the old connection alone: it was on its way when the new one began.
		for _, client := range old {
			stream, late := c.Exchange.Trade(c.Native, 2)
			if client.Has(stream) {
				client.Say(late)
			}
		}
		r.Settle()
		r.undisturbed("after the change")
		now := r.Clients()
		if len(now) != len(old) || now[0] == old[0] {
			t.Fatalf("%d connections were replaced by %d", len(old), len(now))
		}
		r.Trade(1)
		r.Quote(2)
		r.Trade(3)
		r.Want("on the new connection", "live bid=2 last=3")
		r.WantTrades("over the change", "1", "2", "3")
		r.WantMetric("ticker_feed_handovers_total", "", float64(len(old)))
	})
}

func plannedInVain(t *testing.T, c *Case) {
	t.Helper()
	if c.Exchange.Planned == "" {
		return // The venue does not announce its ends.
	}
	c.Run(t, func(r *Rig) {
		r.Quote(1)
		r.Refuse("503")
		client := r.Clients()[0]
		client.Say(c.Exchange.Planned)
		r.Pass(5 * time.Second)
		r.undisturbed("while no other connection can be made")
		client.Drop()
		synctest.Wait()
		r.Want("after the old connection ended all the same", "stale disconnected bid=1")
		r.Refuse("")
		r.Pass(time.Minute)
		r.Quote(2)
		r.Want("after the venue is open again", "live bid=2")
	})
}

func lifetime(t *testing.T, c *Case) {
	t.Helper()
	if !c.Exchange.Lifetime {
		return // The venue's connections live as long as they like.
	}
	c.Run(t, func(r *Rig) {
		r.Quote(1)
		old := r.Clients()[0]
		for range 24 {
			r.Pass(time.Hour)
			r.undisturbed("within a day")
		}
		if r.Clients()[0] == old || r.Metric("ticker_feed_handovers_total", "") == 0 {
			t.Error("the connection was not replaced within a day")
		}
		r.Quote(2)
		r.Want("after a day", "live bid=2")
	})
}

func quiet(t *testing.T, c *Case) {
	t.Helper()
	c.Run(t, func(r *Rig) {
		r.Quote(1)
		r.Pass(10 * time.Hour)
		r.undisturbed("after ten hours without a quote")
	})
}

func onDemand(t *testing.T, c *Case) {
	t.Helper()
	c.RunWith(t, live.Config{Grace: 10 * time.Second}, func(r *Rig) {
		r.Settle()
		if r.Opened() != 0 {
			t.Error("connected though nobody watches")
		}
		r.WantMetric("ticker_feed_connected", "", 1)
		r.Demand.Watch(string(c.Symbol))
		r.Demand.Watch(string(c.Symbol))
		r.Settle()
		r.Quote(1)
		r.Want("watched", "live bid=1")

		r.Demand.Watch(string(c.Other))
		r.Settle()
		r.tell(c.Exchange.Quote(c.OtherNative, 2))
		r.Demand.Leave(string(c.Symbol))
		r.Pass(20 * time.Second)
		r.Want("watched by one still", "live bid=1")
		r.Demand.Leave(string(c.Symbol))
		r.Pass(9 * time.Second)
		r.Want("in the time of grace", "live bid=1")
		r.Pass(5 * time.Second)
		r.Want("watched by nobody", "stale disconnected bid=1")
		stream, late := c.Exchange.Quote(c.Native, 2)
		if r.Tell(stream, "{}") != 0 {
			t.Error("still subscribed at the exchange")
		}
		for _, client := range r.Clients() {
			client.Say(late)
		}
		synctest.Wait()
		r.Want("after a quote that was on its way", "stale disconnected bid=1")
		if got := r.RecordOf(c.Other); got != "live bid=2" {
			t.Errorf("the other record is %q", got)
		}

		r.Demand.Watch(string(c.Symbol))
		r.Settle()
		r.Quote(2)
		r.Want("watched again on the same connection", "live bid=2")

		r.Demand.Leave(string(c.Symbol))
		r.Demand.Leave(string(c.Other))
		r.Pass(15 * time.Second)
		if n := len(r.Clients()); n != 0 {
			t.Errorf("%d connections for nobody", n)
		}
		r.WantMetric("ticker_feed_streams", "", 0)
		r.Demand.Watch(string(c.Symbol))
		r.Settle()
		r.Quote(3)
		r.Want("watched again", "live bid=3")
		if r.Logged("feed disconnected") != 0 {
			t.Error("the log takes the end of a subscription for a fault")
		}
	})
}

func grace(t *testing.T, c *Case) {
	t.Helper()
	c.RunWith(t, live.Config{Grace: 10 * time.Second}, func(r *Rig) {
		for range 5 {
			r.Demand.Watch(string(c.Symbol))
			r.Pass(3 * time.Second)
			r.Demand.Leave(string(c.Symbol))
			r.Pass(3 * time.Second)
		}
		if n := r.Opened(); n != max(1, len(c.Exchange.Paths)) {
			t.Errorf("%d connections for one who comes and goes", n)
		}
		r.Quote(1)
		r.Want("in the time of grace", "live bid=1")
	})
}

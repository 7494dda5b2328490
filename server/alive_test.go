package server_test

import (
	"sync"
	"testing"
	"time"

	"ticker/wire"
)

func TestWhateverAClientSendsIsASignOfLifeThoughItAnswersNoPing(t *testing.T) {
	t.Parallel()
	const stall = 2 * time.Minute
	for name, say := range map[string]func(c *raw){
		"a ping of the protocol": func(c *raw) { c.ask("1", &wire.Ping{}) },
		"a command":              func(c *raw) { c.ask("1", &wire.Subscribe{Symbols: []string{"A"}}) },
		"a message that is none": func(c *raw) { c.send("nonsense") },
		"a control frame":        func(c *raw) { c.write(frame(ping, "")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(r *rig) {
				c := r.connect(wire.JSON)
				c.deaf = true
				var end closedWith
				var ended time.Time
				var reading sync.WaitGroup
				reading.Go(func() { end, ended = c.closedWithin(time.Hour), time.Now() })
				for range 10 {
					sleep(stall * 3 / 4)
					say(c)
				}
				last := time.Now()
				reading.Wait()
				if quiet := ended.Sub(last); end.code != wire.CloseStalled || quiet < stall || quiet > stall+heartbeat {
					t.Errorf("closed with %+v %v after the last frame", end, quiet)
				}
			})
		})
	}
}

//go:build linux

package main

import (
	"testing"

	"ticker/client/clienttest"
	"ticker/market"
)

func TestSymbolThatIsLiveAgainIsLiveOnTheScreen(t *testing.T) {
	t.Parallel()
	p, over := sitDown(t, 80, 10), make(chan struct{})
	address := playing(t, func(c *clienttest.Conn) {
		grantWatch(c)
		r := freshApple()[0]
		r.Status, r.Reason = market.Stale, market.Disconnected
		c.Quotes("c1", r)
		<-over
		// As the service writes a whole record of a live symbol: without its status.
		r = freshApple()[0]
		r.Seq, r.Set = r.Seq+1, r.Known
		r.Values[market.Bid] = market.NewDecimal(18997, 2)
		c.Quotes("c2", r)
		account(c)
	})
	exit, _ := p.start(t.Context(), []string{"NO_COLOR=1"}, "--url", address, "AAPL")
	p.behold(t, "  stale    disconnected")
	close(over)
	p.behold(t, "189.97")
	p.behold(t, "  live")
	p.press(t, "q")
	if code := <-exit; code != 0 {
		t.Errorf("exit code %d", code)
	}
}

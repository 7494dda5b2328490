package fanout

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"ticker/market"
	"ticker/wire"
)

// TestWritersAndClientsInParallelEndAlike runs feeds, clients that change their
// minds and a client that stops reading against each other, as fast as they
// go, and holds what the clients have against the book at the end.
func TestWritersAndClientsInParallelEndAlike(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		var clients []*client
		for i := range 8 {
			c := f.open(wire.Codec(i%2), i == 7)
			defer c.close()
			clients = append(clients, c)
		}
		var work sync.WaitGroup
		for i := range 4 {
			work.Go(func() { f.scribble(uint64(i)) })
		}
		for i, c := range clients {
			work.Go(func() { fidget(c, uint64(i)) })
		}
		work.Wait()
		for _, c := range clients {
			c.conn.setRoom(-1)
		}
		pass(time.Second)
		for i, c := range clients {
			checkEnd(t, f, c, i)
		}
	})
}

// scribble writes updates to forty symbols.
func (f *fixture) scribble(seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 1))
	for n := range int64(3000) {
		u := market.Update{Symbol: market.Symbol(fmt.Sprintf("S%02d", rnd.IntN(40)))}
		u.Put(market.Bid, market.NewDecimal(n, 2))
		f.book.Apply(&u)
		if n%100 == 0 {
			time.Sleep(time.Duration(rnd.IntN(30)) * time.Millisecond)
		}
	}
}

// fidget subscribes and unsubscribes, stops reading and reads on, and ends
// subscribed to everything.
func fidget(c *client, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 2))
	for range 60 {
		name := fmt.Sprintf("S%02d", rnd.IntN(45))
		interval := time.Duration(20+rnd.IntN(3)*50) * time.Millisecond
		switch rnd.IntN(5) {
		case 0:
			c.subscribe(interval, name, "S1*")
		case 1:
			c.subscribe(interval, name)
		case 2:
			c.unsubscribe(name, "S1*")
		case 3:
			c.conn.setRoom(rnd.IntN(2000))
		case 4:
			c.conn.setRoom(-1)
		}
		time.Sleep(time.Duration(rnd.IntN(20)) * time.Millisecond)
	}
	c.subscribe(20*time.Millisecond, "*")
}

func checkEnd(t *testing.T, f *fixture, c *client, i int) {
	t.Helper()
	for _, e := range c.events() {
		for n := range e.Records {
			r := &e.Records[n]
			q := c.newest[r.Symbol]
			if r.Seq < q.Seq {
				t.Errorf("client %d: %s went from %d back to %d", i, r.Symbol, q.Seq, r.Seq)
			}
			r.MergeInto(&q)
			c.newest[r.Symbol] = q
		}
	}
	for _, cell := range f.book.Roster().From(0) {
		want := cell.Quote()
		if got := c.newest[want.Symbol]; got.Seq != want.Seq || got.Values[market.Bid] != want.Values[market.Bid] {
			t.Errorf("client %d ends with %s %d, want %d", i, want.Symbol, got.Seq, want.Seq)
		}
	}
	if g := c.Ledger(); g.Produced != g.Delivered+g.Conflated || g.Pending != 0 {
		t.Errorf("client %d: ledger %+v", i, g)
	}
}

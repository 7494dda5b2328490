package server_test

import (
	"sync/atomic"
	"testing"

	"ticker/book"
	"ticker/fanout"
	"ticker/market"
	"ticker/server"
	"ticker/wire"
)

func TestARecordIsEncodedOnceForAllSessionsOfOneForm(t *testing.T) {
	t.Parallel()
	const sessions, symbols = 1000, 50
	var encoded atomic.Int64
	counting := func(codec uint8, dst []byte, q *market.Quote, set market.Fields, trades *market.Envelope) []byte {
		encoded.Add(1)
		return fanout.Encode(codec, dst, q, set, trades)
	}
	inBubble(t, func(r *rig) {
		change := func(cents int64) {
			for i := range symbols {
				r.quote(symbolOf(i), cents)
			}
		}
		forms := []wire.Codec{wire.JSON, wire.MsgPack}
		crowd := make([]*raw, sessions)
		for i := range crowd {
			crowd[i] = r.connect(forms[i%len(forms)])
		}
		expect := func(what string) {
			for _, c := range crowd {
				for got := 0; got < symbols; {
					got += len(c.quotes().Records)
				}
			}
			if n := encoded.Swap(0); n != int64(symbols*len(forms)) {
				t.Errorf("%s: %d encodings of %d records in %d forms, for %d sessions", what, n, symbols, len(forms), sessions)
			}
		}
		change(1)
		for _, c := range crowd {
			c.ask("s", &wire.Subscribe{Symbols: []string{"SYM*"}, Interval: 100 * ms})
		}
		for _, c := range crowd {
			c.result("s", new(wire.Subscribed))
		}
		expect("snapshots")
		sleep(100 * ms) // the interval is over
		change(2)
		expect("updates")
	}, func(_ testing.TB, cfg *server.Config) {
		cfg.Book = book.New(book.Config{Encode: counting})
		cfg.Limits.Sessions, cfg.Limits.PerAddress, cfg.Limits.Handshakes = sessions, sessions, 2*sessions
	})
}

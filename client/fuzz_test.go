package client

import (
	"testing"

	"ticker/market"
	"ticker/wire"
)

// FuzzMessages gives a session whatever a service may say, while a request and
// a subscribe wait for their answers. The view must come out of it sorted, with
// canonical symbols.
func FuzzMessages(f *testing.F) {
	for _, seed := range []string{
		`{"type":"event","channel":"quotes","cursor":"c","quotes":[{"symbol":"A","seq":2,"bid":1.5,"recv":3},{"symbol":"A","seq":1}]}`,
		`{"type":"event","channel":"system","event":"heartbeat","ts":1,"cursor":"c"}`,
		`{"type":"event","channel":"system","event":"draining","reconnectAfter":"1.7s"}`,
		`{"type":"event","channel":"system","event":"welcome","heartbeat":"-1s","limits":{"symbols":-1}}`,
		`{"type":"response","id":"1","result":{"produced":1}}`,
		`{"type":"response","id":"2","result":{"interval":"1s","subscribed":["A"],"rejected":[{"symbol":"A","code":"forbidden"}]}}`,
		`{"type":"response","id":"2"}`,
		`{"type":"error","id":"2","code":"rate_limited","message":""}`,
		`{"type":"error","id":"2","code":"forbidden","message":""}`,
		`{"type":"pong","id":"2","ts":1}`,
	} {
		f.Add([]byte(seed), false)
		message, err := wire.JSON.ParseMessage([]byte(seed))
		if _, response := message.(*wire.Response); err == nil && !response {
			f.Add(wire.MsgPack.AppendMessage(nil, message), true)
		}
	}
	f.Fuzz(func(t *testing.T, message []byte, msgpack bool) {
		view := NewView()
		cfg := Config{OnQuotes: view.Apply}.withDefaults()
		if msgpack {
			cfg.Codec = wire.MsgPack
		}
		s := &session{inbox: inbox{cfg: &cfg, set: newSet(), stats: new(counters)}, calls: newCalls()}
		if _, err := s.set.add([]string{"A", "B-*"}, options{}); err != nil {
			t.Fatal(err)
		}
		p, _ := s.set.next(roomOf(wire.Limits{}))
		for _, take := range []func(answer){nil, func(a answer) { _ = s.settle(&p, a) }} {
			if _, _, err := s.calls.open(t.Context(), take); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if m, err := s.parse(cfg.Codec, message); err == nil {
				s.handle(m, len(message))
			}
		}
		s.set.rewind(s.cursor, s.cursors)
		last := market.Symbol("")
		for _, q := range view.Quotes(nil) {
			if _, err := market.ParseSymbol(string(q.Symbol)); err != nil || q.Symbol <= last {
				t.Fatalf("view holds %q after %q", q.Symbol, last)
			}
			last = q.Symbol
		}
	})
}

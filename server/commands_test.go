package server_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/market"
	"ticker/server"
	"ticker/wire"
)

func TestMessagesThatAreWrongGetAnErrorAndTheSessionLivesOn(t *testing.T) {
	t.Parallel()
	names := func(n int) string {
		list, err := json.Marshal(strings.Split(strings.Repeat("A,", n)+"A", ","))
		if err != nil {
			t.Fatal(err)
		}
		return string(list)
	}
	for name, c := range map[string]struct {
		message, id string
		code        wire.Code
	}{
		"not JSON":              {`hello`, "", "bad_message"},
		"nothing":               {``, "", "bad_message"},
		"trailing bytes":        {`{"type":"ping","id":"1"} x`, "", "bad_message"},
		"an array":              {`[]`, "", "bad_message"},
		"a number":              {`7`, "", "bad_message"},
		"deep":                  {strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000), "", "bad_message"},
		"duplicate key":         {`{"type":"ping","id":"1","type":"ping"}`, "1", "bad_message"},
		"key in another case":   {`{"type":"ping","Id":"1"}`, "", "bad_message"},
		"lone surrogate":        {`{"type":"ping","id":"\ud800"}`, "", "bad_message"},
		"unknown type":          {`{"type":"hello","id":"1"}`, "1", "unknown_type"},
		"no type":               {`{"id":"1"}`, "1", "bad_message"},
		"no id":                 {`{"type":"ping"}`, "", "bad_message"},
		"huge id":               {`{"type":"ping","id":"` + strings.Repeat("x", 65) + `"}`, "", "bad_message"},
		"id of another kind":    {`{"type":"ping","id":1}`, "", "bad_message"},
		"unknown action":        {`{"type":"command","id":"1","action":"fly"}`, "1", "unknown_action"},
		"unknown resource":      {`{"type":"query","id":"1","resource":"moon","params":{}}`, "1", "unknown_resource"},
		"no symbols":            {`{"type":"command","id":"1","action":"subscribe"}`, "1", "bad_request"},
		"symbols of no list":    {`{"type":"command","id":"1","action":"subscribe","symbols":"A"}`, "1", "bad_request"},
		"empty symbols":         {`{"type":"command","id":"1","action":"subscribe","symbols":[]}`, "1", "bad_request"},
		"symbols with null":     {`{"type":"command","id":"1","action":"subscribe","symbols":["A",null]}`, "1", "bad_request"},
		"too many symbols":      {`{"type":"command","id":"1","action":"subscribe","symbols":` + names(3) + `}`, "1", "too_many_symbols"},
		"more than there is":    {`{"type":"command","id":"1","action":"subscribe","symbols":["B","C","D"]}`, "1", "too_many_symbols"},
		"interval of a word":    {`{"type":"command","id":"1","action":"subscribe","symbols":["A"],"interval":"fast"}`, "1", "bad_request"},
		"unknown field":         {`{"type":"command","id":"1","action":"subscribe","symbols":["A"],"fields":["bod"]}`, "1", "bad_request"},
		"envelope of a word":    {`{"type":"command","id":"1","action":"subscribe","symbols":["A"],"envelope":"yes"}`, "1", "bad_request"},
		"bandwidth of a half":   {`{"type":"command","id":"1","action":"configure","bandwidth":0.5}`, "1", "bad_request"},
		"no bandwidth":          {`{"type":"command","id":"1","action":"configure"}`, "1", "bad_request"},
		"bandwidth below 0":     {`{"type":"command","id":"1","action":"configure","bandwidth":-1}`, "1", "bad_request"},
		"publishing":            {`{"type":"command","id":"1","action":"publish","quotes":[{"symbol":"A","bid":1}]}`, "1", "unavailable"},
		"history":               {`{"type":"query","id":"1","resource":"history","params":{"symbol":"A","from":1,"to":2}}`, "1", "unavailable"},
		"history backwards":     {`{"type":"query","id":"1","resource":"history","params":{"symbol":"A","from":2,"to":1}}`, "1", "bad_request"},
		"candles":               {`{"type":"query","id":"1","resource":"candles","params":{"symbol":"A","from":1,"to":2,"step":"1m"}}`, "1", "unavailable"},
		"snapshot of the past":  {`{"type":"query","id":"1","resource":"snapshot","params":{"symbols":["A"],"at":1}}`, "1", "unavailable"},
		"snapshot of a bad one": {`{"type":"query","id":"1","resource":"snapshot","params":{"symbols":["a"]}}`, "1", "bad_symbol"},
		"page of somebody else": {`{"type":"query","id":"1","resource":"symbols","params":{"page":"%"}}`, "1", "bad_request"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(r *rig) {
				client := r.connect(wire.JSON)
				client.subscribe(time.Second, "X")
				client.send(c.message)
				if e := client.refusal(); e.Code != c.code || e.ID != c.id || e.Message == "" || len(e.Message) > 300 {
					t.Errorf("%+v, want %s for id %q", e, c.code, c.id)
				}
				client.ask("after", &wire.Ping{})
				if m, ok := client.next().(*wire.Pong); !ok || m.ID != "after" {
					t.Errorf("%+v instead of a pong", m)
				}
			}, func(_ testing.TB, cfg *server.Config) { cfg.Limits.Symbols = 3 })
		})
	}
}

func TestWelcomeTellsWhatTheSessionMayDo(t *testing.T) {
	t.Parallel()
	for _, codec := range []wire.Codec{wire.JSON, wire.MsgPack} {
		inBubble(t, func(r *rig) {
			sessions := make(map[string]bool)
			for range 2 {
				c, _ := r.shake("Sec-WebSocket-Protocol", codec.Subprotocol())
				c.codec = codec
				got := asWelcome(c.next())
				if got == nil {
					t.Fatal("no welcome")
				}
				sessions[got.Session] = true
				got.Session = ""
				want := &wire.Welcome{
					Epoch: r.book.Epoch(), Heartbeat: heartbeat,
					Interval: wire.Intervals{Default: 100 * ms, Min: 20 * ms, Max: time.Minute},
					Limits:   wire.Limits{Symbols: 1000, MessageBytes: 65536, CommandsPerSecond: 20, CommandBurst: 50},
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Error("welcome (-want +got):\n" + diff)
				}
			}
			if len(sessions) != 2 || sessions[""] {
				t.Errorf("session ids %v", sessions)
			}
		})
	}
}

func TestQueriesAreAnswered(t *testing.T) {
	t.Parallel()
	for _, codec := range []wire.Codec{wire.JSON, wire.MsgPack} {
		inBubble(t, func(r *rig) {
			for i := range 600 {
				r.quote(symbolOf(i), int64(i))
			}
			c := r.connect(codec)

			c.ask("1", &wire.SnapshotQuery{Symbols: []string{"SYM0003", "SYM000*", "NONE"}})
			var list wire.QuoteList
			c.result("1", &list)
			if len(list.Records) != 10 || bid(&list.Records[0]) != "0.03" || list.Records[0].Source != "test" || list.Cursor == "" {
				t.Errorf("snapshot %+v", list)
			}

			var page wire.SymbolList
			c.ask("2", &wire.SymbolsQuery{})
			c.result("2", &page)
			if len(page.Symbols) != 500 || page.Next == "" {
				t.Errorf("%d symbols, next %q", len(page.Symbols), page.Next)
			}
			next := page.Next
			page = wire.SymbolList{}
			c.ask("3", &wire.SymbolsQuery{Page: next})
			c.result("3", &page)
			if len(page.Symbols) != 100 || page.Symbols[0] != "SYM0500" || page.Next != "" {
				t.Errorf("%d symbols, next %q", len(page.Symbols), page.Next)
			}

			var who wire.Authenticated
			c.ask("4", &wire.Auth{Token: "whatever"})
			c.result("4", &who)
			if diff := cmp.Diff(wire.Authenticated{Sub: "anonymous"}, who); diff != "" {
				t.Error(diff)
			}

			c.ask("5", &wire.Configure{Bandwidth: 0})
			c.result("5", &wire.Configured{})
		})
	}
}

func TestStaleStatusStandsInSnapshots(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.quote("A", 1)
		r.book.MarkStale(r.source, market.Silent)
		c := r.connect(wire.JSON)
		c.ask("1", &wire.SnapshotQuery{Symbols: []string{"A"}})
		var list wire.QuoteList
		c.result("1", &list)
		if q := list.Records[0].Quote; q.Status != market.Stale || q.Reason != market.Silent {
			t.Errorf("%+v", q)
		}
		var over wire.QuoteList
		if err := wire.JSON.ParseResult([]byte(r.get("/v1/snapshot?symbols=A").body), &over); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(list.Records, over.Records, cmp.Comparer(sameDecimal)); diff != "" {
			t.Error("WebSocket and HTTP differ:\n" + diff)
		}
	})
}

func TestAnswerTooLargeForOneMessageIsRefused(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		c := r.connect(wire.JSON)
		for i := range 9999 {
			r.apply(symbolOf(i), map[market.Field]int64{market.Bid: 1, market.Ask: 2, market.Last: 3, market.Volume: 4})
		}
		for _, unit := range []string{"bytes", "symbols"} {
			c.ask(unit, &wire.SnapshotQuery{Symbols: []string{"*"}})
			if e := c.refusal(); e.Code != wire.CodeTooLarge || e.ID != unit || !strings.Contains(e.Message, unit) {
				t.Errorf("%+v", e)
			}
			r.quote("ONE", 1)
			r.quote("MORE", 1)
		}
	})
}

func TestIntervalsOutsideOfTheBoundsAreClamped(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		c := r.connect(wire.JSON)
		for asked, granted := range map[string]time.Duration{
			`"0s"`: 20 * ms, `"-5s"`: 20 * ms, `"1ns"`: 20 * ms, `"24h"`: time.Minute, `"1.5s"`: 1500 * ms,
			`"99999999999999h"`: time.Minute,
		} {
			c.send(`{"type":"command","id":"i","action":"subscribe","symbols":["A"],"interval":` + asked + `}`)
			var result wire.Subscribed
			c.result("i", &result)
			if result.Interval != granted {
				t.Errorf("%v for %s", result.Interval, asked)
			}
		}
		c.send(`{"type":"command","id":"i","action":"subscribe","symbols":["A"]}`)
		var result wire.Subscribed
		c.result("i", &result)
		if result.Interval != 100*ms {
			t.Errorf("%v by default", result.Interval)
		}
	})
}

func TestCursorOfAnyKindIsNoError(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.quote("A", 1)
		c := r.connect(wire.JSON)
		for _, since := range []string{"forged", r.book.Epoch() + ".zzzzzz", "other.1"} {
			c.ask("s", &wire.Subscribe{Symbols: []string{"A"}, Since: since})
			c.result("s", &wire.Subscribed{})
			c.ask("u", &wire.Unsubscribe{Symbols: []string{"A"}})
			if diff := cmp.Diff([]string{"A=0.01"}, bids(c.quotes())); diff != "" {
				t.Errorf("since %s (-want +got):\n%s", since, diff)
			}
			c.result("u", &wire.Unsubscribed{})
		}
	})
}

func TestCommandsAreCountedByActionAndResult(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		c := r.connect(wire.JSON)
		c.subscribe(time.Second, "A")
		c.send("nonsense")
		_ = c.refusal()
		c.ask("1", &wire.Publish{Quotes: [][]byte{[]byte(`{}`)}})
		_ = c.refusal()
		for name, want := range map[string]string{
			`ticker_commands_total{action="subscribe",result="ok"}`:        "1",
			`ticker_commands_total{action="unknown",result="bad_message"}`: "1",
			`ticker_commands_total{action="publish",result="unavailable"}`: "1",
		} {
			if got := r.metric(name); got != want {
				t.Errorf("%s is %q", name, got)
			}
		}
	})
}

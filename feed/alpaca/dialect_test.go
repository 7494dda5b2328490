package alpaca

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/vmihailenco/msgpack/v5"

	"ticker/feed/internal/live"
)

// on returns the streams of a channel.
func on(channel string, names ...string) []live.Stream {
	var streams []live.Stream
	for _, name := range names {
		streams = append(streams, live.Stream{Channel: channel, Name: name})
	}
	return streams
}

func newDialect(packed, ready bool) *dialect {
	return &dialect{keys: keys{"K1", "S1"}, packed: packed, ready: ready}
}

func TestRequestsAreWrittenAsAlpacaWantsThem(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]live.Request{
		`{"action":"subscribe","trades":["AAPL","*"],"quotes":["AAPL","*"]}`: {ID: 1, Streams: on(pricesChannel, "AAPL", "*")},
		`{"action":"subscribe","statuses":["AAPL"]}`:                         {ID: 2, Streams: on(statusesChannel, "AAPL")},
		`{"action":"unsubscribe","trades":["AAPL"],"quotes":["AAPL"]}`:       {ID: 3, Drop: true, Streams: on(pricesChannel, "AAPL")},
	} {
		text := newDialect(false, true).Request(r)
		if string(text) != want {
			t.Errorf("got  %s\nwant %s", text, want)
		}
		packed := newDialect(true, true).Request(r)
		var got map[string]any
		if err := msgpack.Unmarshal(packed, &got); err != nil {
			t.Fatalf("%x: %v", packed, err)
		}
		var told map[string]any
		if err := msgpack.Unmarshal(pack(t, text), &told); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(told, got); diff != "" {
			t.Errorf("%s packed (-want +got):\n%s", text, diff)
		}
	}
	const golden = "82" + "db00000006616374696f6e" + "db00000009737562736372696265" + "db000000087374617475736573" + "dd00000001" + "db0000000146"
	if got := newDialect(true, true).Request(live.Request{ID: 1, Streams: on(statusesChannel, "F")}); string(got) != string(unhex(t, golden)) {
		t.Errorf("packed request %x", got)
	}
	if ping := newDialect(false, true).Ping(1); ping != nil {
		t.Errorf("a ping of its own: %s", ping)
	}
}

func TestASymbolIsItsPricesAndItsStatus(t *testing.T) {
	t.Parallel()
	want := append(on(pricesChannel, "AAPL"), on(statusesChannel, "AAPL")...)
	if diff := cmp.Diff(want, newDialect(false, true).Streams("AAPL")); diff != "" {
		t.Error(diff)
	}
}

// judgement is what a message means, before and after the keys were found good.
type judgement struct{ before, after live.Notice }

func always(n live.Notice) judgement { return judgement{n, n} }

func fatal(reason string, after time.Duration) live.Notice {
	return live.Notice{Meaning: live.Fatal, Reason: reason, RetryAfter: after}
}

func refusal(reason string) live.Notice { return live.Notice{Meaning: live.Refused, Reason: reason} }

func TestControlMessagesAreUnderstood(t *testing.T) {
	t.Parallel()
	long := `"` + strings.Repeat("A", maxNameBytes+1) + `"`
	for message, want := range map[string]judgement{
		`[{"T":"success","msg":"authenticated"}]`: always(live.Notice{Meaning: live.Ready}),
		`[{"T":"success","msg":"welcome back"}]`:  {},
		`[{"T":"subscription","trades":["AAPL","IBM","F"],"quotes":["IBM","AAPL"],"bars":["*"],"updatedBars":[],"dailyBars":[],"statuses":["AAPL"],"lulds":[],"corrections":["AAPL"],"cancelErrors":["AAPL"]}]`: always(live.Notice{
			Meaning: live.Whole, Streams: append(on(pricesChannel, "IBM", "AAPL"), on(statusesChannel, "AAPL")...),
		}),
		`[{"T":"subscription","trades":["*"],"quotes":["*","*"],"statuses":[]}]`: always(live.Notice{Meaning: live.Whole, Streams: on(pricesChannel, "*")}),
		`[{"T":"subscription","trades":["",` + long + `,"F"],"quotes":["",` + long + `,"F"],"statuses":["",` + long + `]}]`: always(live.Notice{
			Meaning: live.Whole, Streams: on(pricesChannel, "F"),
		}),
		`[{"T":"subscription","trades":[],"quotes":[],"statuses":[]}]`: always(live.Notice{Meaning: live.Whole}),
		// A stream that has no statuses does not name them: none are missed.
		`[{"T":"subscription","trades":["FAKEPACA"],"quotes":["FAKEPACA"],"bars":[]}]`: always(live.Notice{
			Meaning: live.Whole, Streams: append(on(pricesChannel, "FAKEPACA"), on(statusesChannel, "FAKEPACA")...),
		}),
		`[{"T":"error","code":400,"msg":"invalid syntax"}]`:            {fatal("invalid syntax", 0), refusal("invalid syntax")},
		`[{"T":"error","code":401,"msg":"not authenticated"}]`:         always(fatal("not authenticated", 0)),
		`[{"T":"error","code":402,"msg":"auth failed"}]`:               always(fatal("auth failed", 10*time.Minute)),
		`[{"T":"error","code":403,"msg":"already authenticated"}]`:     always(live.Notice{Meaning: live.Ready}),
		`[{"T":"error","code":404,"msg":"auth timeout"}]`:              always(fatal("auth timeout", 0)),
		`[{"T":"error","code":405,"msg":"symbol limit exceeded"}]`:     {fatal("symbol limit exceeded", 0), refusal("symbol limit exceeded")},
		`[{"T":"error","code":406,"msg":"connection limit exceeded"}]`: always(fatal("connection limit exceeded", 10*time.Second)),
		`[{"T":"error","code":407,"msg":"slow client"}]`:               always(fatal("slow client", 0)),
		`[{"T":"error","code":409,"msg":"insufficient subscription"}]`: {fatal("insufficient subscription", 10*time.Minute), refusal("insufficient subscription")},
		`[{"T":"error","code":410,"msg":"invalid subscribe action"}]`:  {fatal("invalid subscribe action", 0), refusal("invalid subscribe action")},
		`[{"T":"error","code":500,"msg":"internal error"}]`:            always(fatal("internal error", 0)),
		`[{"T":"error","code":777,"msg":"new"}]`:                       {fatal("new", 0), refusal("new")},
		`[{"T":"b","S":"SPY","o":388.985,"v":49378}]`:                  {},
		`[{"T":"success","msg":"connected"},{"T":"success"}]`:          {},
		`[]`: {},
	} {
		for _, packed := range []bool{false, true} {
			frame := []byte(message)
			if packed {
				frame = pack(t, frame)
			}
			got := judgement{newDialect(packed, false).Judge(frame), newDialect(packed, true).Judge(frame)}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(judgement{})); diff != "" {
				t.Errorf("%s, packed %t (-want +got):\n%s", message, packed, diff)
			}
		}
	}
}

func TestTheGreetingIsAnsweredWithTheKeys(t *testing.T) {
	t.Parallel()
	const greeting, want = `[{"T":"success","msg":"connected"}]`, `{"action":"auth","key":"K1","secret":"S1"}`
	d := newDialect(false, false)
	if n := d.Judge([]byte(greeting)); string(n.Reply) != want || n.Meaning != live.Nothing {
		t.Errorf("%s: %+v", n.Reply, n)
	}
	n := newDialect(true, false).Judge(pack(t, []byte(greeting)))
	var got map[string]string
	if err := msgpack.Unmarshal(n.Reply, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"action": "auth", "key": "K1", "secret": "S1"}, got); diff != "" {
		t.Error(diff)
	}
	if utf8.Valid(n.Reply) {
		t.Error("a packed order passes for text")
	}
}

func TestErrorsOfSubscriptionsAreRefusalsOnceTheKeysWereGood(t *testing.T) {
	t.Parallel()
	d := newDialect(false, false)
	d.Judge([]byte(`[{"T":"success","msg":"authenticated"}]`))
	if n := d.Judge([]byte(`[{"T":"error","code":405,"msg":"symbol limit exceeded"}]`)); n.Meaning != live.Refused {
		t.Errorf("%+v", n)
	}
}

func TestBrokenControlMessagesMeanNothing(t *testing.T) {
	t.Parallel()
	for _, frame := range []string{
		``, `[`, `{}`, `null`, `[{"T":"error","code":"x"}]`, `[{"T":"subscription","trades":"AAPL"}]`, "\x91", "\x91\x81\xa1T", "\x91\x81\xa1T\xa5error\x00",
		"\x91\x82\xa1T\xacsubscription\xa6trades\xdd\xff\xff\xff\xff", "\x91\x82\xa1T\xacsubscription\xa6trades\xa1F",
	} {
		if diff := cmp.Diff(live.Notice{}, newDialect(false, true).Judge([]byte(frame))); diff != "" {
			t.Errorf("%q: %s", frame, diff)
		}
	}
}

func FuzzJudge(f *testing.F) {
	for _, seed := range []string{
		`[{"T":"success","msg":"connected"}]`, `[{"T":"success","msg":"authenticated"}]`, `[{"T":"error","code":409,"msg":"\u001b[31m"}]`,
		`[{"T":"subscription","trades":["A","B"],"quotes":["B","A"],"statuses":["A"]}]`, `[{"T":"subscription","trades":["A"],"quotes":["A"]}]`,
	} {
		f.Add([]byte(seed))
		f.Add(pack(f, []byte(seed)))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		for _, ready := range []bool{false, true} {
			n := newDialect(isPacked(message), ready).Judge(message)
			if len(n.Streams) > 3*maxListed || len(n.Reason) > 200 || !utf8.ValidString(n.Reason) || strings.ContainsFunc(n.Reason, func(c rune) bool { return c < ' ' }) {
				t.Errorf("%d streams, reason %q", len(n.Streams), n.Reason)
			}
			for _, s := range n.Streams {
				if s.Name == "" || len(s.Name) > maxNameBytes || s.Channel != pricesChannel && s.Channel != statusesChannel {
					t.Errorf("no stream of ours: %v", s)
				}
			}
		}
	})
}

package alpaca

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vmihailenco/msgpack/v5"

	"ticker/feed"
	"ticker/feed/internal/live"
	"ticker/feed/internal/live/livetest"
	"ticker/market"
)

// stock is Alpaca, which speaks one format.
type stock struct {
	tb     testing.TB
	packed bool
}

// frame writes a frame of JSON in the format of the exchange.
func (s stock) frame(format string, args ...any) string {
	text := fmt.Sprintf(format, args...)
	if s.packed {
		return string(pack(s.tb, []byte(text)))
	}
	return text
}

func (s stock) parse(message string) (o order, err error) {
	if !s.packed {
		return o, json.Unmarshal([]byte(message), &o)
	}
	decoder := msgpack.NewDecoder(strings.NewReader(message))
	decoder.SetCustomStructTag("json")
	return o, decoder.Decode(&o)
}

// hear is what Alpaca does with an order: one that holds a name it does not like is
// refused as a whole, any other is answered with all that is subscribed.
func (s stock) hear(c *livetest.Client, message string) {
	o, err := s.parse(message)
	const account = "the account"
	switch {
	case err != nil:
		c.Say(s.frame(`[{"T":"error","code":400,"msg":"invalid syntax"}]`))
		return
	case o.Action == "auth" && o.Key == "EK" && o.Secret == "ES":
		c.Subscribe(account)
		c.Say(s.frame(`[{"T":"success","msg":"authenticated"}]`))
		return
	case !c.Has(account):
		c.Say(s.frame(`[{"T":"error","code":401,"msg":"not authenticated"}]`))
		return
	case slices.Contains(slices.Concat(o.Trades, o.Statuses), "NOPE"):
		c.Say(s.frame(`[{"T":"error","code":400,"msg":"invalid syntax"}]`))
		return
	}
	change := c.Subscribe
	if o.Action == "unsubscribe" {
		change = c.Unsubscribe
	}
	for channel, names := range map[string][]string{"trades": o.Trades, "quotes": o.Quotes, "statuses": o.Statuses} {
		for _, name := range names {
			change(channel + " " + name)
		}
	}
	c.Say(s.subscription(c))
}

// subscription is the whole of what a client has subscribed.
func (s stock) subscription(c *livetest.Client) string {
	lists := map[string][]string{"trades": {}, "quotes": {}, "statuses": {}}
	for _, stream := range c.Streams() {
		channel, name, _ := strings.Cut(stream, " ")
		if _, ok := lists[channel]; ok {
			lists[channel] = append(lists[channel], name)
		}
	}
	text, err := json.Marshal(lists)
	if err != nil {
		s.tb.Error(err)
	}
	return s.frame(`[{"T":"subscription","bars":[],%s]`, text[1:])
}

func at(n int) string { return time.Unix(1_700_000_000+int64(n), 0).UTC().Format(time.RFC3339Nano) }

func exchange(tb testing.TB, packed bool) *livetest.Case {
	tb.Helper()
	s := stock{tb, packed}
	return &livetest.Case{
		Venue: func(c live.Config) (feed.Lines, error) {
			options := url.Values{"key": {"EK"}, "secret": {"ES"}}
			if packed {
				options.Set("format", "msgpack")
			}
			return Live(c, options)
		},
		Symbol: "AAPL", Native: "AAPL", Other: "IBM", OtherNative: "IBM",
		Exchange: livetest.Exchange{
			Greet: func(c *livetest.Client) { c.Say(s.frame(`[{"T":"success","msg":"connected"}]`)) },
			Hear:  s.hear,
			Quote: func(native string, n int) (stream, message string) {
				return "quotes " + native, s.frame(`[{"T":"q","S":%q,"bx":"N","bp":%d,"bs":1,"ax":"N","ap":%d,"as":1,"t":%q}]`, native, n, n+1, at(n))
			},
			Trade: func(native string, n int) (stream, message string) {
				return "trades " + native, s.frame(`[{"T":"t","S":%q,"i":%d,"x":"N","p":%d,"s":1,"t":%q}]`, native, n, n, at(n))
			},
			Unknown: "NOPE", UnknownNative: "NOPE",
		},
	}
}

func TestTheFeedLivesThroughAllFaultsOfTheExchange(t *testing.T) {
	t.Parallel()
	livetest.Faults(t, exchange(t, false))
}

func TestTheFeedLivesThroughAllFaultsInMessagePack(t *testing.T) {
	t.Parallel()
	livetest.Faults(t, exchange(t, true))
}

func TestEverythingIsSubscribedByItsOneName(t *testing.T) {
	t.Parallel()
	c := exchange(t, false)
	c.RunWith(t, live.Config{Symbols: []string{"*"}}, func(r *livetest.Rig) {
		r.Settle()
		_, quote := c.Exchange.Quote("F", 1)
		if r.Tell("quotes *", quote) != 1 {
			t.Error("everything is not subscribed")
		}
		r.Pass(0)
		if got := r.RecordOf("F"); got != "live bid=1" {
			t.Errorf("the record of one of everything is %q", got)
		}
	})
}

func TestAHaltIsTheStatusOfItsSymbol(t *testing.T) {
	t.Parallel()
	c := exchange(t, false)
	c.Run(t, func(r *livetest.Rig) {
		r.Quote(1)
		for _, told := range []struct{ code, want string }{{"H", "halted bid=1"}, {"E", "halted bid=1"}, {"T", "live bid=1"}} {
			r.Tell("statuses AAPL", fmt.Sprintf(`[{"T":"s","S":"AAPL","sc":%q}]`, told.code))
			r.Pass(0)
			r.Want("after the code "+told.code, told.want)
		}
	})
}

func TestWrongKeysAreTriedAgainAfterTenMinutes(t *testing.T) {
	t.Parallel()
	c := exchange(t, false)
	c.Venue = func(c live.Config) (feed.Lines, error) {
		return Live(c, url.Values{"key": {"EK"}, "secret": {"hush"}})
	}
	c.Exchange.Hear = func(c *livetest.Client, _ string) { c.Say(`[{"T":"error","code":402,"msg":"auth failed"}]`) }
	c.Run(t, func(r *livetest.Rig) {
		r.Pass(9 * time.Minute)
		if n := r.Opened(); n != 1 {
			t.Errorf("%d connections in nine minutes", n)
		}
		r.Pass(2 * time.Minute)
		if n := r.Opened(); n != 2 {
			t.Errorf("%d connections in eleven minutes", n)
		}
		if r.Logged("auth failed") == 0 || r.Logged("hush") != 0 {
			t.Error("the log does not say why, or says too much")
		}
	})
}

// tap is a feed.Tap that listens to nothing.
type tap struct{}

func (tap) Message([]byte) {}

func TestOptionsPickTheStreamAndItsFormat(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		config      live.Config
		options     string
		url, format string
	}{
		{live.Config{}, "", "wss://stream.data.alpaca.markets/v2/iex", "application/json"},
		{live.Config{}, "feed=sip&format=msgpack", "wss://stream.data.alpaca.markets/v2/sip", "application/msgpack"},
		{live.Config{}, "feed=delayed_sip&format=json", "wss://stream.data.alpaca.markets/v2/delayed_sip", "application/json"},
		{live.Config{}, "feed=overnight", "wss://stream.data.alpaca.markets/v1beta1/overnight", "application/json"},
		{live.Config{URL: "ws://here/x"}, "feed=test", "ws://here/x", "application/json"},
		// A recording is made of text.
		{live.Config{Tap: tap{}}, "format=msgpack", "wss://stream.data.alpaca.markets/v2/iex", "application/json"},
	} {
		v, err := describe(&c.config, query(t, c.options), environment)
		if err != nil {
			t.Errorf("%s: %v", c.options, err)
			continue
		}
		e := v.Endpoints[0]
		spoken, _ := e.Speak()
		d, ok := spoken.(*dialect)
		if e.URL != c.url || e.Header.Get("Content-Type") != c.format || !ok || d.packed != strings.Contains(c.format, "msgpack") || d.keys != (keys{"EK", "ES"}) {
			t.Errorf("%s: %s as %s", c.options, e.URL, e.Header)
		}
	}
}

func query(tb testing.TB, text string) url.Values {
	tb.Helper()
	v, err := url.ParseQuery(text)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func TestMistakenOptionsAreErrors(t *testing.T) {
	t.Parallel()
	for options, want := range map[string]string{
		"feed=nasdaq": "option feed", "format=xml": "option format", "depth=5": `unknown option "depth"`, "key=a&key_file=b": "only one",
	} {
		if _, err := describe(&live.Config{}, query(t, options), environment); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", options, err)
		}
	}
	options := query(t, "key=a&secret=b&feed=sip")
	if _, err := Live(live.Config{Symbols: []string{"AAPL"}}, options); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(query(t, "key=a&secret=b&feed=sip"), options); diff != "" {
		t.Errorf("the caller's options changed: %s", diff)
	}
}

func TestEverythingIsASymbolOnlyWhereItIsAskedFor(t *testing.T) {
	t.Parallel()
	pattern, err := market.ParsePattern("*")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]market.Symbol{"F": "FORD"}
	for _, c := range []struct {
		symbols []string
		want    map[market.Symbol]string
	}{
		{[]string{"AAPL", "*"}, map[market.Symbol]string{"FORD": "F", "*": "*"}},
		{[]string{"AAPL"}, map[market.Symbol]string{"FORD": "F"}},
	} {
		d := directory(&live.Config{Symbols: c.symbols, Names: names})
		if diff := cmp.Diff(c.want, d.Matching(pattern)); diff != "" {
			t.Errorf("%v: %s", c.symbols, diff)
		}
		if native, ok := d.Native("AAPL"); native != "AAPL" || !ok || d.Canonical("F") != "FORD" {
			t.Errorf("AAPL is %s, %t", native, ok)
		}
	}
	if len(names) != 1 {
		t.Errorf("the caller's names became %v", names)
	}
	if d := directory(&live.Config{Symbols: []string{"*"}}); len(d.Matching(pattern)) != 1 {
		t.Error("without names of its own everything has none")
	}
}

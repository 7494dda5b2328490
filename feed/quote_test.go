package feed_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ticker/feed"
	"ticker/market"
)

// update builds the update that a record should read as; fields are name and
// decimal in turn.
func update(t testing.TB, symbol market.Symbol, fields ...string) market.Update {
	t.Helper()
	u := market.Update{Symbol: symbol}
	for i := 0; i < len(fields); i += 2 {
		field, ok := market.ParseField(fields[i])
		d, err := market.ParseDecimal(fields[i+1])
		if !ok || err != nil {
			t.Fatalf("no field %s %s: %v", fields[i], fields[i+1], err)
		}
		u.Put(field, d)
	}
	return u
}

func TestQuoteIsReadAsItStands(t *testing.T) {
	t.Parallel()
	with := func(u market.Update, change func(*market.Update)) market.Update {
		change(&u)
		return u
	}
	halt := func(u *market.Update) { u.Set = u.Set.With(market.StatusField); u.Status = market.Halted }
	trade := func(u *market.Update) { u.Trade = true }
	for record, want := range map[string]market.Update{
		`{"symbol":"AAPL","bid":189.98}`:          update(t, "AAPL", "bid", "189.98"),
		`{ "symbol" : "BTC-USD" , "ask" : 1.50 }`: update(t, "BTC-USD", "ask", "1.50"),
		`{"bid":1,"bidSize":2,"ask":3,"askSize":4,"open":5,"high":6,"low":7,"volume":8,"symbol":"A"}`: update(t, "A",
			"bid", "1", "bidSize", "2", "ask", "3", "askSize", "4", "open", "5", "high", "6", "low", "7", "volume", "8"),
		`{"symbol":"A","bid":"-0.00000001","ask":"1e2"}`:              update(t, "A", "bid", "-0.00000001", "ask", "100"),
		`{"symbol":"A","bidSize":-0,"bid":-1}`:                        update(t, "A", "bidSize", "0", "bid", "-1"),
		`{"symbol":"A","bid":1e38,"ask":-1e-38}`:                      update(t, "A", "bid", "1e38", "ask", "-1e-38"),
		`{"symbol":"A","bid":99999999999999999999999999999999999999}`: update(t, "A", "bid", "99999999999999999999999999999999999999"),
		`{"symbol":"A","last":5,"lastSize":2}`:                        with(update(t, "A", "last", "5", "lastSize", "2"), trade),
		`{"symbol":"A","last":5}`:                                     with(update(t, "A", "last", "5"), trade),
		`{"symbol":"A","lastSize":5}`:                                 update(t, "A", "lastSize", "5"),
		`{"symbol":"A","bid":1,"ts":1763740800000000}`: with(update(t, "A", "bid", "1"),
			func(u *market.Update) { u.TS = 1763740800000000 }),
		`{"symbol":"A","bid":1,"ts":0}`: update(t, "A", "bid", "1"),
		`{"symbol":"A","bid":1,"ts":253402300799999999}`: with(update(t, "A", "bid", "1"),
			func(u *market.Update) { u.TS = 253402300799999999 }),
		`{"symbol":"A","bid":1,"status":"halted"}`: with(update(t, "A", "bid", "1"), halt),
		`{"symbol":"A","bid":1,"status":"live"}`: with(update(t, "A", "bid", "1"),
			func(u *market.Update) { u.Set = u.Set.With(market.StatusField) }),
		`{"symbol":"A","bid":1,"status":"stale","reason":"silent"}`: with(update(t, "A", "bid", "1"), func(u *market.Update) {
			u.Set, u.Status, u.Reason = u.Set.With(market.StatusField), market.Stale, market.Disconnected
		}),
		`{"symbol":"A","bid":1,"seq":null,"recv":"x","source":[],"envelope":{"high":{}},"reason":1,"Bid":"?","x":[{}]}`: update(t, "A", "bid", "1"),
		`{"symbol":"A","bid":1,"seq":1,"seq":2,"x":1,"x":1}`:                                                            update(t, "A", "bid", "1"),
		`{"symb\u006fl":"BTC\u002dUSD","b\u0069d":"\u0031"}`:                                                            update(t, "BTC-USD", "bid", "1"),
	} {
		t.Run(record, func(t *testing.T) {
			t.Parallel()
			got := market.Update{Symbol: "OLD", Seq: 9, Recv: 9, Trade: true}
			var p feed.QuoteParser
			if err := p.Parse([]byte(record), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("update (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBadQuoteIsRefusedWithAReasonThatNamesTheField(t *testing.T) {
	t.Parallel()
	for record, want := range map[string]struct {
		reason error
		text   string
	}{
		``:                          {feed.ErrMalformed, "malformed: invalid JSON: no value at byte 0"},
		`null`:                      {feed.ErrMalformed, "malformed: unexpected kind of value: null instead of an object at byte 0"},
		`[{}]`:                      {feed.ErrMalformed, "an array instead of an object"},
		`"A"`:                       {feed.ErrMalformed, "a string instead of an object"},
		`{"symbol"`:                 {feed.ErrMalformed, "invalid JSON"},
		`{"symbol":"A","bid":1} {}`: {feed.ErrMalformed, "bytes after the value"},
		`{"symbol":"A","bid":1,}`:   {feed.ErrMalformed, "invalid JSON"},
		`{"symbol":"A","bid":01}`:   {feed.ErrMalformed, "invalid JSON"},
		`{"symbol":"A","bid":NaN}`:  {feed.ErrMalformed, "invalid JSON"},
		`{"symbol":"A","bid":1.}`:   {feed.ErrMalformed, "invalid JSON"},
		`{"symbol":"A","bidSize":-1,"x":"` + "\xff\"}":             {feed.ErrMalformed, "invalid UTF-8"},
		`{"symbol":"A","bid":1,"x":"\ud800"}`:                      {feed.ErrMalformed, "lone surrogate"},
		`{"symbol":"A","bid":1,"x":` + strings.Repeat("[", 10_000): {feed.ErrMalformed, "nested too deep"},

		`{"symbol":"A","bid":1,"bid":2}`:                       {feed.ErrMalformed, "malformed: bid stands there twice"},
		`{"symbol":"A","bid":1,"symbol":"A"}`:                  {feed.ErrMalformed, "malformed: symbol stands there twice"},
		`{"symbol":"A","bid":1,"ts":1,"ts":1}`:                 {feed.ErrMalformed, "malformed: ts stands there twice"},
		`{"symbol":"A","volume":1,"status":"live","status":0}`: {feed.ErrMalformed, "malformed: status stands there twice"},

		`{}`:                            {feed.ErrSymbol, "bad symbol: symbol is missing"},
		`{"bid":1}`:                     {feed.ErrSymbol, "bad symbol: symbol is missing"},
		`{"Symbol":"A","bid":1}`:        {feed.ErrSymbol, "bad symbol: symbol is missing"},
		`{"symbol":"","bid":1}`:         {feed.ErrSymbol, `bad symbol: "": symbol must be`},
		`{"symbol":"a","bid":1}`:        {feed.ErrSymbol, `bad symbol: "a": symbol must be 1 to 32 characters of A-Z`},
		`{"symbol":null,"bid":1}`:       {feed.ErrSymbol, "bad symbol: symbol is null and must be a string"},
		`{"symbol":42,"bid":1}`:         {feed.ErrSymbol, "bad symbol: symbol is a number and must be a string"},
		`{"symbol":"\u202e\n","bid":1}`: {feed.ErrSymbol, `bad symbol: "\u202e\n": symbol`},
		`{"symbol":"` + strings.Repeat("A", 33) + `","bid":1}`:   {feed.ErrSymbol, "bad symbol: "},
		`{"symbol":"` + strings.Repeat("a", 1000) + `","bid":1}`: {feed.ErrSymbol, `"` + strings.Repeat("a", 40) + `"...: symbol`},

		`{"symbol":"A","bidSize":-3,"ask":"x"}`:                 {feed.ErrValue, "bad value: bidSize -3 is below 0"},
		`{"symbol":"A","askSize":"-3"}`:                         {feed.ErrValue, `bad value: askSize "-3" is below 0`},
		`{"symbol":"A","last":1,"lastSize":-1}`:                 {feed.ErrValue, "bad value: lastSize -1 is below 0"},
		`{"symbol":"A","volume":-1e-9}`:                         {feed.ErrValue, "bad value: volume -1e-9 is below 0"},
		`{"symbol":"A","bid":null}`:                             {feed.ErrValue, "bad value: bid is null; leave it out to keep its last value"},
		`{"symbol":"A","bid":true}`:                             {feed.ErrValue, "bad value: bid is a boolean and must be a number"},
		`{"symbol":"A","bid":{"x":[1]}}`:                        {feed.ErrValue, "bad value: bid is an object and must be a number"},
		`{"symbol":"A","bid":[1]}`:                              {feed.ErrValue, "bad value: bid is an array and must be a number"},
		`{"symbol":"A","bid":"NaN"}`:                            {feed.ErrValue, `bad value: bid "NaN": not a decimal number`},
		`{"symbol":"A","bid":""}`:                               {feed.ErrValue, `bad value: bid "": not a decimal number`},
		`{"symbol":"A","bid":" 1"}`:                             {feed.ErrValue, `bad value: bid " 1": not a decimal number`},
		`{"symbol":"A","bid":"+1"}`:                             {feed.ErrValue, `bad value: bid "+1": not a decimal number`},
		`{"symbol":"A","bid":"007"}`:                            {feed.ErrValue, `bad value: bid "007": not a decimal number`},
		`{"symbol":"A","bid":"1,5"}`:                            {feed.ErrValue, `bad value: bid "1,5": not a decimal number`},
		`{"symbol":"A","bid":1e400}`:                            {feed.ErrValue, "bad value: bid 1e400: exponent beyond ±38"},
		`{"symbol":"A","bid":1e39}`:                             {feed.ErrValue, "bad value: bid 1e39: exponent beyond ±38"},
		`{"symbol":"A","bid":1e-39}`:                            {feed.ErrValue, "bad value: bid 1e-39: exponent beyond ±38"},
		`{"symbol":"A","bid":` + strings.Repeat("9", 39) + `}`:  {feed.ErrValue, strings.Repeat("9", 39) + ": more than 38 significant digits"},
		`{"symbol":"A","bid":` + strings.Repeat("9", 500) + `}`: {feed.ErrValue, `bid "` + strings.Repeat("9", 40) + `"...: more than 38`},

		`{"symbol":"A","bid":1,"ts":-1}`:                                   {feed.ErrValue, "bad value: ts -1 is no integer of 0 or more"},
		`{"symbol":"A","bid":1,"ts":1.0}`:                                  {feed.ErrValue, "bad value: ts 1.0 is no integer of 0 or more"},
		`{"symbol":"A","bid":1,"ts":1e15}`:                                 {feed.ErrValue, "bad value: ts 1e15 is no integer of 0 or more"},
		`{"symbol":"A","bid":1,"ts":"1"}`:                                  {feed.ErrValue, "bad value: ts is a string and must be an integer"},
		`{"symbol":"A","bid":1,"ts":null}`:                                 {feed.ErrValue, "bad value: ts is null and must be an integer"},
		`{"symbol":"A","bid":1,"ts":253402300800000000}`:                   {feed.ErrValue, "beyond the year 9999"},
		`{"symbol":"A","bid":1,"ts":1763740800000000000}`:                  {feed.ErrValue, "beyond the year 9999; microseconds are wanted"},
		`{"symbol":"A","bid":1,"ts":` + strings.Repeat("1", 100_000) + `}`: {feed.ErrValue, "beyond the year 9999"},

		`{"symbol":"A","bid":1,"status":"open"}`: {feed.ErrValue, `bad value: status "open" is none of live, stale, halted`},
		`{"symbol":"A","bid":1,"status":"LIVE"}`: {feed.ErrValue, `status "LIVE" is none of`},
		`{"symbol":"A","bid":1,"status":null}`:   {feed.ErrValue, "bad value: status is null and must be a string"},

		`{"symbol":"A"}`: {feed.ErrEmpty, "no value field: one of bid, ask, last or the other values is needed"},
		`{"symbol":"A","status":"halted","ts":1}`:  {feed.ErrEmpty, "no value field"},
		`{"symbol":"A","Bid":1,"ASK":2,"price":3}`: {feed.ErrEmpty, "no value field"},
	} {
		t.Run(record[:min(len(record), 60)], func(t *testing.T) {
			t.Parallel()
			var p feed.QuoteParser
			err := p.Parse([]byte(record), new(market.Update))
			if !errors.Is(err, want.reason) || !strings.Contains(fmt.Sprint(err), want.text) {
				t.Errorf("%v, want %q", err, want.text)
			}
			if err != nil && len(err.Error()) > 300 {
				t.Errorf("a message of %d bytes", len(err.Error()))
			}
		})
	}
}

func TestRecvIsOnlyKeptWhereItIsAskedFor(t *testing.T) {
	t.Parallel()
	p := feed.QuoteParser{KeepRecv: true}
	var u market.Update
	if err := p.Parse([]byte(`{"symbol":"A","bid":1,"recv":1763740800000412}`), &u); err != nil || u.Recv != 1763740800000412 {
		t.Errorf("recv %d, %v", u.Recv, err)
	}
	for record, reason := range map[string]error{
		`{"symbol":"A","bid":1,"recv":-1}`:         feed.ErrValue,
		`{"symbol":"A","bid":1,"recv":1,"recv":1}`: feed.ErrMalformed,
	} {
		if err := p.Parse([]byte(record), &u); !errors.Is(err, reason) {
			t.Errorf("%s: %v", record, err)
		}
	}
}

func TestOneBadRecordLeavesNoTraceInTheNext(t *testing.T) {
	t.Parallel()
	var p feed.QuoteParser
	var u market.Update
	want := update(t, "A", "bid", "1")
	for _, bad := range []string{`{"symbol":"A","ask":1,"ts":7,"status":"stale","ask"`, `{"symbol":"A","last":1,"bid":null}`, `[`} {
		if err := p.Parse([]byte(bad), &u); err == nil {
			t.Fatalf("%s was accepted", bad)
		}
		if err := p.Parse([]byte(`{"symbol":"A","bid":1}`), &u); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, u); diff != "" {
			t.Errorf("after %s (-want +got):\n%s", bad, diff)
		}
	}
}

func TestDigitsThatComeInAreTheDigitsThatGoOut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.StringMatching(`-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,19})?`).Draw(t, "digits")
		quote := rapid.SampledFrom([]string{"", `"`}).Draw(t, "quote")
		record := `{"symbol":"A","bid":` + quote + digits + quote + `}`
		var p feed.QuoteParser
		var u market.Update
		if err := p.Parse([]byte(record), &u); err != nil {
			t.Fatalf("%s: %v", record, err)
		}
		want, err := market.ParseDecimal(digits)
		if err != nil || u.Values[market.Bid] != want {
			t.Fatalf("%s became %s, %v", digits, u.Values[market.Bid], err)
		}
	})
}

func FuzzParseQuote(f *testing.F) {
	for _, seed := range []string{
		`{"symbol":"AAPL","seq":42,"bid":189.98,"bidSize":300,"ask":"190.01","askSize":200,"ts":1763740800000000,"recv":1763740800000412}`,
		`{"symbol":"A","last":1e-38,"lastSize":0,"status":"stale","reason":"silent","envelope":{"high":1}}`,
		`{"symbol":"A","bid":1,"bid":1}`, `{"symbol":"\ud83d\ude00"}`, `{"symbol":"A","volume":-1}`, `[1,`, `{`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, record []byte) {
		var p feed.QuoteParser
		var u, again market.Update
		err := p.Parse(record, &u)
		if err != nil {
			if !errors.Is(err, feed.ErrMalformed) && !errors.Is(err, feed.ErrSymbol) &&
				!errors.Is(err, feed.ErrValue) && !errors.Is(err, feed.ErrEmpty) {
				t.Errorf("an error without a reason: %v", err)
			}
			if !json.Valid(record) && !errors.Is(err, feed.ErrMalformed) {
				t.Errorf("no JSON, yet %v", err)
			}
			return
		}
		if !json.Valid(record) {
			t.Error("accepted what is no JSON")
		}
		if err := p.Parse(record, &again); err != nil || again != u {
			t.Errorf("another answer the second time: %+v, %v", again, err)
		}
		wantSound(t, &u)
	})
}

// wantSound checks what the rest of the service relies on.
func wantSound(t *testing.T, u *market.Update) {
	t.Helper()
	if _, err := market.ParseSymbol(string(u.Symbol)); err != nil {
		t.Errorf("symbol %q", u.Symbol)
	}
	if u.TS < 0 || u.Recv != 0 || u.Set&market.AllValues == 0 || u.Trade != u.Set.Has(market.Last) {
		t.Errorf("unsound: %+v", u)
	}
	for _, f := range []market.Field{market.BidSize, market.AskSize, market.LastSize, market.Volume} {
		if u.Values[f].Sign() < 0 {
			t.Errorf("%s %s", f, u.Values[f])
		}
	}
}

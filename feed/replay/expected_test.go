package replay

import (
	"strconv"
	"testing"

	"ticker/market"
)

func checkSymbol(t *testing.T, s *state, want *expectedSymbol) {
	t.Helper()
	var tickers, trades, replayed int
	for i := range s.accepted {
		switch u := &s.accepted[i]; {
		case u.Trade:
			trades++
		case u.Channel == market.Trades:
			replayed++
		default:
			tickers++
		}
	}
	got := [...]int{tickers, trades, replayed, len(s.accepted), s.late + s.duplicates}
	if counts := [...]int{want.Tickers, want.Trades, want.Replayed, want.Updates, 0}; got != counts {
		t.Errorf("%s: tickers, trades, replayed, updates, dropped: %v, want %v", want.Symbol, got, counts)
	}
	checkQuote(t, want.Symbol, &s.quote, &want.State)
	for _, probe := range want.AsOf {
		past := s.stateAt(probe.At / 1000)
		if probe.State == nil {
			probe.State = &expectedState{}
		}
		checkQuote(t, want.Symbol, &past.quote, probe.State)
	}
	checkTrades(t, s, want)
	checkLast(t, s, want)
	checkEvents(t, s, want)
}

// checkQuote compares every field as a decimal, and the time. What was empty
// on the wire is empty there, too, and not known.
func checkQuote(t *testing.T, symbol market.Symbol, q *market.Quote, want *expectedState) {
	t.Helper()
	for f, text := range want.values() {
		f := market.Field(f)
		got, known := q.Value(f)
		same := !known
		if text != nil && *text != "" {
			same = known && decimal(t, *text).Equal(got)
		}
		if !same {
			t.Errorf("%s: %s is %s (known: %v), want %s", symbol, f, got, known, show(text))
		}
	}
	if ts := value(want.Time); ts%1000 != 0 || ts/1000 != q.TS {
		t.Errorf("%s: time %d µs, want %d ns", symbol, q.TS, ts)
	}
}

func checkTrades(t *testing.T, s *state, want *expectedSymbol) {
	t.Helper()
	e := &s.envelope
	if e.Trades != uint64(want.Trades) || !decimal(t, e.Volume.String()).Equal(decimal(t, want.Volume)) {
		t.Errorf("%s: %d trades of %s, want %d of %s", want.Symbol, e.Trades, e.Volume.String(), want.Trades, want.Volume)
	}
	if want.TradeMin == nil || want.TradeMax == nil {
		if e.Trades != 0 {
			t.Errorf("%s: %d trades, want none", want.Symbol, e.Trades)
		}
		return
	}
	if !e.Low.Equal(decimal(t, *want.TradeMin)) || !e.High.Equal(decimal(t, *want.TradeMax)) {
		t.Errorf("%s: trades from %s to %s, want %s to %s", want.Symbol, e.Low, e.High, *want.TradeMin, *want.TradeMax)
	}
}

// checkLast compares the range of every price that was ever the last, and the
// times of the first and the last update.
func checkLast(t *testing.T, s *state, want *expectedSymbol) {
	t.Helper()
	var lasts market.Envelope
	for i := range s.accepted {
		if u := &s.accepted[i]; u.Set.Has(market.Last) {
			lasts.Trade(u.Values[market.Last], market.Decimal{})
		}
	}
	if (lasts.Trades == 0) != (want.LastMin == nil) {
		t.Errorf("%s: %d last prices, want from %s", want.Symbol, lasts.Trades, show(want.LastMin))
	} else if want.LastMin != nil &&
		(!lasts.Low.Equal(decimal(t, *want.LastMin)) || !lasts.High.Equal(decimal(t, *want.LastMax))) {
		t.Errorf("%s: last from %s to %s, want %s to %s", want.Symbol, lasts.Low, lasts.High, *want.LastMin, *want.LastMax)
	}
	if len(s.accepted) == 0 {
		return
	}
	first, last := s.accepted[0].Recv, s.accepted[len(s.accepted)-1].Recv
	if first != value(want.First)/1000 || last != value(want.Last)/1000 {
		t.Errorf("%s: received from %d to %d, want %d to %d ns", want.Symbol, first, last, value(want.First), value(want.Last))
	}
}

// checkEvents compares the last ticker and the last trade by themselves.
func checkEvents(t *testing.T, s *state, want *expectedSymbol) {
	t.Helper()
	for channel, event := range map[market.Channel]*expectedEvent{market.Quotes: want.Ticker, market.Trades: want.Trade} {
		u, ok := s.newest[channel]
		if ok != (event != nil) {
			t.Errorf("%s: channel %d spoke: %v", want.Symbol, channel, ok)
		}
		if event == nil {
			continue
		}
		fields, id := event.expectedState, event.Sequence
		if channel == market.Trades {
			fields.Last, fields.LastSize, id = event.Price, event.Size, event.ID
		}
		checkQuote(t, want.Symbol, &market.Quote{Values: u.Values, Known: u.Set, TS: u.TS}, &fields)
		if id != nil && strconv.FormatUint(u.Seq, 10) != *id || u.Recv != event.Recv/1000 {
			t.Errorf("%s: channel %d ends with %d at %d, want %s at %d ns", want.Symbol, channel, u.Seq, u.Recv, *id, event.Recv)
		}
	}
}

func decimal(t *testing.T, text string) market.Decimal {
	t.Helper()
	d, err := market.ParseDecimal(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return d
}

func value(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

func show(text *string) string {
	if text == nil {
		return "nothing"
	}
	return *text
}

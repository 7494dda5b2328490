package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ticker/client"
	"ticker/market"
	"ticker/wire"
)

// sceneTime is the present of all scenes.
func sceneTime() time.Time { return time.UnixMicro(1_763_740_800_000_000) }

// quoteOf returns a quote of that age with the given values.
func quoteOf(symbol market.Symbol, age time.Duration, values map[market.Field]string) market.Quote {
	q := market.Quote{Symbol: symbol, Seq: 1, Recv: sceneTime().Add(-age).UnixMicro()}
	for f, text := range values {
		d, err := market.ParseDecimal([]byte(text))
		if err != nil {
			panic(err)
		}
		q.Values[f], q.Known = d, q.Known.With(f)
	}
	return q
}

// sampleQuotes returns quotes of all kinds, before or after the last prices of
// AAPL and MSFT moved by a few cents.
func sampleQuotes(moved bool) []market.Quote {
	apple, microsoft, seq := "189.99", "415.10", uint64(1)
	if moved {
		apple, microsoft, seq = "190.02", "415.00", 2
	}
	quotes := []market.Quote{
		quoteOf("AAPL", 300*time.Millisecond, map[market.Field]string{
			market.BidSize: "300", market.Bid: "189.98", market.Ask: "190.01", market.AskSize: "200",
			market.Last: apple, market.Open: "188.50", market.Volume: "51234567",
		}),
		quoteOf("BTC-EUR", 90*time.Minute, map[market.Field]string{market.Bid: "56000", market.Ask: "56001.5"}),
		quoteOf("BTC-USD", 2*time.Second, map[market.Field]string{
			market.BidSize: "0.5", market.Bid: "65432.10", market.Ask: "65432.75", market.AskSize: "1.25",
			market.Last: "65432.50", market.Open: "65500", market.Volume: "1234.5678",
		}),
		quoteOf("HALT", 50*time.Hour, map[market.Field]string{market.Last: "12.00"}),
		quoteOf("MSFT", 59*time.Second, map[market.Field]string{
			market.BidSize: "100", market.Bid: "415.00", market.Ask: "415.20", market.AskSize: "400",
			market.Last: microsoft, market.Volume: "20345678",
		}),
	}
	quotes[0].Seq, quotes[4].Seq = seq, seq
	quotes[1].Status, quotes[1].Reason = market.Stale, market.Disconnected
	quotes[3].Status = market.Halted
	return quotes
}

// usualScene returns a scene of a window of that size.
func usualScene(columns, rows int) *scene {
	now := sceneTime()
	return &scene{
		link:    link{state: client.State{Phase: client.Online}, granted: true, heard: now},
		url:     "http://127.0.0.1:8080",
		refused: map[string]wire.Code{"SECRET": wire.CodeForbidden},
		ledger: &wire.Ledger{
			Produced: 41_216, Delivered: 3104, Conflated: 38_112, Age: wire.Ages{P50: 900, P99: 51_234},
		},
		perSecond: 1204, conflated: 38112, now: now, columns: columns, rows: rows, keyboard: true,
	}
}

// usualBoard has seen the prices move just now, and a minute of others before.
func usualBoard() *board {
	b := newBoard([]string{"MSFT", "BTC-*", "AAPL", "HALT", "XYZ", "SECRET", "ETH-*"}, setOf(tableFieldNames[:]))
	for i := range 8 {
		b.take(sampleQuotes(i%3 == 1), sceneTime().Add(-time.Minute))
		b.sample(sceneTime().Add(time.Duration(i-10)*pointTime), i != 4)
		for j := range b.listed {
			b.listed[j].quote.Seq = 0 // the next is newer
		}
	}
	b.take(sampleQuotes(false), sceneTime().Add(-time.Second))
	b.take(sampleQuotes(true), sceneTime().Add(-flashTime/2))
	return b
}

// press presses keys, of which none is a sequence.
func pressAll(b *board, keys string) {
	for _, k := range keys {
		b.press(stroke(k), sceneTime())
	}
}

// names returns what the lines of a board are about.
func names(b *board, now time.Time) string {
	b.arrange(now)
	var names []string
	for _, l := range b.lines {
		names = append(names, l.name)
	}
	return strings.Join(names, " ")
}

func expect(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(span{})); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestSymbolsStandInTheOrderInWhichTheyWereAskedFor(t *testing.T) {
	t.Parallel()
	b := newBoard([]string{"BTC-USD", "NONE", "BTC-*", "AAPL", "BTC-EUR", "ETH-*"}, market.AllValues)
	b.take(sampleQuotes(false), sceneTime())
	expect(t, "names", names(b, sceneTime()), "BTC-USD NONE BTC-EUR AAPL ETH-*")
}

func TestSortKeyOffersEveryColumnThatIsThere(t *testing.T) {
	t.Parallel()
	for keys, want := range map[string]string{
		"":         "MSFT BTC-EUR BTC-USD AAPL HALT XYZ SECRET ETH-*",
		"r":        "ETH-* SECRET XYZ HALT AAPL BTC-USD BTC-EUR MSFT",
		"s":        "AAPL BTC-EUR BTC-USD ETH-* HALT MSFT SECRET XYZ", // symbol
		"sr":       "XYZ SECRET MSFT HALT ETH-* BTC-USD BTC-EUR AAPL",
		"ss":       "BTC-USD MSFT AAPL HALT BTC-EUR ETH-* SECRET XYZ", // last
		"ssr":      "HALT AAPL MSFT BTC-USD BTC-EUR ETH-* SECRET XYZ",
		"sss":      "AAPL HALT MSFT BTC-USD BTC-EUR ETH-* SECRET XYZ", // change
		"ssss":     "AAPL HALT MSFT BTC-USD BTC-EUR ETH-* SECRET XYZ", // %
		"sssss":    "BTC-EUR BTC-USD MSFT AAPL ETH-* HALT SECRET XYZ", // spread
		"ssssss":   "AAPL MSFT BTC-USD BTC-EUR ETH-* HALT SECRET XYZ", // volume
		"sssssss":  "HALT BTC-EUR MSFT BTC-USD AAPL ETH-* SECRET XYZ", // age
		"S":        "HALT BTC-EUR AAPL BTC-USD MSFT ETH-* SECRET XYZ", // status
		"SS":       "HALT BTC-EUR MSFT BTC-USD AAPL ETH-* SECRET XYZ", // age
		"sssssssR": "AAPL BTC-USD MSFT BTC-EUR HALT ETH-* SECRET XYZ",
		"sS":       "MSFT BTC-EUR BTC-USD AAPL HALT XYZ SECRET ETH-*",
	} {
		b := usualBoard()
		pressAll(b, keys)
		expect(t, "names after "+keys, names(b, sceneTime()), want)
	}
	b := newBoard([]string{"A"}, 1<<market.Bid)
	pressAll(b, "ss")
	expect(t, "order where only bids are known", b.order, ageColumn)
}

func TestLinesStayWhereTheyAreForASecond(t *testing.T) {
	t.Parallel()
	b := newBoard([]string{"*"}, market.AllValues)
	pressAll(b, "ss")
	show := func(at time.Duration, a, c string, others ...market.Quote) string {
		quotes := []market.Quote{
			quoteOf("A", 0, map[market.Field]string{market.Last: a}), quoteOf("B", 0, map[market.Field]string{market.Last: c}),
		}
		b.take(append(quotes, others...), sceneTime().Add(at))
		return names(b, sceneTime().Add(at))
	}
	expect(t, "order at first", show(0, "2", "1"), "A B")
	expect(t, "order soon after", show(arrangeTime-1, "2", "3"), "A B")
	expect(t, "order a second later", show(arrangeTime, "2", "3"), "A B") // seq is the same: nothing came
	b.rows["B"].quote.Seq = 0
	expect(t, "order with a newer price", show(2*arrangeTime, "2", "3"), "B A")
	more := quoteOf("C", 0, map[market.Field]string{market.Last: "9"})
	expect(t, "order with a new symbol", show(2*arrangeTime+1, "2", "3", more), "C B A")
	expect(t, "order when that has gone", show(2*arrangeTime+2, "2", "3"), "B A")
}

func TestFilterIsAPrefixTypedInEitherCase(t *testing.T) {
	t.Parallel()
	b := usualBoard()
	pressAll(b, "/b!tC")
	expect(t, "names while typing", names(b, sceneTime()), "BTC-EUR BTC-USD")
	pressAll(b, "-q")
	expect(t, "names for nothing", names(b, sceneTime()), "")
	b.press(keyBackspace, sceneTime())
	b.press(keyEnter, sceneTime())
	expect(t, "still typing", b.typing, false)
	expect(t, "names when kept", names(b, sceneTime()), "BTC-EUR BTC-USD")
	b.press(keyEscape, sceneTime())
	expect(t, "names when cleared", names(b, sceneTime()), "MSFT BTC-EUR BTC-USD AAPL HALT XYZ SECRET ETH-*")
	pressAll(b, "/A")
	b.press(keyCtrlU, sceneTime())
	b.press(keyBackspace, sceneTime())
	expect(t, "filter taken back", b.filter, "")
	b.press(keyEscape, sceneTime())
	expect(t, "typing after Esc", b.typing, false)
}

func TestKeysThatQuitAreTextWhileTyping(t *testing.T) {
	t.Parallel()
	b := usualBoard()
	for _, k := range []stroke{'q', 'Q', keyCtrlC, keyCtrlD} {
		expect(t, "quits", b.quits(k), true)
	}
	b.typing = true
	expect(t, "q quits while typing", b.quits('q'), false)
	expect(t, "Ctrl-C quits while typing", b.quits(keyCtrlC), true)
}

func TestScrollingEndsWhereTheLinesEnd(t *testing.T) {
	t.Parallel()
	b, s := usualBoard(), usualScene(80, 7) // titles, 4 lines, state, ledger
	for _, step := range []struct {
		k   stroke
		top int
	}{
		{keyUp, 0},
		{keyDown, 1},
		{'j', 2},
		{'k', 1},
		{keyPageDown, 4},
		{keyPageDown, 4},
		{keyPageUp, 0},
		{keyEnd, 4},
		{keyHome, 0},
		{' ', 4},
		{'g', 0},
		{'G', 4},
		{'x', 4},
	} {
		b.press(step.k, sceneTime())
		b.picture(s)
		if b.top != step.top {
			t.Fatalf("after key %d the first line is %d, want %d", step.k, b.top, step.top)
		}
	}
	b.press('/', sceneTime())
	b.press('A', sceneTime())
	b.picture(s)
	expect(t, "first line of a shorter list", b.top, 0)
}

func TestChangeCountsFromTheOpenOrTheFirstPriceSeen(t *testing.T) {
	t.Parallel()
	b, s := newBoard([]string{"A", "B"}, market.AllValues), usualScene(80, 24)
	var got []string
	for seq, values := range []map[market.Field]string{
		{market.Last: "10.00"},
		{market.Last: "10.50"},
		{market.Last: "9.75"},
		{market.Last: "9.75", market.Open: "9.50"},
		{market.Last: "-3", market.Open: "-4.00"},
		{market.Last: "5", market.Open: "0"},
	} {
		q := quoteOf("A", 0, values)
		q.Seq = uint64(seq)
		b.take([]market.Quote{q}, s.now)
		opens, starts := b.bases()
		titles := b.titles(starts && !opens)
		cells := s.cells(&line{"A", b.rows["A"]}, opens && starts)
		got = append(got, titles[changeColumn].text+" "+cells[changeColumn].text+" "+cells[percentColumn].text)
	}
	expect(t, "changes", got, []string{
		"vs start 0.00 0.00", "vs start +0.50 +5.00", "vs start -0.25 -2.50", "vs open +0.25 +2.63",
		"vs open +1.00 +25.00", "vs open +5.00 ",
	})
}

func TestChangesFromDifferentPricesAreToldApart(t *testing.T) {
	t.Parallel()
	b, s := usualBoard(), usualScene(80, 24)
	opens, starts := b.bases()
	apple := s.cells(&line{"AAPL", b.rows["AAPL"]}, opens && starts)
	microsoft := s.cells(&line{"MSFT", b.rows["MSFT"]}, opens && starts)
	expect(t, "with an open", apple[changeColumn], span{"+1.52", up})
	expect(t, "without one", microsoft[changeColumn], span{"*-0.10", down})
}

func TestCellsFlashForAMomentOnly(t *testing.T) {
	t.Parallel()
	b, s := usualBoard(), usualScene(80, 24)
	moved := s.now.Add(-flashTime / 2)
	apple := line{"AAPL", b.rows["AAPL"]}
	expect(t, "while it flashes", s.cells(&apple, false)[lastColumn], span{"190.02", upFlash})
	expect(t, "has faded", b.fades(moved, s.now), false)
	s.now = moved.Add(flashTime)
	expect(t, "afterwards", s.cells(&apple, false)[lastColumn], span{"190.02", normal})
	expect(t, "way of the last move", s.cells(&apple, false)[moveColumn], span{"▲", up})
	expect(t, "has faded", b.fades(moved, s.now), true)
	expect(t, "fades once more", b.fades(s.now, s.now.Add(time.Second)), false)
}

func TestNumbersOfWhatCannotBeBelievedStandBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b, s := usualBoard(), usualScene(80, 24)
		s.link.state.Phase = client.Phase(rapid.IntRange(0, int(client.Ended)).Draw(t, "phase"))
		s.link.granted = rapid.Bool().Draw(t, "granted")
		s.now = s.now.Add(rapid.SampledFrom([]time.Duration{0, lateTime - 1, lateTime, time.Hour}).Draw(t, "silence"))
		for _, r := range b.listed {
			l := line{string(r.quote.Symbol), r}
			cells := s.cells(&l, false)
			live := s.link.trust(s.now) == trusted && r.quote.Status == market.Live
			if says := cells[statusColumn].text == "live"; says != live {
				t.Fatalf("%s says %q", l.name, cells[statusColumn].text)
			}
			if (cells[markColumn].text == "") != live {
				t.Fatalf("%s is marked %q and %q", l.name, cells[markColumn].text, cells[statusColumn].text)
			}
			if r.quote.Status != market.Halted && (cells[lastColumn].style == dim) == live {
				t.Fatalf("%s, %q, is written in style %d", l.name, cells[statusColumn].text, cells[lastColumn].style)
			}
		}
	})
}

func TestTrendHasAGapWhereNoPriceCouldBeBelieved(t *testing.T) {
	t.Parallel()
	b := usualBoard()
	expect(t, "trend", b.rows["AAPL"].trendText(), "▁█▁▁ ▁▁█")
	expect(t, "trend of a halted symbol", b.rows["HALT"].trendText(), "        ")
	for i := range 20 {
		b.sample(sceneTime().Add(time.Duration(i)*pointTime), true)
	}
	expect(t, "points", len(b.rows["AAPL"].points), trendPoints)
}

func TestAgesNeverLookYoungerForADifferenceOfClocks(t *testing.T) {
	t.Parallel()
	s := usualScene(80, 24)
	r := &row{quote: quoteOf("A", -time.Hour, nil)} // from the future
	expect(t, "age by our clock", age(s.age(r)), "<1s")
	s.behind = time.Hour
	s.now = s.now.Add(3 * time.Second)
	expect(t, "age by the clock of the service", age(s.age(r)), "3s")
}

func TestBoardIsBounded(t *testing.T) {
	t.Parallel()
	b := newBoard([]string{"*"}, market.AllValues)
	quotes := make([]market.Quote, 1000)
	for turn := range 101 {
		for i := range quotes {
			quotes[i] = market.Quote{Symbol: market.Symbol("S" + count(uint64(turn*1000+i))), Seq: 1}
		}
		b.take(quotes, sceneTime())
	}
	expect(t, "rows", len(b.rows), maxRows)
	expect(t, "rows that are shown", len(b.listed), 0)
}

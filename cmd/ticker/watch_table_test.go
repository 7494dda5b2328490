package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ticker/client"
	"ticker/market"
	"ticker/wire"
)

// sceneTime is the present of all scenes, in microseconds.
const sceneTime = 1_763_740_800_000_000

// quoteOf returns a quote of that age with the given values; "" is not known.
func quoteOf(symbol market.Symbol, age time.Duration, values map[market.Field]string) market.Quote {
	q := market.Quote{Symbol: symbol, Seq: 1, Recv: sceneTime - age.Microseconds()}
	for f, text := range values {
		d, err := market.ParseDecimal([]byte(text))
		if err != nil {
			panic(err)
		}
		q.Values[f], q.Known = d, q.Known.With(f)
	}
	return q
}

// sampleQuotes returns quotes of all kinds, with the last price of AAPL and MSFT
// moved by a few cents.
func sampleQuotes(moved bool) []market.Quote {
	apple, microsoft := "189.99", "415.10"
	if moved {
		apple, microsoft = "190.02", "415.00"
	}
	quotes := []market.Quote{
		quoteOf("AAPL", 300*time.Millisecond, map[market.Field]string{
			market.BidSize: "300", market.Bid: "189.98", market.Ask: "190.01", market.AskSize: "200",
			market.Last: apple, market.Volume: "51234567",
		}),
		quoteOf("BTC-EUR", 90*time.Minute, map[market.Field]string{market.Bid: "56000", market.Ask: "56001.5"}),
		quoteOf("BTC-USD", 2*time.Second, map[market.Field]string{
			market.BidSize: "0.5", market.Bid: "65432.10", market.Ask: "65432.75", market.AskSize: "1.25",
			market.Last: "65432.50", market.Volume: "1234.5678",
		}),
		quoteOf("HALT", 26*time.Hour, map[market.Field]string{market.Last: "12.00"}),
		quoteOf("MSFT", 59*time.Second, map[market.Field]string{
			market.BidSize: "100", market.Bid: "415.00", market.Ask: "415.20", market.AskSize: "400",
			market.Last: microsoft, market.Volume: "20345678",
		}),
	}
	quotes[1].Status, quotes[1].Reason = market.Stale, market.Disconnected
	quotes[3].Status = market.Halted
	return quotes
}

// usualScene returns a scene of a window of that size.
func usualScene(columns, rows int) *scene {
	return &scene{
		url: "http://127.0.0.1:8080", state: client.State{Phase: client.Online}, quotes: sampleQuotes(true),
		refused:   map[string]wire.Code{"SECRET": wire.CodeForbidden},
		perSecond: 1204, conflated: 38112, now: sceneTime, columns: columns, rows: rows,
	}
}

// usualTable has seen the market before its prices moved.
func usualTable() *table {
	t := newTable([]string{"MSFT", "BTC-*", "AAPL", "HALT", "XYZ", "SECRET", "ETH-*"})
	before := usualScene(80, 24)
	before.quotes = sampleQuotes(false)
	t.render(before)
	return t
}

// expectScreen compares lines with a file of testdata; an escape character
// stands there as ␛. TICKER_GOLDEN=write writes the files.
func expectScreen(t *testing.T, name string, lines []string) {
	t.Helper()
	file := filepath.Join("testdata", name+".screen")
	got := strings.ReplaceAll(strings.Join(lines, "\n")+"\n", "\x1b", "␛")
	if os.Getenv("TICKER_GOLDEN") == "write" {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("screen (-want +got):\n%s", diff)
	}
}

func TestScreens(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*scene){
		"wide":   func(s *scene) { s.columns = 120 },
		"usual":  func(*scene) {},
		"narrow": func(s *scene) { s.columns = 40 },
		"low":    func(s *scene) { s.rows = 6 },
		"colour": func(s *scene) { s.colour = true },
		"offline": func(s *scene) {
			s.state = client.State{Phase: client.Waiting, Err: errors.New("connect to host:\x1b[2J\n dial\u202e tcp: connection refused")}
			s.retry, s.colour = 1234*time.Millisecond, true
		},
		"connecting": func(s *scene) { s.state, s.quotes = client.State{}, nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := usualScene(80, 24)
			change(s)
			expectScreen(t, name, usualTable().render(s))
		})
	}
}

func TestPictureNeverLeavesTheWindow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		table := usualTable()
		for range rapid.IntRange(1, 3).Draw(t, "pictures") {
			s := usualScene(rapid.IntRange(1, 130).Draw(t, "columns"), rapid.IntRange(1, 20).Draw(t, "rows"))
			s.state.Phase = client.Phase(rapid.IntRange(0, int(client.Ended)).Draw(t, "phase"))
			s.state.Err = errors.New(rapid.String().Draw(t, "error"))
			lines := table.render(s)
			if len(lines) > s.rows {
				t.Fatalf("%d lines in %d rows", len(lines), s.rows)
			}
			for _, line := range lines {
				if width := utf8.RuneCountInString(line); width > s.columns {
					t.Fatalf("%d characters in %d columns: %q", width, s.columns, line)
				}
				if printable(line) != line {
					t.Fatalf("line %q would be obeyed", line)
				}
			}
		}
	})
}

func TestColumnsNeverGrowNarrower(t *testing.T) {
	t.Parallel()
	table := newTable([]string{"A"})
	s := usualScene(80, 24)
	s.quotes = []market.Quote{quoteOf("A", 0, map[market.Field]string{market.Bid: "1234567.89"})}
	table.render(s)
	s.quotes = []market.Quote{quoteOf("A", 0, map[market.Field]string{market.Bid: "1.5"})}
	want := "A" + strings.Repeat(" ", 5+2+8+2) + strings.Repeat(" ", len("1234567.89")-len("1.5")) + "1.5"
	if got := table.render(s)[3]; !strings.HasPrefix(got, want+" ") {
		t.Errorf("line is %q, want it to begin with %q", got, want)
	}
}

func TestHiddenLinesAreCounted(t *testing.T) {
	t.Parallel()
	table := newTable([]string{"*"})
	s := usualScene(80, 5)
	s.quotes = make([]market.Quote, 2000)
	for i := range s.quotes {
		s.quotes[i].Symbol = market.Symbol("S" + group(uint64(i)))
	}
	lines := table.render(s)
	if last := lines[len(lines)-1]; len(lines) != 5 || last != "… and 1,999 more" {
		t.Errorf("lines are %q, want the last of 5 to count 1,999", lines)
	}
	s.rows = 2003
	if lines = table.render(s); len(lines) != 2003 || !strings.HasPrefix(lines[2002], "S1,999 ") {
		t.Errorf("%d lines, the last %q, want all", len(lines), lines[len(lines)-1])
	}
}

func TestSymbolsStandInTheOrderInWhichTheyWereAskedFor(t *testing.T) {
	t.Parallel()
	table := newTable([]string{"BTC-USD", "NONE", "BTC-*", "AAPL", "BTC-EUR", "ETH-*"})
	var names []string
	for _, l := range table.lines(sampleQuotes(false)) {
		names = append(names, l.name)
	}
	if diff := cmp.Diff([]string{"BTC-USD", "NONE", "BTC-EUR", "AAPL", "ETH-*"}, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

func TestColourShowsTheLastMoveAndTheChangeSinceTheStart(t *testing.T) {
	t.Parallel()
	table := newTable([]string{"A"})
	s := usualScene(80, 24)
	for _, step := range []struct {
		last         string
		move, change style
		text         string
	}{
		{"10.00", "", "", "0"},
		{"10.50", up, up, "+0.50"},
		{"10.25", down, up, "+0.25"},
		{"10.25", down, up, "+0.25"},
		{"9.75", down, down, "-0.25"},
		{"10.00", up, "", "0"},
	} {
		s.quotes = []market.Quote{quoteOf("A", 0, map[market.Field]string{market.Last: step.last})}
		table.render(s)
		cells := table.cells(&line{"A", &s.quotes[0]}, s)
		want := [2]span{{step.last, step.move}, {step.text, step.change}}
		if got := [2]span{cells[lastColumn], cells[changeColumn]}; got != want {
			t.Errorf("at %s the cells are %v, want %v", step.last, got, want)
		}
	}
}

func TestDifferenceIsExact(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"0.3", "0.1", "+0.2"},
		{"0.1", "0.3", "-0.2"},
		{"5", "5.00", "0"},
		{"190", "189.99", "+0.01"},
		{"-37.63", "12", "-49.63"},
		{"12", "-37.63", "+49.63"},
		{"101", "1.50", "+99.50"},
		{"2.50", "1.50", "+1.00"},
		{"12345678901234567890.000000001", "12345678901234567890", "+0.000000001"},
		{"1e38", "-1e38", "+200000000000000000000000000000000000000"},
	} {
		a, errA := market.ParseDecimal([]byte(c[0]))
		b, errB := market.ParseDecimal([]byte(c[1]))
		if err := errors.Join(errA, errB); err != nil {
			t.Fatal(err)
		}
		if got := difference(a, b); got != c[2] {
			t.Errorf("%s - %s is %s, want %s", c[0], c[1], got, c[2])
		}
	}
}

func TestAgeHasTheGreatestUnitThatFits(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]time.Duration{
		"<1s": -time.Hour, "1s": time.Second, "59s": time.Minute - 1, "1m": time.Minute,
		"59m": time.Hour - 1, "1h": time.Hour, "23h": 24*time.Hour - 1, "400d": 400 * 24 * time.Hour,
	} {
		if got := age(d.Microseconds()); got != want {
			t.Errorf("age of %v is %s, want %s", d, got, want)
		}
	}
}

func TestURLIsShownWithoutItsSecrets(t *testing.T) {
	t.Parallel()
	if got := shownURL("wss://host:1/v1/ws?token=secret"); got != "wss://host:1/v1/ws" {
		t.Errorf("shows %s", got)
	}
}

func TestMeterCountsASecond(t *testing.T) {
	t.Parallel()
	var m meter
	start := time.Unix(0, 0)
	var got []uint64
	for i, count := range []uint64{10, 20, 40, 70, 70, 70} {
		got = append(got, m.rate(count, start.Add(time.Duration(i)*500*time.Millisecond)))
	}
	if diff := cmp.Diff([]uint64{0, 0, 30, 30, 30, 30}, got); diff != "" {
		t.Errorf("rates (-want +got):\n%s", diff)
	}
}

// BenchmarkRender watches what a picture of a window costs in a market of a
// thousand symbols.
func BenchmarkRender(b *testing.B) {
	table := newTable([]string{"*"})
	s := usualScene(120, 50)
	s.colour = true
	s.quotes = nil
	for i := range 1000 {
		s.quotes = append(s.quotes, quoteOf(market.Symbol("S"+group(uint64(i))), 0, map[market.Field]string{market.Last: "12.5"}))
	}
	b.ReportAllocs()
	for b.Loop() {
		table.render(s)
	}
}

package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ticker/client"
	"ticker/market"
)

// expectScreen compares lines with a file of testdata/watch; an escape character
// stands there as ␛. TICKER_GOLDEN=write writes the files.
func expectScreen(t *testing.T, name string, lines []string) {
	t.Helper()
	file := filepath.Join("testdata", "watch", name+".txt")
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
	for name, change := range map[string]func(*scene, *board){
		"200-columns": func(s *scene, _ *board) { s.columns = 200 },
		"120-columns": func(s *scene, _ *board) { s.columns = 120 },
		"80-columns":  func(*scene, *board) {},
		"40-columns":  func(s *scene, _ *board) { s.columns = 40 },
		"low":         func(s *scene, _ *board) { s.rows = 5 },
		"one-row":     func(s *scene, _ *board) { s.rows = 1 },
		"colour":      func(s *scene, _ *board) { s.ink = allInks },
		"no-colour":   func(s *scene, _ *board) { s.ink = oneInk },
		"offline": func(s *scene, _ *board) {
			s.link.change(client.State{
				Phase: client.Waiting, Delay: 4 * time.Second,
				Err: errors.New("connect to host:\x1b[2J\n dial\u202e tcp: 接続 refused e\u0301"),
			}, s.now.Add(-time.Second))
			s.ledger, s.ink, s.columns = nil, allInks, 100
		},
		"connecting": func(s *scene, b *board) {
			s.link, s.ledger, s.keyboard = link{}, nil, false
			b.take(nil, s.now)
		},
		"late": func(s *scene, _ *board) { s.now = s.now.Add(lateTime) },
		"paused": func(s *scene, b *board) {
			pressAll(b, "plss/BT\r")
			s.now = s.now.Add(3 * time.Second)
			s.link.hear(s.now)
		},
		"typing": func(_ *scene, b *board) { pressAll(b, "s/ZZ") },
		"help":   func(s *scene, b *board) { pressAll(b, "?"); s.rows = 24 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, b := usualScene(80, 14), usualBoard()
			change(s, b)
			expectScreen(t, name, b.picture(s))
		})
	}
}

func TestPictureFillsTheWindowAndNeverLeavesIt(t *testing.T) {
	t.Parallel()
	keys := []stroke{'s', 'S', 'r', '/', 'B', 'p', 'l', '?', keyEscape, keyEnter, keyDown, keyEnd, keyPageUp}
	rapid.Check(t, func(t *rapid.T) {
		b := usualBoard()
		for range rapid.IntRange(1, 5).Draw(t, "pictures") {
			s := usualScene(rapid.IntRange(1, 130).Draw(t, "columns"), rapid.IntRange(1, 30).Draw(t, "rows"))
			state := client.State{Phase: client.Phase(rapid.IntRange(0, int(client.Ended)).Draw(t, "phase"))}
			state.Err = errors.New(rapid.String().Draw(t, "error"))
			s.link.change(state, s.now)
			for range rapid.IntRange(0, 3).Draw(t, "keys") {
				b.press(rapid.SampledFrom(keys).Draw(t, "key"), s.now)
			}
			lines := b.picture(s)
			if len(lines) != s.rows {
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

func TestNumberThatIsCutSaysSo(t *testing.T) {
	t.Parallel()
	full := strings.Fields(strings.Join(usualBoard().picture(usualScene(200, 14)), "\n"))
	for columns := 1; columns < 60; columns++ {
		b, s := usualBoard(), usualScene(columns, 14)
		for _, line := range b.picture(s)[:9] {
			for word := range strings.FieldsSeq(line) {
				if !strings.HasSuffix(word, "…") && !slices.Contains(full, word) {
					t.Errorf("%d columns show %q, which nobody said", columns, word)
				}
			}
		}
	}
}

func TestSymbolLastAndChangeStayInANarrowWindow(t *testing.T) {
	t.Parallel()
	b, s := usualBoard(), usualScene(34, 14)
	for row, want := range []string{"symbol last vs open", "MSFT 415.00 ▼ *-0.10", "~ BTC-EUR"} {
		if got := strings.Join(strings.Fields(b.picture(s)[row]), " "); got != want {
			t.Errorf("line %d is %q, want %q", row, got, want)
		}
	}
}

func TestColumnsNeverGrowNarrower(t *testing.T) {
	t.Parallel()
	b, s := newBoard([]string{"A"}, market.AllValues), usualScene(120, 24)
	b.take([]market.Quote{quoteOf("A", 0, map[market.Field]string{market.Bid: "1234567.89"})}, s.now)
	at := strings.Index(b.picture(s)[1], "1234567.89")
	b.rows["A"].quote.Seq = 0
	b.take([]market.Quote{quoteOf("A", 0, map[market.Field]string{market.Bid: "1.5"})}, s.now)
	if got := strings.Index(b.picture(s)[1], "      1.50"); got != at {
		t.Errorf("the price begins at %d, want its column to stay at %d", got, at)
	}
}

func TestLongNamesLeaveRoomForPrices(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("X", market.MaxSymbolBytes)
	b, s := newBoard([]string{long}, market.AllValues), usualScene(40, 24)
	b.take([]market.Quote{quoteOf(market.Symbol(long), 0, map[market.Field]string{market.Last: "12.50"})}, s.now)
	if got := b.picture(s)[1]; !strings.Contains(got, "X…") || !strings.Contains(got, " 12.50 ") {
		t.Errorf("line is %q, want a shortened name and the price", got)
	}
}

func TestOnlyTheInksOfATerminalAreUsed(t *testing.T) {
	t.Parallel()
	for i, want := range map[ink]string{noInk: "", oneInk: "1 2 7", allInks: "1 1;31 2 31 32 35 7;31 7;32"} {
		used := make(map[string]bool)
		for style := normal; style <= bad; style++ {
			used[style.sequence(i)] = true
		}
		for _, sequence := range strings.Fields(want) {
			if !used[sequence] {
				t.Errorf("ink %d never uses %s", i, sequence)
			}
			delete(used, sequence)
		}
		delete(used, "")
		if len(used) > 0 {
			t.Errorf("ink %d uses %v besides %s", i, used, want)
		}
	}
}

func TestURLIsShownWithoutItsSecrets(t *testing.T) {
	t.Parallel()
	expect(t, "URL", shownURL("wss://host:1/v1/ws?token=secret"), "wss://host:1/v1/ws")
}

func TestForeignTextHasOneColumnForEachCharacter(t *testing.T) {
	t.Parallel()
	expect(t, "text", narrow("a\x1b[1mé\u0301接\t\u202e👩\u200d\u00ad!"), "a[1mé???!")
}

// BenchmarkPicture watches what a picture costs in a market of two thousand
// symbols of which all have changed, sorted by what changes.
func BenchmarkPicture(b *testing.B) {
	board, s := newBoard([]string{"*"}, market.AllValues), usualScene(120, 50)
	s.ink = allInks
	quotes := make([]market.Quote, 2000)
	for i := range quotes {
		quotes[i] = quoteOf(market.Symbol("S"+count(uint64(i))), 0, map[market.Field]string{market.Last: "12.5"})
	}
	pressAll(board, "sss")
	b.ReportAllocs()
	for b.Loop() {
		s.now = s.now.Add(frameTime)
		s.link.hear(s.now)
		for i := range quotes {
			quotes[i].Seq++
		}
		board.take(quotes, s.now)
		board.picture(s)
	}
}

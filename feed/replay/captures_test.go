package replay

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ticker/feed/internal/pace"
	"ticker/market"
)

// capturesDir holds recordings of real exchanges and the state that they must
// lead to. It stands beside the repository and not in it.
const capturesDir = "../../../shared/data/captures"

// capture is an entry of the captures' manifest.
type capture struct {
	ID, Adapter string
	WS          []string
}

// expected is what must come of a capture.
type expected struct {
	Messages int                       `json:"ws_messages"`
	Skipped  map[string]int            `json:"messages_without_normalised_update"`
	Symbols  map[string]expectedSymbol `json:"symbols"`
}

type expectedSymbol struct {
	Symbol   market.Symbol  `json:"symbol"`
	Tickers  int            `json:"ticker_updates"`
	Trades   int            `json:"trade_updates"`
	Replayed int            `json:"replayed_trades"`
	Updates  int            `json:"updates"`
	State    expectedState  `json:"state"`
	Ticker   *expectedEvent `json:"ticker"`
	Trade    *expectedEvent `json:"trade"`
	TradeMin *string        `json:"trade_min"`
	TradeMax *string        `json:"trade_max"`
	Volume   string         `json:"trade_volume"`
	LastMin  *string        `json:"last_min"`
	LastMax  *string        `json:"last_max"`
	First    *int64         `json:"first_recv_ns"`
	Last     *int64         `json:"last_recv_ns"`
	AsOf     []struct {
		At    int64          `json:"at_ns"`
		State *expectedState `json:"state"`
	} `json:"asof"`
}

type expectedState struct {
	Bid      *string `json:"bid"`
	BidSize  *string `json:"bid_size"`
	Ask      *string `json:"ask"`
	AskSize  *string `json:"ask_size"`
	Last     *string `json:"last"`
	LastSize *string `json:"last_size"`
	Open     *string `json:"open_24h"`
	High     *string `json:"high_24h"`
	Low      *string `json:"low_24h"`
	Volume   *string `json:"volume_24h"`
	Time     *int64  `json:"exchange_time_ns"`
}

// values returns the fields in the order of market.Field.
func (e *expectedState) values() [market.NumValues]*string {
	return [...]*string{e.Bid, e.BidSize, e.Ask, e.AskSize, e.Last, e.LastSize, e.Open, e.High, e.Low, e.Volume}
}

// expectedEvent is the last ticker or the last trade.
type expectedEvent struct {
	expectedState
	Price    *string `json:"price"`
	Size     *string `json:"size"`
	Sequence *string `json:"sequence"`
	ID       *string `json:"id"`
	Recv     int64   `json:"recv_time_ns"`
}

func TestSharedCapturesReachTheExpectedState(t *testing.T) {
	t.Parallel()
	var manifest []capture
	if !readJSON(t, filepath.Join(capturesDir, "manifest.json"), &manifest) {
		t.Log("no captures beside the repository")
		return
	}
	for _, c := range manifest {
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			var want expected
			if !readJSON(t, filepath.Join(capturesDir, "expected-"+c.ID+".json"), &want) {
				t.Fatal("no expectation")
			}
			checkCapture(t, c, playCapture(t, c), &want)
		})
	}
}

// readJSON reads a file into v, unless it is not there.
func readJSON(t *testing.T, path string, v any) bool {
	t.Helper()
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return false
	}
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return true
}

func playCapture(t *testing.T, c capture) *model {
	t.Helper()
	var paths []string
	for _, name := range c.WS {
		paths = append(paths, filepath.Join(capturesDir, name))
	}
	venue, _, _ := strings.Cut(c.Adapter, "-")
	m := newModel()
	play(t, Config{Paths: strings.Join(paths, ","), Venue: venue, Speed: pace.Max, Clock: pace.AsRecorded}, m)
	return m
}

func checkCapture(t *testing.T, c capture, m *model, want *expected) {
	t.Helper()
	skipped := 0
	for _, n := range want.Skipped {
		skipped += n
	}
	if len(m.rejected) != 0 {
		t.Errorf("refused: %v", m.rejected)
	}
	if got := m.alive - remarks(t, c); got != skipped {
		t.Errorf("skipped %d messages, want %d", got, skipped)
	}
	seen := maps.Clone(m.symbols)
	for _, e := range want.Symbols {
		s := seen[e.Symbol]
		if delete(seen, e.Symbol); s == nil {
			s = &state{} // a symbol of which only the book was told
		}
		checkSymbol(t, s, &e)
	}
	if len(seen) != 0 {
		t.Errorf("updates for %v", slices.Collect(maps.Keys(seen)))
	}
}

// remarks counts the lines of a capture that are no messages.
func remarks(t *testing.T, c capture) int {
	t.Helper()
	n := 0
	for _, name := range c.WS {
		for line := range bytes.Lines(readFile(t, filepath.Join(capturesDir, name))) {
			if c := line[0]; c != '\n' && (c < '0' || c > '9') {
				n++
			}
		}
	}
	return n
}

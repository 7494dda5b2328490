package livetest

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ticker/feed/internal/live"
	"ticker/market"
)

// capturesDir holds recorded traffic of real exchanges and the state that it must
// lead to, seen from the package of a venue. It stands beside the repository and
// not in it.
const capturesDir = "../../../shared/data/captures"

// expectation is what must come of a capture.
type expectation struct {
	WS      []string `json:"ws"`
	Symbols map[string]struct {
		Symbol   market.Symbol  `json:"symbol"`
		Tickers  int            `json:"ticker_updates"`
		Trades   int            `json:"trade_updates"`
		Replayed int            `json:"replayed_trades"`
		Min      *string        `json:"trade_min"`
		Max      *string        `json:"trade_max"`
		Volume   string         `json:"trade_volume"`
		State    map[string]any `json:"state"`
	} `json:"symbols"`
}

// Capture plays the recorded traffic of a feed through a connection of the venue
// under test and checks what the book has then. The messages come in the order in
// which they were received, from the exchange of the case, which acknowledges what
// is subscribed. Route picks the connection of a message where there are several;
// nil is the first. Without the recordings beside the repository there is nothing
// to check.
func Capture(t *testing.T, c *Case, id string, route func(message string) int) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(capturesDir, "expected-"+id+".json"))
	if errors.Is(err, os.ErrNotExist) {
		t.Log("no captures beside the repository")
		return
	}
	var want expectation
	if err == nil {
		err = json.Unmarshal(text, &want)
	}
	if err != nil {
		t.Fatal(err)
	}
	var symbols []string
	for _, s := range want.Symbols {
		symbols = append(symbols, string(s.Symbol))
	}
	slices.Sort(symbols)
	messages := recorded(t, want.WS)
	c.RunWith(t, live.Config{Symbols: symbols}, func(r *Rig) {
		r.Pass(30 * time.Second)
		for _, m := range messages {
			at := 0
			if route != nil {
				at = route(m)
			}
			r.Clients()[at].Say(m)
		}
		synctest.Wait()
		r.check(&want)
	})
}

// recorded returns the messages of some files, by the time of receipt; at the same
// time, in the order of the files.
func recorded(t *testing.T, files []string) []string {
	t.Helper()
	line := regexp.MustCompile(`^([0-9]+)(?:\.([0-9]+))?: (.*)$`)
	type message struct{ at, text string }
	var all []message
	for _, name := range files {
		for _, l := range lines(t, filepath.Join(capturesDir, name)) {
			if m := line.FindStringSubmatch(l); m != nil {
				all = append(all, message{m[1] + (m[2] + "000000000")[:9], m[3]})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b message) int { return strings.Compare(a.at, b.at) })
	texts := make([]string, len(all))
	for i := range all {
		texts[i] = all[i].text
	}
	return texts
}

func lines(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var r io.Reader = bytes.NewReader(text)
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(r); err != nil {
			t.Fatal(err)
		}
	}
	var found []string
	scan := bufio.NewScanner(r)
	scan.Buffer(nil, 16<<20)
	for scan.Scan() {
		found = append(found, scan.Text())
	}
	if err := scan.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

// stateFields are the names of the value fields in the state of a capture.
func stateFields() [market.NumValues]string {
	return [...]string{
		"bid", "bid_size", "ask", "ask_size", "last", "last_size", "open_24h", "high_24h", "low_24h", "volume_24h",
	}
}

func (r *Rig) check(want *expectation) {
	r.tb.Helper()
	r.undisturbedLog()
	total := 0
	for _, s := range want.Symbols {
		total += s.Tickers + s.Trades + s.Replayed
		got := r.tally.of(s.Symbol)
		if got.tickers != s.Tickers || got.replayed != s.Replayed || int(got.trades.Trades) != s.Trades { //nolint:gosec // Few.
			r.tb.Errorf("%s: %d tickers, %d trades, %d replayed, want %d, %d, %d", s.Symbol,
				got.tickers, got.trades.Trades, got.replayed, s.Tickers, s.Trades, s.Replayed)
		}
		if s.Trades > 0 {
			r.same(s.Symbol, "trade_min", *s.Min, got.trades.Low)
			r.same(s.Symbol, "trade_max", *s.Max, got.trades.High)
			if v, err := market.ParseDecimal([]byte(got.trades.Volume.String())); err != nil {
				r.tb.Error(err)
			} else {
				r.same(s.Symbol, "trade_volume", s.Volume, v)
			}
		}
		r.checkState(s.Symbol, s.State)
	}
	if got := r.tally.total(); got != total {
		r.tb.Errorf("%d updates were taken, want %d", got, total)
	}
}

func (r *Rig) undisturbedLog() {
	r.tb.Helper()
	if r.Logged("feed disconnected") != 0 || r.Logged("record refused") != 0 {
		r.tb.Error("the connection did not live through the capture, or records were refused")
	}
}

// checkState compares the record of a symbol with the state of a capture.
func (r *Rig) checkState(symbol market.Symbol, state map[string]any) {
	r.tb.Helper()
	var q market.Quote
	if c := r.Book.Find(symbol); c != nil {
		q = c.Quote()
	}
	for f, name := range stateFields() {
		value, known := q.Value(market.Field(f)) //nolint:gosec // Ten of them.
		text, _ := state[name].(string)
		if known != (text != "") {
			r.tb.Errorf("%s: %s is known: %t, want %q", symbol, name, known, text)
		} else if known {
			r.same(symbol, name, text, value)
		}
	}
	at, _ := state["exchange_time_ns"].(float64)
	// A float64 has the microseconds of such a time exactly, not its nanoseconds.
	if micros := int64(at/1000 + 0.5); micros != q.TS {
		r.tb.Errorf("%s: time %d, want %d", symbol, q.TS, micros)
	}
}

func (r *Rig) same(symbol market.Symbol, name, want string, got market.Decimal) {
	r.tb.Helper()
	d, err := market.ParseDecimal([]byte(want))
	if err != nil {
		r.tb.Fatal(err)
	}
	if !d.Equal(got) {
		r.tb.Errorf("%s: %s is %s, want %s", symbol, name, got, want)
	}
}

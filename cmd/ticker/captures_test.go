package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"ticker/market"
)

// capturesDir is where real recordings of exchanges, and what a correct
// service makes of them, may lie beside the checkout.
const capturesDir = "../../../shared/data/captures"

// recording is one capture and its expected end.
type recording struct {
	ID      string   `json:"id"`
	Adapter string   `json:"adapter"`
	WS      []string `json:"ws"`
}

// expected is a symbol of a recording's expected end. Its fields are named as
// the recording's own notes name them.
type expected struct {
	Symbol  string         `json:"symbol"`
	Updates int            `json:"updates"`
	State   map[string]any `json:"state"` // text, or the time as a json.Number

	TradeUpdates uint64 `json:"trade_updates"`
	TradeVolume  string `json:"trade_volume"`
	TradeMin     string `json:"trade_min"`
	TradeMax     string `json:"trade_max"`
	FirstRecv    int64  `json:"first_recv_ns"`
	LastRecv     int64  `json:"last_recv_ns"`
	AsOf         []struct {
		At    int64          `json:"at_ns"`
		State map[string]any `json:"state"`
	} `json:"asof"`
}

// stateFields maps the fields of an expected state to those of a record.
func stateFields() map[string]string {
	return map[string]string{
		"bid": "bid", "bid_size": "bidSize", "ask": "ask", "ask_size": "askSize", "last": "last", "last_size": "lastSize",
		"open_24h": "open", "high_24h": "high", "low_24h": "low", "volume_24h": "volume",
	}
}

// TestReplayedCapturesEndInTheExpectedState plays every recording that is
// there through the whole program, and compares its snapshot with the expected
// state: every field as an exact decimal, the time, and the number of updates.
func TestReplayedCapturesEndInTheExpectedState(t *testing.T) {
	t.Parallel()
	for _, c := range readCaptures(t) {
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			playCapture(t, c)
		})
	}
}

// readCaptures lists the recordings that are there.
func readCaptures(t *testing.T) []recording {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(capturesDir, "manifest.json"))
	if os.IsNotExist(err) {
		t.Log("no recordings beside the checkout: nothing to compare")
		return nil
	}
	var captures []recording
	if err := json.Unmarshal(text, &captures); err != nil {
		t.Fatal(err)
	}
	return captures
}

// feed is the SPEC that plays a recording with its own times.
func (c *recording) feed() string {
	var paths []string
	for _, name := range c.WS {
		paths = append(paths, filepath.Join(capturesDir, name))
	}
	venue, _, _ := strings.Cut(c.Adapter, "-")
	return fmt.Sprintf("replay:%s?venue=%s&speed=max&clock=recorded", strings.Join(paths, ","), venue)
}

func readExpected(t *testing.T, c recording) map[string]expected {
	t.Helper()
	var want struct {
		Symbols map[string]expected `json:"symbols"`
	}
	text, err := os.ReadFile(filepath.Join(capturesDir, "expected-"+c.ID+".json"))
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&want); err != nil {
		t.Fatal(err)
	}
	return want.Symbols
}

func playCapture(t *testing.T, c recording) {
	t.Helper()
	r := startServe(t, "--feed", c.feed())
	r.log.line(t, "recording has ended")
	got := r.snapshot()
	compared := 0
	for _, e := range readExpected(t, c) {
		q := got[e.Symbol]
		delete(got, e.Symbol)
		if e.Updates == 0 {
			if q != nil {
				t.Errorf("%s had no updates and has a record", e.Symbol)
			}
			continue
		}
		compareState(t, e, q)
		compared++
	}
	if len(got) > 0 || compared == 0 {
		t.Errorf("%d symbols compared, %d more in the snapshot: %v", compared, len(got), got)
	}
}

func compareState(t *testing.T, e expected, q map[string]any) {
	t.Helper()
	if fmt.Sprint(q["seq"]) != strconv.Itoa(e.Updates) {
		t.Errorf("%s: seq %v, want %d", e.Symbol, q["seq"], e.Updates)
	}
	compareFields(t, e, q)
}

func compareFields(t *testing.T, e expected, q map[string]any) {
	t.Helper()
	for theirs, ours := range stateFields() {
		got, known := q[ours]
		text, _ := e.State[theirs].(string)
		if known != (text != "") || known && !sameNumber(t, fmt.Sprint(got), text) {
			t.Errorf("%s: %s is %v, want %q", e.Symbol, ours, got, text)
		}
	}
	var micros any
	if ns, ok := e.State["exchange_time_ns"].(json.Number); ok {
		micros = json.Number(strings.TrimSuffix(ns.String(), "000"))
	}
	if q["ts"] != micros {
		t.Errorf("%s: ts %v, want %v", e.Symbol, q["ts"], micros)
	}
}

func sameNumber(t *testing.T, a, b string) bool {
	t.Helper()
	x, errX := market.ParseDecimal(a)
	y, errY := market.ParseDecimal(b)
	if errX != nil || errY != nil {
		t.Fatalf("%q %v, %q %v", a, errX, b, errY)
	}
	return x.Equal(y)
}

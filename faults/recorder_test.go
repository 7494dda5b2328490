package faults_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"ticker/internal/natstest"
)

// traded returns how many trades the candles of a symbol have.
func (s *stage) traded(symbol string) (n int) {
	s.t.Helper()
	status, text := s.program.get("/v1/candles/" + symbol + "?step=24h")
	var list struct{ Candles []struct{ Trades int } }
	if err := json.Unmarshal([]byte(text), &list); err != nil || status != http.StatusOK {
		s.t.Fatalf("candles of %s: %d %s, %v", symbol, status, text, err)
	}
	for _, c := range list.Candles {
		n += c.Trades
	}
	return n
}

// A recorder stores the newest of each round of the relay, not every quote, and all
// trades.
func TestAKilledRecorderLosesOnlyWhatWasNotStoredAndCountsNothingTwice(t *testing.T) {
	t.Parallel()
	nodes := fleetSetup{engine: natstest.Start(t, natstest.Options{}).URL(), history: "off"}
	leader := nodes.takesIn(t)
	leader.awaitMetric("ticker_relay_leading", one)
	nodes.history = "sqlite:"
	recording := nodes.node("recorder")
	recording.config += "history: {every: 0s}\n"
	p := start(t, recording)
	p.awaitReady()
	s := &stage{t: t, program: p, source: supply(t, leader)}
	s.source.resume()
	s.source.awaitRounds(200)
	p.kill()
	killed := time.Now()
	begun := s.source.hold()
	s.source.doubt(killed.Add(-grace))
	due := s.source.hold()
	s.source.resume()
	s.source.awaitRounds(50)
	s.source.hold()
	s.source.doubt(killed.Add(-grace)) // nobody was there to record them
	p.again()
	p.awaitReady()
	s.source.resume()
	s.source.awaitRounds(100)
	last := s.source.hold()
	for _, symbol := range s.source.symbols {
		var found []int
		await(t, "history of "+symbol+" has the last round", func() bool {
			found, _ = s.read(symbol)
			return len(found) > 0 && found[len(found)-1] == int(last)
		})
		if !rises(found) {
			t.Errorf("history of %s: %d", symbol, found)
		}
		behind := slices.IndexFunc(found, func(k int) bool { return k > int(begun) })
		if behind < 1 || found[behind-1] < int(due) {
			t.Errorf("history of %s has not what was due at the kill, round %d", symbol, due)
		}
		if n, least := s.traded(symbol), last-s.source.unknown(); n > int(last) || n < int(least) {
			t.Errorf("candles of %s have %d trades, want %d to %d", symbol, n, least, last)
		}
	}
}

func rises(rounds []int) bool {
	for i, k := range rounds[1:] {
		if k <= rounds[i] {
			return false
		}
	}
	return true
}

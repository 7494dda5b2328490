package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/history"
	"ticker/market"
)

// TestCandlesOfSamplesAreThoseOfEveryTrade plays made-up trades of three symbols,
// some hundred a second, keeping a record a second of them, and asks for candles.
func TestCandlesOfSamplesAreThoseOfEveryTrade(t *testing.T) {
	t.Parallel()
	const begin, symbols = int64(1_700_000_000_000_000), 3
	random := rand.New(rand.NewPCG(1, 2))
	var tape strings.Builder
	trades := make(map[string][]market.Sample)
	for at := begin; at < begin+150_000_000; at += random.Int64N(20_000) {
		symbol := fmt.Sprintf("S%d", random.IntN(symbols))
		price, size := market.NewDecimal(random.Int64N(2000)-1000, 2), market.NewDecimal(random.Int64N(500), 1)
		if random.IntN(3) == 0 {
			fmt.Fprintf(&tape, `{"symbol":%q,"bid":%v,"recv":%d}`+"\n", symbol, price, at)
			continue
		}
		fmt.Fprintf(&tape, `{"symbol":%q,"last":%v,"lastSize":%v,"recv":%d}`+"\n", symbol, price, size, at)
		s := market.Sample{Quote: market.Quote{Recv: at}}
		s.Bar.Trade(price, size)
		trades[symbol] = append(trades[symbol], s)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "tape.ndjson")
	if err := os.WriteFile(file, []byte(tape.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	recording := startServe(t, "--data", dir, "--feed", "replay:"+file+"?speed=max&clock=recorded")
	recording.log.line(t, "recording has ended")
	if code := recording.end(); code != 0 {
		t.Fatalf("exit %d: %s", code, recording.log)
	}
	r := startServe(t, "--data", dir, "--feed", "push:")
	for symbol, all := range trades {
		// One a second, and one more for each second of ours that the replay took.
		if kept := len(r.history(symbol)); kept > 170 {
			t.Errorf("%d records of %s in 150 seconds", kept, symbol)
		}
		for _, step := range []string{"1s", "7s", "1m", "90s", "1h"} {
			params := url.Values{"step": {step}, "from": {fmt.Sprint(begin)}, "to": {fmt.Sprint(begin + 150_000_000)}}
			if diff := cmp.Diff(fold(t, all, step), r.candles(symbol, params), numbers()); diff != "" {
				t.Errorf("%s candles of %s (-of every trade +of samples):\n%s", step, symbol, diff)
			}
		}
	}
}

// fold makes candles of single trades.
func fold(t *testing.T, trades []market.Sample, step string) (candles []candle) {
	t.Helper()
	width, err := time.ParseDuration(step)
	if err != nil {
		t.Fatal(err)
	}
	folder := history.NewFolder(width)
	for i := range trades {
		folder.Add(trades[i].Recv, &trades[i].Bar)
	}
	for _, c := range folder.Candles() {
		candles = append(candles, candle{
			TS: c.TS, Trades: c.Trades, Open: number(c.Open), High: number(c.High), Low: number(c.Low),
			Close: number(c.Close), Volume: number(c.Volume),
		})
	}
	return candles
}

func number(n fmt.Stringer) json.Number { return json.Number(n.String()) }

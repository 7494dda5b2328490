package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"ticker/history"
	"ticker/history/postgres"
	"ticker/history/sqlite"
	"ticker/internal/postgrestest"
	"ticker/market"
)

// benchDay is the day that benchmarks ask about, in microseconds.
const benchDay = 1_763_596_800_000_000

// fill records a day of 1,000 symbols that trade once a minute.
func fill(b *testing.B, store history.Store) {
	b.Helper()
	if err := store.Open(b.Context()); err != nil {
		b.Fatal(err)
	}
	const symbols, minutes = 1000, 24 * 60
	batch := history.Batch{Epoch: "bench"}
	for minute := range int64(minutes) {
		for symbol := range int64(symbols) {
			batch.Samples = append(batch.Samples, benchSample(symbol, minute))
		}
		if len(batch.Samples) < 5000 {
			continue
		}
		if err := store.Append(b.Context(), &batch); err != nil {
			b.Fatal(err)
		}
		batch.Samples = batch.Samples[:0]
	}
	if err := store.Close(); err != nil {
		b.Fatal(err)
	}
}

func benchSample(symbol, minute int64) (s market.Sample) {
	price := market.NewDecimal(10_000+symbol+minute%97, 2)
	size := market.NewDecimal(100+minute%7, 0)
	s.Quote = market.Quote{
		Symbol: market.Symbol(fmt.Sprintf("SYM%04d", symbol)), Seq: uint64(minute + 1), Source: "sim",
		Recv: benchDay + minute*60_000_000 + symbol*1000, TS: benchDay + minute*60_000_000,
		Known: market.AllValues,
	}
	for f := range market.NumValues {
		s.Values[f] = price
	}
	s.Bar.Trade(price, size)
	return s
}

// BenchmarkAskThePast watches what a question costs from a client's request to
// the end of the answer, over a day of 1,000 symbols, 1.44 million samples: the
// record of one symbol and of all as of a time, and a day of minute candles.
func BenchmarkAskThePast(b *testing.B) {
	for name, place := range map[string]func(b *testing.B) string{"postgres": filledServer, "sqlite": filledFile} {
		b.Run(name, func(b *testing.B) {
			r := startServe(b, "--feed", "push:", "--history", place(b))
			r.log.line(b, "history store opened")
			for question, path := range map[string]string{
				"one":     fmt.Sprintf("/v1/snapshot?symbols=SYM0500&at=%d", benchDay+40_000_000_000),
				"all":     fmt.Sprintf("/v1/snapshot?symbols=SYM*&at=%d", benchDay+40_000_000_000),
				"candles": fmt.Sprintf("/v1/candles/SYM0500?step=1m&from=%d&to=%d", benchDay, benchDay+86_400_000_000),
			} {
				b.Run(question, func(b *testing.B) {
					var took []time.Duration
					for b.Loop() {
						began := time.Now()
						if code, body := get(b, r.public+path); code != http.StatusOK || len(body) < 100 {
							b.Fatal(code, body)
						}
						took = append(took, time.Since(began))
					}
					slices.Sort(took)
					b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
					b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
				})
			}
		})
	}
}

func filledServer(b *testing.B) string {
	b.Helper()
	address := postgrestest.Start(b, postgrestest.Options{Durable: true}).NewDatabase(b)
	store, err := postgres.New(postgres.Config{URL: address})
	if err != nil {
		b.Fatal(err)
	}
	fill(b, store)
	return address
}

func filledFile(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "history.db")
	store, err := sqlite.New(sqlite.Config{Path: path})
	if err != nil {
		b.Fatal(err)
	}
	fill(b, store)
	return historySQLite + path
}

// BenchmarkStalledStore watches that a store that stands still for five seconds
// is not felt by clients: the age of their records then, beside that before, for
// 50 clients of all 500 symbols at 100 ms, with every update recorded.
func BenchmarkStalledStore(b *testing.B) {
	db := postgrestest.Start(b, postgrestest.Options{Durable: true})
	config := filepath.Join(b.TempDir(), "every.yaml")
	if err := os.WriteFile(config, []byte("history: {every: 0s}"), 0o600); err != nil {
		b.Fatal(err)
	}
	r := startServe(b, "--config", config, "--history", db.NewDatabase(b))
	r.log.line(b, "history store opened")
	var before, during []time.Duration
	for b.Loop() {
		before = append(before, r.ages(b, 5*time.Second)...)
		db.Pause(b)
		during = append(during, r.ages(b, 5*time.Second)...)
		db.Resume(b)
	}
	for name, ages := range map[string][]time.Duration{"before": before, "stalled": during} {
		slices.Sort(ages)
		b.ReportMetric(float64(ages[len(ages)/2].Microseconds()), name+"-p50-µs")
		b.ReportMetric(float64(ages[len(ages)*99/100].Microseconds()), name+"-p99-µs")
	}
}

// ages returns the ages of the records that 10 clients are sent for a while.
func (r *running) ages(b *testing.B, while time.Duration) []time.Duration {
	b.Helper()
	var group sync.WaitGroup
	ages := make([][]time.Duration, 10)
	for i := range ages {
		conn := dial(b, r)
		if err := conn.SetReadDeadline(time.Now().Add(while)); err != nil {
			b.Fatal(err)
		}
		request(b, conn, `{"type":"command","id":"1","action":"subscribe","symbols":["*"],"interval":"100ms","fields":["last"]}`)
		group.Go(func() { ages[i] = agesOf(conn) })
	}
	group.Wait()
	return slices.Concat(ages...)
}

// agesOf reads until the connection ends. The first frame is the snapshot.
func agesOf(conn *websocket.Conn) (ages []time.Duration) {
	for first := true; ; first = false {
		_, text, err := conn.ReadMessage()
		if err != nil {
			return ages
		}
		now := time.Now().UnixMicro()
		if first {
			continue
		}
		var frame struct{ Quotes []struct{ Recv int64 } }
		if json.Unmarshal(text, &frame) == nil && strings.HasPrefix(string(text), `{"type":"event"`) {
			for _, q := range frame.Quotes {
				ages = append(ages, time.Duration(now-q.Recv)*time.Microsecond)
			}
		}
	}
}

package wire

import (
	"testing"

	"ticker/market"
)

// checkNoAllocation runs act once to warm up, and then expects it to leave the
// heap alone.
func checkNoAllocation(t *testing.T, name string, act func()) {
	t.Helper()
	if n := testing.AllocsPerRun(100, act); n != 0 && !raceEnabled {
		t.Errorf("%s: %v allocations", name, n)
	}
}

func TestHotPathDoesNotAllocateIfThereIsRoom(t *testing.T) {
	records := sampleRecords(t)
	candle := market.Candle{TS: 1763740800000000}
	candle.Trade(decimal(t, "189.98"), decimal(t, "100"))
	const cursor = "0123456789abcdef.1234567"
	for _, c := range bothCodecs() {
		buf := make([]byte, 0, 4096)
		checkNoAllocation(t, c.Subprotocol()+" AppendQuote", func() {
			for i := range records {
				buf = c.AppendQuote(buf[:0], &records[i].Quote, market.AllFields, records[i].Envelope)
			}
		})
		checkNoAllocation(t, c.Subprotocol()+" frame", func() {
			buf = c.OpenQuotes(buf[:0], cursor, 1)
			buf = c.AppendSeparator(buf)
			buf = c.CloseQuotes(buf, 0, 1)
		})
		checkNoAllocation(t, c.Subprotocol()+" AppendCandle", func() { buf = c.AppendCandle(buf[:0], &candle) })
		checkNoAllocation(t, c.Subprotocol()+" AppendHeartbeat", func() {
			buf = c.AppendHeartbeat(buf[:0], 1763740815000000, cursor)
		})
	}
}

package capture

import "testing"

const raw = `{"type":"ticker","sequence":37475248783,"product_id":"ETH-USD","price":"1285.22","open_24h":"1310.79","volume_24h":"245532.79269678","low_24h":"1280.52","high_24h":"1313.8","best_bid":"1285.04","best_bid_size":"0.46688654","best_ask":"1285.27","best_ask_size":"1.56637040","side":"buy","time":"2022-10-19T23:28:22.061769Z","trade_id":370843401,"last_size":"11.4396987"}`

func TestTakingAMessageAllocatesNothing(t *testing.T) {
	r := newRig(t, Config{Dir: t.TempDir()})
	message := []byte(raw)
	for range 2 { // two buffers take turns
		for range 1000 {
			r.Message(message)
		}
		r.take()
	}
	if allocs := testing.AllocsPerRun(500, func() { r.Message(message) }); allocs != 0 && !raceEnabled {
		t.Errorf("%v allocations for a message", allocs)
	}
}

// BenchmarkMessage watches what a feed pays for being recorded.
func BenchmarkMessage(b *testing.B) {
	r := newRig(b, Config{Dir: b.TempDir()})
	message := []byte(raw)
	b.SetBytes(int64(len(message)))
	b.ReportAllocs()
	for b.Loop() {
		r.Message(message)
		if len(r.pending) >= wakeBytes {
			r.pending = r.pending[:0]
		}
	}
}

// BenchmarkWrite watches what a recording costs the writer: compressing and
// flushing half a megabyte.
func BenchmarkWrite(b *testing.B) {
	r := newRig(b, Config{Dir: b.TempDir(), MaxBytes: 2 * defaultFileBytes})
	random := newNoise()
	var lines []byte
	for i := range int64(1200) {
		// What differs from message to message does not compress.
		lines = appendLine(lines, i*1000, []byte(random.text(80)+raw[80:]))
	}
	b.SetBytes(int64(len(lines)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.roll.write(lines); err != nil {
			b.Fatal(err)
		}
	}
	if err := r.roll.close(); err != nil {
		b.Fatal(err)
	}
}

package jsonscan

import "testing"

func TestAWarmScannerDoesNotAllocate(t *testing.T) {
	text := []byte(tickerMessage)
	escaped := []byte(`[{"\u0061":"\n\ud83d\ude00"},"größe",null,true,-1.5e3]`)
	var s Scanner
	for name, read := range map[string]func(){
		"read": func() { _, _ = readTicker(&s, text) },
		"skip": func() { s.Reset(escaped); s.Skip(); _ = s.End() },
		"raw":  func() { s.Reset(escaped); s.Raw(); _ = s.End() },
		"text": func() {
			s.Reset(escaped)
			s.Array()
			s.More()
			s.Object()
			s.More()
			s.Key()
			s.Text()
		},
	} {
		if allocs := testing.AllocsPerRun(100, read); allocs != 0 && !raceEnabled {
			t.Errorf("%s allocates %v times", name, allocs)
		}
		if s.Err() != nil {
			t.Errorf("%s: %v", name, s.Err())
		}
	}
}

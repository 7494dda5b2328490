package replay

import (
	"math"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/feed/internal/pace"
	"ticker/market"
)

// loop plays recordings in a loop for a while.
func loop(t *testing.T, c Config, m *model, while time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c.Loop, c.Logger = true, newJournal().logger()
		s, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		run(t, s, m, func() { time.Sleep(while) })
	})
}

func TestNothingInALoopIsLateOrADuplicate(t *testing.T) {
	t.Parallel()
	m := newModel()
	loop(t, Config{Paths: exchange, Venue: "coinbase", Clock: pace.AsRecorded}, m, 60*time.Second)
	s := m.symbols["ABC-USD"]
	// A lap is 4 s from first to last, and LapPause.
	if laps := len(m.updates) / 5; laps != 12 || s.late != 0 || s.duplicates != 0 {
		t.Errorf("%d laps, %d late, %d duplicates", laps, s.late, s.duplicates)
	}
	if s.envelope.Trades != 24 {
		t.Errorf("%d trades", s.envelope.Trades)
	}
}

func TestTimesAndSequencesGoOnFromLapToLap(t *testing.T) {
	t.Parallel()
	m := newModel()
	loop(t, Config{Paths: exchange, Venue: "coinbase", Clock: pace.AsRecorded}, m, 13*time.Second)
	const lap = 5_000_000
	for i := 5; i < len(m.updates); i++ {
		u, before := m.updates[i], m.updates[i-5]
		if u.TS-before.TS != lap || u.Recv-before.Recv != lap || u.Seq-before.Seq != 95 {
			t.Errorf("update %d: time %d, received %d, sequence %d later", i, u.TS-before.TS, u.Recv-before.Recv, u.Seq-before.Seq)
		}
	}
	if len(m.updates) != 14 { // two laps, and all but the last of the third
		t.Errorf("%d updates", len(m.updates))
	}
}

func TestRecordsWithoutAnyTimeHaveNoneInALoopEither(t *testing.T) {
	t.Parallel()
	path := write(t, "bare.ndjson", "1: {\"symbol\":\"A\",\"bid\":1}")
	m := newModel()
	loop(t, Config{Paths: path}, m, 10*time.Second+time.Millisecond)
	for i := range m.updates {
		if u := &m.updates[i]; u.TS != 0 || u.Seq != 0 || u.Recv != 0 {
			t.Errorf("update %d: time %d, sequence %d, received %d", i, u.TS, u.Seq, u.Recv)
		}
	}
	if len(m.updates) != 11 { // one each LapPause: a short loop does not spin
		t.Errorf("%d updates", len(m.updates))
	}
}

func TestALoopWithNothingToPlayEnds(t *testing.T) {
	t.Parallel()
	path := write(t, "garbage.log", "1: garbage\n2: {\"type\":\"heartbeat\"}\n")
	m := newModel()
	log := play(t, Config{Paths: path, Venue: "coinbase", Loop: true}, m)
	if m.alive != 1 || len(m.rejected) != 1 || strings.Count(log, "recording has ended") != 1 {
		t.Errorf("skipped %d, refused %d, logged %s", m.alive, len(m.rejected), log)
	}
}

func TestALoopEndsWhenItsFileBecomesEmpty(t *testing.T) {
	t.Parallel()
	path := write(t, "emptied.ndjson", "1: {\"symbol\":\"A\",\"bid\":1}")
	log := newJournal()
	synctest.Test(t, func(t *testing.T) {
		s, err := New(Config{Paths: path, Loop: true, Logger: log.logger()})
		if err != nil {
			t.Fatal(err)
		}
		run(t, s, newModel(), func() {
			time.Sleep(LapPause / 2)
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Error(err)
			}
			time.Sleep(LapPause)
		})
	})
	if !strings.Contains(log.text(), "updates=2") { // the second was read before
		t.Errorf("logged %s", log.text())
	}
}

func TestRunningAgainGoesOnWithAnotherLap(t *testing.T) {
	t.Parallel()
	m := newModel()
	synctest.Test(t, func(t *testing.T) {
		s, err := New(Config{Paths: exchange, Venue: "coinbase", Speed: pace.Max, Logger: newJournal().logger()})
		if err != nil {
			t.Fatal(err)
		}
		run(t, s, m, func() {})
		run(t, s, m, func() {})
	})
	if s := m.symbols["ABC-USD"]; len(s.accepted) != 10 || s.late != 0 {
		t.Errorf("%d accepted, %d late", len(s.accepted), s.late)
	}
}

func TestWithoutReceiveTimesALapIsAsLongAsItsTimes(t *testing.T) {
	t.Parallel()
	var l lap
	l.next()
	for _, ts := range []int64{5_000_000, 0, 2_000_000, 9_000_000} {
		l.note(0, &market.Update{TS: ts})
	}
	l.next()
	if want := (7*time.Second + LapPause).Microseconds(); l.micros != want {
		t.Errorf("a lap is %d µs, want %d", l.micros, want)
	}
}

func TestASequenceWithoutAPlaceAboveTheLapBeforeIsGivenUp(t *testing.T) {
	t.Parallel()
	var l lap
	l.note(0, &market.Update{Seq: math.MaxUint64 - 5})
	l.next()
	var got []uint64
	for _, seq := range []uint64{0, 5, 6, 7} {
		u := market.Update{Seq: seq}
		l.move(&u)
		got = append(got, u.Seq)
	}
	l.next() // saturates: no sequence has a place any more
	u := market.Update{Seq: 1}
	l.move(&u)
	if diff := cmp.Diff([]uint64{0, math.MaxUint64, 0, 0, 0}, append(got, u.Seq)); diff != "" {
		t.Errorf("sequences (-want +got):\n%s", diff)
	}
}

package history

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ticker/market"
)

// siege is a recording without goroutines, on a clock that is moved, and beside it
// when each sample came that is not accounted for.
type siege struct {
	t       *rapid.T
	cfg     RecorderConfig
	now     time.Time
	backlog *backlog
	keeper  *keeper
	given   *batch // what the store has in hand

	came     []time.Time // of the samples that wait, oldest first
	done     []time.Time // of those that are stored or refused, since the last loss
	accepted uint64
	said     totals
}

// start begins a process on what the last one left.
func (s *siege) start() {
	s.backlog = newBacklog(NewMetrics(nil))
	s.keeper = newKeeper(&s.cfg, s.backlog)
	s.keeper.options.SegmentBytes = 300
	s.keeper.options.Now = func() time.Time { return s.now }
	if !s.keeper.open() {
		s.t.Fatal("the spool cannot be opened")
	}
	s.said = s.backlog.summary()
	s.accepted = s.said.backlog
	again := int(s.accepted) - len(s.came)
	if again < 0 || again > len(s.done) {
		s.t.Fatalf("%d samples were left and %d may come again, there are %d", len(s.came), len(s.done), s.accepted)
	}
	s.came = append(append([]time.Time(nil), s.done[len(s.done)-again:]...), s.came...)
	s.done = nil
}

// restart ends a process, and what it has in memory goes to disk. Its files get one
// time: the system's are of another clock.
func (s *siege) restart() {
	if s.given != nil {
		s.backlog.putBack(s.given)
		s.given = nil
	}
	s.backlog.close()
	for worked := true; worked; {
		_, worked = s.keeper.step(s.now, true)
		s.account()
	}
	s.keeper.end()
	files, err := filepath.Glob(filepath.Join(s.cfg.Spool, "*.spool"))
	for _, file := range files {
		err = errors.Join(err, os.Chtimes(file, s.now, s.now))
	}
	if err != nil {
		s.t.Fatal(err)
	}
	s.start()
}

// sell adds a batch of samples, of any times: those of their acceptance are not to be
// trusted.
func (s *siege) sell() {
	b := s.backlog.blank()
	b.Epoch, b.formed = "epoch", s.now
	for range rapid.IntRange(1, 9).Draw(s.t, "samples") {
		recv := rapid.Int64().Draw(s.t, "recv")
		b.Samples = append(b.Samples, market.Sample{Quote: market.Quote{Symbol: "SYM", Recv: recv, TS: recv}})
		s.came = append(s.came, s.now)
	}
	s.accepted += uint64(len(b.Samples))
	s.backlog.collected(len(b.Samples), 0)
	s.backlog.add(b)
}

func (s *siege) take() {
	if s.given == nil {
		s.given = s.backlog.take()
	}
}

func (s *siege) settle() {
	if s.given != nil {
		refused := rapid.IntRange(0, len(s.given.Samples)).Draw(s.t, "refused")
		s.backlog.settle(s.given, refused)
		s.given = nil
	}
}

// account says that every sample is somewhere, and what was lost was too old.
func (s *siege) account() {
	now := s.backlog.summary()
	if now.stored+now.refused+now.lost+now.backlog != s.accepted {
		s.t.Fatalf("of %d samples totals are %+v", s.accepted, now)
	}
	kept := now.stored + now.refused - s.said.stored - s.said.refused
	s.done, s.came = append(s.done, s.came[:kept]...), s.came[kept:]
	for range now.lost - s.said.lost {
		if age := s.now.Sub(s.came[0]); age <= s.cfg.Keep+24*time.Hour || s.cfg.Keep == 0 {
			s.t.Fatalf("a sample was lost that is %s old", age)
		}
		s.came, s.done = s.came[1:], nil
	}
	s.said = now
}

func TestAccountIsExactAndOnlyWhatIsTooOldIsGivenUp(t *testing.T) {
	t.Parallel()
	root, runs := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		runs++
		s := &siege{t: t, now: time.Now(), cfg: RecorderConfig{
			Spool: filepath.Join(root, strconv.Itoa(runs)), SpoolBytes: defaultSpoolBytes, Logger: slog.New(slog.DiscardHandler),
			Keep: rapid.SampledFrom([]time.Duration{0, time.Second, time.Hour, 30 * time.Hour}).Draw(t, "keep"),
		}}
		s.start()
		defer func() { s.keeper.end() }()
		t.Repeat(map[string]func(*rapid.T){
			"":       func(*rapid.T) { s.account() },
			"sell":   func(*rapid.T) { s.sell() },
			"keep":   func(*rapid.T) { s.keeper.step(s.now, false) },
			"keep2":  func(*rapid.T) { s.keeper.step(s.now, false) },
			"take":   func(*rapid.T) { s.take() },
			"settle": func(*rapid.T) { s.settle() },
			"time passes": func(t *rapid.T) {
				s.now = s.now.Add(rapid.SampledFrom([]time.Duration{time.Second, time.Hour, 12 * time.Hour, 24 * time.Hour}).Draw(t, "time"))
			},
			"restart": func(*rapid.T) { s.restart() },
		})
	})
}

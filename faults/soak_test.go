package faults_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"testing"
	"time"

	"ticker/internal/postgrestest"
)

// scenario is a fault that a running service has to outlive, with its mending.
type scenario struct {
	name string
	play func(s *stored)
}

func scenarios() []scenario {
	return []scenario{
		{"the store is killed", (*stored).killed},
		{"the store stands still", (*stored).stalled},
		{"the store turns read-only", (*stored).readOnly},
		{"clients never read", func(s *stored) {
			const n = 500
			s.crowded(n, func() []net.Conn { return deaf(s.t, s.program.public, n) })
		}},
		{"clients read slowly", func(s *stored) { s.slowLinks(2, s.slowReader()) }},
		{"clients come and vanish", func(s *stored) { s.comeAndGo(300) }},
		{"nonsense is pushed", func(s *stored) { s.nonsense() }},
		{"scrapes hang", func(s *stored) { s.pester() }},
		{"another source floods", func(s *stored) { s.flooded() }},
		{"clients say too much", func(s *stored) { s.chatter(20) }},
		{"history is asked by hundreds", func(s *stored) { s.inquire(300) }},
		{"the program is asleep", func(s *stored) { s.asleep() }},
	}
}

// during plays a scenario with the means of a test of its own, which end with it.
func (s *stored) during(t *testing.T, play func(*stored)) {
	t.Helper()
	program, stage := *s.program, *s.stage
	program.t, stage.t, stage.program = t, t, &program
	play(&stored{&stage, s.db, s.database})
	s.checked, s.others = stage.checked, stage.others
}

// usage is what a process holds: the series of its metrics, and by how much one may
// be above another of them by chance.
func usage() map[string]float64 {
	return map[string]float64{
		"go_goroutines":                 20,
		"go_memstats_heap_alloc_bytes":  4 << 20,
		"process_open_fds":              20,
		"process_resident_memory_bytes": 32 << 20,
	}
}

// collect has a program collect its garbage, so that what is live is known.
func (p *program) collect() {
	p.t.Helper()
	if status, _ := p.ask(http.MethodGet, "http://"+p.admin+"/debug/pprof/heap?gc=1", ""); status != http.StatusOK {
		p.t.Errorf("the heap is answered %d", status)
	}
}

// weigh appends what the process holds, once it collected its garbage.
func (p *program) weigh(into map[string][]float64) {
	p.t.Helper()
	p.collect()
	m := p.metrics()
	for series := range usage() {
		into[series] = append(into[series], m[series])
	}
}

// leastOfQuarters returns the least of the first quarter of samples, of the second and
// so on: what is held when nothing is under way. A quarter is a whole pass at least,
// since what one scenario needs is kept for the next; fewer samples have none.
func leastOfQuarters(samples []float64, pass int) (least []float64) {
	if len(samples) < 4*pass {
		return nil
	}
	for quarter := range slices.Chunk(samples[len(samples)%4:], len(samples)/4) {
		least = append(least, slices.Min(quarter))
	}
	return least
}

// grows reports whether what is held still grows in the second half of samples:
// whether its last quarter is above the one before by more than a quarter and what is
// left to chance.
func grows(samples []float64, pass int, chance float64) bool {
	least := leastOfQuarters(samples, pass)
	return least != nil && least[3] > least[2]*1.25+chance
}

func TestOneServiceOutlivesEveryFaultInAnyOrderAndGrowsByNone(t *testing.T) {
	t.Parallel()
	db := postgrestest.Start(t, postgrestest.Options{})
	database := db.NewDatabase(t)
	config := pushConfig + "limits: {stall: 15s, per_address: 2000}\nfanout: {heartbeat: 5s}\n"
	p := start(t, setup{config: config, args: []string{"--history", database}})
	p.awaitReady()
	s := &stored{load(t, p), db, database}
	held := make(map[string][]float64)
	began, pass := time.Now(), 0
	for pass == 0 || time.Since(began) < *soakFor {
		pass++
		all := scenarios()
		rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for _, one := range all {
			ok := t.Run(fmt.Sprintf("pass %d: %s", pass, one.name), func(t *testing.T) { s.during(t, one.play) })
			if !ok {
				return
			}
			p.weigh(held)
		}
		s.drained()
		s.recorded(time.Now().Add(grace))
	}
	s.undisturbed()
	for series, chance := range usage() {
		samples := held[series]
		t.Logf("%s after %d scenarios: %.0f at most, the least of each quarter %.0f", series, len(samples),
			slices.Max(samples), leastOfQuarters(samples, len(scenarios())))
		if grows(samples, len(scenarios()), chance) {
			t.Errorf("%s grows: %.0f", series, samples)
		}
	}
	t.Logf("%d passes in %v, %d updates accepted", pass, time.Since(began).Round(time.Second), s.source.rows())
}

func TestWhatGrowsIsToldFromNoise(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		samples []float64
		want    bool
	}{
		"too few":         {[]float64{1, 100, 1000}, false},
		"steady":          {[]float64{100, 100, 100, 100, 100, 100, 100, 100}, false},
		"peaks":           {[]float64{100, 100, 100, 100, 900, 100, 100, 950}, false},
		"warming up":      {[]float64{1, 50, 90, 100, 101, 100, 102, 101}, false},
		"growing":         {[]float64{100, 200, 300, 400, 500, 600, 700, 800}, true},
		"growing, noisy":  {[]float64{100, 900, 300, 1100, 400, 1200, 800, 1500}, true},
		"within a chance": {[]float64{1, 1, 1, 1, 1, 1, 9, 9}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := grows(c.samples, 1, 10); got != c.want {
				t.Errorf("%v grows: %v", c.samples, got)
			}
		})
	}
}

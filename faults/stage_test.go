package faults_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"
)

const (
	// numSymbols and pace are the steady load: 500 updates a second.
	numSymbols = 10
	pace       = 20 * time.Millisecond
	// grace is what may have been on the way when something was killed.
	grace = 2 * time.Second
	// maxPage is the most records of one page of history.
	maxPage = 10_000
)

// stage is a program under a steady load, with watchers of every habit.
type stage struct {
	t       *testing.T
	program *program
	source  *source
	crowd   []*watcher
	checked progress
	others  int // rows that other sources pushed, which hold still
	// deposed says that a leader which was deposed recorded until it knew: rounds of
	// which nobody knows may be in history, wherever.
	deposed bool
}

// progress is how far a history was read and found right.
type progress struct {
	rounds int   // those of all symbols
	from   int64 // where the next reading begins, in microseconds
}

// pushConfig is a service that only takes what is pushed, and keeps every update.
const pushConfig = "feeds: ['push:']\nhistory: {every: 0s}\n"

// open starts a program and loads it.
func open(t *testing.T, s setup) *stage {
	t.Helper()
	return load(t, start(t, s))
}

// load puts a program under a steady load.
func load(t *testing.T, p *program) *stage {
	t.Helper()
	s := &stage{t: t, program: p, source: pour(t, p, usualSymbols(), pace)}
	for _, h := range habits() {
		s.crowd = append(s.crowd, watch(t, p.public, s.source, h))
	}
	s.source.resume()
	s.source.awaitRounds(10)
	return s
}

func usualSymbols() (symbols []string) {
	for i := range numSymbols {
		symbols = append(symbols, fmt.Sprint("S", i))
	}
	return symbols
}

// quiet lets the source hold still and wants every watcher to end with its last
// round, without a fault on the way: whatever is broken at this moment.
func (s *stage) quiet() (last int64) {
	s.t.Helper()
	last = s.source.hold()
	for _, w := range s.crowd {
		w.ends(s.source.symbols, last)
	}
	for _, w := range s.crowd {
		w.expectSound(last)
	}
	s.source.resume()
	return last
}

// undisturbed wants that no watcher was cut, and says how old records were beyond
// the intervals that were asked for.
func (s *stage) undisturbed() {
	s.t.Helper()
	var oldest time.Duration
	for _, w := range s.crowd {
		w.expectUndisturbed()
		oldest = max(oldest, w.age()-w.habit.interval)
	}
	s.t.Logf("%d watchers, the oldest record was %v late", len(s.crowd), oldest.Round(time.Millisecond))
}

// drained waits until the store has everything that was accepted, and wants the
// account of the recording to balance with nothing lost.
func (s *stage) drained() {
	s.t.Helper()
	s.source.hold()
	s.program.awaitReady()
	want := float64(s.source.rows() + s.others)
	s.program.awaitMetric("ticker_history_backlog_rows", func(rows float64) bool { return rows == 0 })
	s.program.awaitMetric(`ticker_history_rows_total{result="stored"}`, func(rows float64) bool { return rows >= want })
	m := s.program.metrics()
	stored, lost, refused := rowsOf(m)
	if stored != want || lost != 0 || refused != 0 {
		s.t.Errorf("%.0f rows stored, %.0f lost, %.0f refused; %.0f were accepted", stored, lost, refused, want)
	}
	s.source.resume()
}

func rowsOf(m map[string]float64) (stored, lost, refused float64) {
	of := func(result string) float64 { return m[fmt.Sprintf("ticker_history_rows_total{result=%q}", result)] }
	return of("stored"), of("lost"), of("refused")
}

// recorded wants every round that was accepted a while before an end to be in history
// once and in order, and nothing that was not pushed. It goes on where the last
// reading ended.
func (s *stage) recorded(end time.Time) {
	s.t.Helper()
	last := s.source.hold()
	rounds := s.source.all()
	next := progress{from: s.checked.from} // there may be nothing new
	for _, symbol := range s.source.symbols {
		found, newest := s.read(symbol)
		if s.deposed {
			found = slices.DeleteFunc(found, func(k int) bool { return k <= len(rounds) && !rounds[k-1].accepted })
		}
		for _, fault := range judge(rounds, s.checked.rounds, found, end) {
			s.t.Errorf("history of %s: %s", symbol, fault)
		}
		next.from = max(next.from, newest+1)
	}
	next.rounds = int(last)
	s.checked = next
	s.source.resume()
}

// judge holds the rounds that history has of a symbol, from the one behind checked
// on, against what was pushed, and returns what is wrong.
func judge(rounds []round, checked int, found []int, end time.Time) (faults []string) {
	fault := func(format string, args ...any) {
		if len(faults) < maxFaults {
			faults = append(faults, fmt.Sprintf(format, args...))
		}
	}
	before := checked
	there := make(map[int]bool, len(found))
	for _, k := range found {
		if k <= before || k > len(rounds) {
			fault("round %d stands behind %d; %d were pushed", k, before, len(rounds))
		}
		before, there[k] = k, true
	}
	due := 0
	for i := checked; i < len(rounds); i++ {
		if !rounds[i].accepted || end.Sub(rounds[i].at) <= grace {
			continue
		}
		due++
		if !there[i+1] {
			fault("round %d, accepted %v before the end, is not there", i+1, end.Sub(rounds[i].at))
		}
	}
	if due == 0 && checked == 0 {
		fault("nothing was due")
	}
	return faults
}

// read returns the rounds of a symbol that history has, in its order, and the time
// of the newest.
func (s *stage) read(symbol string) (found []int, newest int64) {
	s.t.Helper()
	for page, more := "", true; more; more = page != "" {
		query := url.Values{"from": {fmt.Sprint(s.checked.from)}, "limit": {fmt.Sprint(maxPage)}}
		if page != "" {
			query.Set("page", page)
		}
		status, text := s.program.get("/v1/history/" + symbol + "?" + query.Encode())
		var list struct {
			Quotes []struct {
				Bid    int
				Recv   int64
				Status string
			}
			Next string
		}
		if err := json.Unmarshal([]byte(text), &list); err != nil || status != http.StatusOK {
			s.t.Fatalf("history of %s: %d %s, %v", symbol, status, text, err)
		}
		for _, q := range list.Quotes {
			newest = max(newest, q.Recv)
			// A new leader records what it held as stale.
			if q.Status != "stale" || !s.source.relayed {
				found = append(found, q.Bid)
			}
		}
		page = list.Next
	}
	return found, newest
}

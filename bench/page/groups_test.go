package page

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/bench"
)

// resultOf has one second for each number of updates, and its ages are those
// numbers.
func resultOf(server string, window time.Duration, updates ...uint64) bench.Result {
	r := bench.Result{Server: server, Window: bench.Duration(window), Tally: bench.Tally{Ages: bench.NewAges()}}
	for _, n := range updates {
		ages := bench.NewAges()
		ages.Add(int64(n))
		r.Ages.Merge(ages)
		r.Seconds = append(r.Seconds, bench.Second{Updates: n, Ages: ages})
	}
	return r
}

func updatesOf(s *bench.Second) float64 { return float64(s.Updates) }

func TestRoundsOfAServerAreOneLine(t *testing.T) {
	t.Parallel()
	groups := newGroups([]bench.Result{
		resultOf("ticker", 2*time.Second, 10, 40),
		resultOf("hub", 2*time.Second, 1, 1),
		resultOf("ticker", 3*time.Second, 30, 20, 50),
	})
	if len(groups) != 2 || groups[0].name != "ticker" || groups[1].name != "hub" {
		t.Fatalf("the groups are %v", groups)
	}
	want := []bench.Spread{{Median: 20, Least: 10, Most: 30}, {Median: 30, Least: 20, Most: 40}, {Median: 50, Least: 50, Most: 50}}
	for i, p := range groups[0].overTime(updatesOf) {
		if p.at != float64(i+1) || p.figure != want[i] {
			t.Errorf("second %d is %v, not %v", i+1, p, want[i])
		}
	}
}

func TestLoadsThatDifferAreLinesOfTheirOwn(t *testing.T) {
	t.Parallel()
	results := []bench.Result{resultOf("ticker", time.Second, 1), resultOf("ticker", time.Second, 1), resultOf("ticker", time.Second, 1)}
	results[0].Load.Clients = 1000
	results[1].Load.Clients = 2000
	results[2].Load.Clients = 1000
	results[1].Load.Slow = 5
	groups := newGroups(results)
	var names []string
	for _, g := range groups {
		names = append(names, g.name)
	}
	want := []string{"ticker, clients 1,000, slow clients none", "ticker, clients 2,000, slow clients 5"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	if n := len(groups[0].rounds); n != 2 {
		t.Errorf("the first load has %d rounds, not 2", n)
	}
}

func TestRestOfASecondIsNotDrawn(t *testing.T) {
	t.Parallel()
	for window, want := range map[time.Duration]int{
		2*time.Second - 3*time.Millisecond: 2,
		2*time.Second + 3*time.Millisecond: 2,
		9 * time.Second:                    3,
		0:                                  0,
	} {
		r := resultOf("ticker", window, 10, 10, 1)
		if got := len(seconds(&r)); got != want {
			t.Errorf("a window of %v has %d seconds, not %d", window, got, want)
		}
	}
}

func TestSecondWithoutRecordsHasNoAge(t *testing.T) {
	t.Parallel()
	r := resultOf("ticker", 2*time.Second, 10, 20)
	r.Seconds[0].Ages = bench.NewAges()
	groups := newGroups([]bench.Result{r})
	points := groups[0].overTime(func(s *bench.Second) float64 { return ageAt(s.Ages, 99) })
	if !math.IsNaN(points[0].figure.Median) || points[1].figure.Median != 20 {
		t.Errorf("the points are %v", points)
	}
}

func TestPercentilesEndWithTheOldestRecord(t *testing.T) {
	t.Parallel()
	r := resultOf("ticker", time.Second)
	r.Ages.AddMany(100, 98)
	r.Ages.AddMany(50_000, 2)
	groups := newGroups([]bench.Result{r})
	points := groups[0].overPercentiles()
	dots := make(map[string]float64)
	for _, p := range points {
		if p.dotted {
			dots[percentileName(p.at)] = p.figure.Median
		}
	}
	tail := float64(r.Ages.Max())
	want := map[string]float64{"50 %": 100, "90 %": 100, "99 %": tail, "99.9 %": tail, "99.99 %": tail, "max": tail}
	if diff := cmp.Diff(want, dots); diff != "" {
		t.Errorf("dots (-want +got):\n%s", diff)
	}
}

func TestLongMeasurementsHaveFewDots(t *testing.T) {
	t.Parallel()
	for _, seconds := range []int{1, dotsALine, 10 * dotsALine} {
		groups := newGroups([]bench.Result{resultOf("ticker", time.Hour, make([]uint64, seconds)...)})
		points := groups[0].overTime(updatesOf)
		dots := 0
		for _, p := range points {
			if p.dotted {
				dots++
			}
		}
		if dots < 1 || dots > dotsALine {
			t.Errorf("%d seconds have %d dots", seconds, dots)
		}
	}
}

func TestFactsSayWhatALoadConsistsOf(t *testing.T) {
	t.Parallel()
	standard := bench.Standard()
	other := standard
	other.Clients, other.Subscriptions, other.Active = 2000, 0, 10
	other.Delta, other.MsgPack, other.Fields = true, true, nil
	got := loadFacts([]bench.Result{{Load: standard}, {Load: other}})
	want := []fact{
		{"Clients", "1,000 … 2,000"},
		{"Symbols", "1,000"},
		{"Active symbols", "10"},
		{"Subscriptions", "50 each … every symbol"},
		{"Quotes", "100,000/s"},
		{"Interval", "100ms"},
		{"Measured", "20s"},
		{"Fields", "bid, bidSize, ask, askSize … all"},
		{"Encoding", "JSON … MessagePack, differences"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}

func TestFactsOfAMachineAreThoseThatAreKnown(t *testing.T) {
	t.Parallel()
	got := machineFacts(&bench.Machine{CPU: "AMD EPYC", Memory: 8 << 30})
	want := []fact{{"CPU", "AMD EPYC"}, {"Memory", "8 GiB"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}

func TestRoundsAreToldAsTheyWere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rounds []int
		want   string
	}{
		{[]int{0}, "Figures of one round."},
		{[]int{1, 1}, "Figures of one round."},
		{[]int{3, 3}, "Medians of 3 rounds."},
		{[]int{3, 2}, "Medians of 2 to 3 rounds."},
	} {
		var servers []bench.Summary
		for _, n := range c.rounds {
			servers = append(servers, bench.Summary{Rounds: n})
		}
		if got := roundsText(servers); got != c.want {
			t.Errorf("rounds %v are told as %q, not %q", c.rounds, got, c.want)
		}
	}
}

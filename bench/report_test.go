package bench_test

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ticker/bench"
)

// The model is a sorted list.
func TestPercentilesAreWithinAPercent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		list := rapid.SliceOfN(rapid.Int64Range(-5, 20*60*1_000_000), 1, 300).Draw(rt, "ages")
		a := bench.NewAges()
		for i, age := range list {
			a.Add(age)
			list[i] = min(max(age, 1), 15*60*1_000_000)
		}
		slices.Sort(list)
		percent := rapid.SampledFrom([]float64{1, 50, 90, 99, 99.9, 100}).Draw(rt, "percent")
		// The library rounds the rank to the nearest.
		rank := max(int(math.Round(percent/100*float64(len(list)))), 1)
		want := float64(list[rank-1])
		if got := float64(a.Percentile(percent)); got < want*0.99 || got > want*1.01+1 {
			rt.Fatalf("percentile %v is %v, want %v", percent, got, want)
		}
		if a.Count() != int64(len(list)) || float64(a.Max()) < float64(list[len(list)-1])*0.99 {
			rt.Fatalf("count %d, max %d", a.Count(), a.Max())
		}
	})
}

func TestAgesSurviveTheWayToAnotherProcess(t *testing.T) {
	t.Parallel()
	a := bench.NewAges()
	a.AddMany(1500, 10)
	a.Add(70_000)
	text, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	b := bench.NewAges()
	if err := json.Unmarshal(text, b); err != nil {
		t.Fatal(err)
	}
	b.Merge(a)
	if b.Count() != 22 || b.Percentile(50) != a.Percentile(50) || b.Percentile(100) != a.Percentile(100) {
		t.Errorf("%d ages, p50 %d, max %d", b.Count(), b.Percentile(50), b.Percentile(100))
	}
	b.Reset()
	if b.Count() != 0 || b.Percentile(99) != 0 {
		t.Errorf("%d ages after a reset", b.Count())
	}
	if err := json.Unmarshal([]byte(`"nonsense"`), b); err == nil {
		t.Error("nonsense was taken for ages")
	}
}

func TestSpreadIsTheMedianAndTheEnds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		figures []float64
		want    bench.Spread
	}{
		{nil, bench.Spread{}},
		{[]float64{3}, bench.Spread{Median: 3, Least: 3, Most: 3}},
		{[]float64{5, 1, 2}, bench.Spread{Median: 2, Least: 1, Most: 5}},
		{[]float64{4, 1, 2, 9}, bench.Spread{Median: 3, Least: 1, Most: 9}},
	} {
		if diff := cmp.Diff(c.want, bench.Over(c.figures)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", c.figures, diff)
		}
	}
}

// result returns a measurement of ten seconds.
func result(server string, cpuMicros int64, updates uint64) bench.Result {
	r := bench.Result{Server: server, Window: bench.Duration(10 * time.Second), ServerCPUMicros: cpuMicros, Connected: 4, Load: bench.Standard()}
	r.Load.Clients, r.Load.Rate = 4, 100
	r.Tally = bench.Tally{Clients: 4, Frames: updates / 10, Updates: updates, Bytes: 100 * updates, Ages: bench.NewAges(), Freshest: bench.NewAges()}
	r.Quotes, r.EmptyBytes, r.ConnectedBytes = 1000, 1<<20, 5<<20
	return r
}

func TestFiguresOfAResultAreThoseOfItsWindow(t *testing.T) {
	t.Parallel()
	r := result("ticker", 5_000_000, 1000)
	for name, c := range map[string]struct{ got, want float64 }{
		"updates a second":   {r.UpdatesPerSecond(), 100},
		"frames a second":    {r.FramesPerSecond(), 10},
		"bytes a second":     {r.BytesPerSecond(), 10_000},
		"quotes a second":    {r.QuotesPerSecond(), 100},
		"cores":              {r.Cores(), 0.5},
		"µs a frame":         {r.MicrosPerFrame(), 50_000},
		"µs an update":       {r.MicrosPerUpdate(), 5000},
		"bytes a connection": {r.BytesPerConnection(), 1 << 20},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
	var empty bench.Result
	if empty.Cores() != 0 || empty.MicrosPerFrame() != 0 || empty.UpdatesPerSecond() != 0 || empty.BytesPerConnection() != 0 {
		t.Errorf("figures of nothing: %+v", empty)
	}
}

func TestClientsThatGetMuchLessThanTheOthersAreUnserved(t *testing.T) {
	t.Parallel()
	r := result("ticker", 1, 0)
	for _, c := range []struct {
		connected int
		frames    uint64
		served    map[uint64]int
		want      int
	}{
		{4, 400, map[uint64]int{64: 4}, 0},
		{4, 400, map[uint64]int{128: 3, 0: 1}, 1},
		{4, 400, map[uint64]int{128: 3, 8: 1}, 1},
		{4, 400, map[uint64]int{128: 3, 16: 1}, 0},
		{3, 300, map[uint64]int{64: 3}, 1},
		{0, 0, nil, 4},
	} {
		r.Clients, r.Frames, r.Served = c.connected, c.frames, c.served
		if got := r.Unserved(); got != c.want {
			t.Errorf("%d connected, %v: %d unserved, want %d", c.connected, c.served, got, c.want)
		}
	}
}

func TestRatiosPairTheRoundsOfTheFirstServerWithThoseOfAnother(t *testing.T) {
	t.Parallel()
	results := []bench.Result{
		result("ticker", 1_000_000, 1000), result("hub", 4_000_000, 2000),
		result("ticker", 4_000_000, 1000), result("hub", 4_000_000, 1000),
		result("ticker", 1_000_000, 1000), result("hub", 2_000_000, 0),
	}
	results[3].Lost, results[3].Disorder = 2, 7
	summaries := bench.Summarize(results)
	if len(summaries) != 2 || summaries[0].Server != "ticker" || summaries[1].Rounds != 3 {
		t.Fatalf("%+v", summaries)
	}
	hub := summaries[1]
	if diff := cmp.Diff(bench.Spread{Median: 0.5, Least: 0.25, Most: 1}, hub.CPURatio); diff != "" {
		t.Errorf("processor time (-want +got):\n%s", diff)
	}
	// The last round of hub delivered nothing: there is no cost of an update.
	if diff := cmp.Diff(bench.Spread{Median: 0.75, Least: 0.5, Most: 1}, hub.UpdateRatio); diff != "" {
		t.Errorf("an update (-want +got):\n%s", diff)
	}
	if hub.Lost != 2 || hub.Disorder != 7 || summaries[0].CPURatio.Median != 1 {
		t.Errorf("%+v", summaries)
	}
	if bench.Summarize(nil) != nil && len(bench.Summarize(nil)) != 0 {
		t.Error("a summary of nothing")
	}
}

func TestTalliesOfSeveralCrowdsAddUp(t *testing.T) {
	t.Parallel()
	tally := func(age int64, seconds int) *bench.Tally {
		x := &bench.Tally{
			Clients: 2, Frames: 3, Updates: 5, Bytes: 7, Lost: 1, Checked: 4, Disorder: 1, CPUMicros: 11,
			Ages: bench.NewAges(), Freshest: bench.NewAges(), Served: map[uint64]int{1: 2}, Faults: map[string]int{"x": 1},
		}
		x.Ages.Add(age)
		x.Freshest.Add(age)
		for range seconds {
			x.Seconds = append(x.Seconds, bench.Second{Updates: 2, Frames: 1, Ages: bench.NewAges()})
		}
		return x
	}
	a, b := tally(10, 1), tally(1000, 2)
	b.Slow = bench.NewAges()
	b.Slow.Add(5)
	a.Merge(b)
	if a.Clients != 4 || a.Frames != 6 || a.Updates != 10 || a.Bytes != 14 || a.Lost != 2 || a.Checked != 8 || a.Disorder != 2 || a.CPUMicros != 22 {
		t.Errorf("%+v", a)
	}
	if a.Ages.Count() != 2 || a.Freshest.Count() != 2 || a.Slow.Count() != 1 || a.Served[1] != 4 || a.Faults["x"] != 2 {
		t.Errorf("%+v", a)
	}
	if len(a.Seconds) != 2 || a.Seconds[0].Updates != 4 || a.Seconds[1].Updates != 2 {
		t.Errorf("%+v", a.Seconds)
	}
	if b.Served[1] != 2 {
		t.Error("the other tally was changed")
	}
}

func TestReportNamesServersRatiosAndFaults(t *testing.T) {
	t.Parallel()
	r := bench.Report{Results: []bench.Result{result("ticker", 1_000_000, 1000), result("hub", 4_000_000, 1000)}}
	r.Results[1].Faults = map[string]int{"closed 1013": 3}
	r.Results[0].Slow, r.Results[0].Load.ReadRate = bench.NewAges(), 5000
	r.Results[0].Slow.Add(400_000)
	r.Servers = bench.Summarize(r.Results)
	var text strings.Builder
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"µs/update", "ticker  ", "hub", "0.25 (0.25 to 0.25)", "hub: 3 clients: closed 1013", "read 5000 bytes/s: age p50 40"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is not in\n%s", want, text.String())
		}
	}
}

func TestACurveHasARowForEachPoint(t *testing.T) {
	t.Parallel()
	summary := bench.Summarize([]bench.Result{result("ticker", 1_000_000, 1000)})[0]
	r := bench.Report{Curves: []bench.Curve{{Name: "clients", Unit: "clients", Points: []bench.Point{
		{X: 125, Server: "ticker", Result: summary}, {X: 250, Server: "ticker", Result: summary},
	}}}}
	var text strings.Builder
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(strings.TrimSpace(text.String()), "\n"); len(lines) != 3 || !strings.Contains(lines[2], "250") {
		t.Errorf("%d lines:\n%s", len(lines), text.String())
	}
}

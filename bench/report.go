package bench

import (
	"math"
	"slices"
)

// Report is what a run of the harness found.
type Report struct {
	// Title says which measurement it was: "fanout", "compare", "capacity",
	// "curves". Command is the command line that made it.
	Title   string  `json:"title"`
	Command string  `json:"command"`
	Machine Machine `json:"machine"`
	// Results are all measurements, in the order in which they were made.
	Results []Result `json:"results"`
	// Servers are the medians of each server over its rounds; empty when the
	// results are of different loads.
	Servers []Summary `json:"servers"`
	// Curves are what a cost follows.
	Curves []Curve `json:"curves,omitempty"`
}

// Machine is where a report was made.
type Machine struct {
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Memory int64  `json:"memoryBytes"`
	Kernel string `json:"kernel"`
	Go     string `json:"go"`
	Commit string `json:"commit"`
}

// Spread is a figure over several rounds.
type Spread struct {
	Median float64 `json:"median"`
	Least  float64 `json:"least"`
	Most   float64 `json:"most"`
}

// Summary is one server over its rounds. Ages are in microseconds.
type Summary struct {
	Server string `json:"server"`
	Rounds int    `json:"rounds"`

	FramesPerSecond    Spread `json:"framesPerSecond"`
	UpdatesPerSecond   Spread `json:"updatesPerSecond"`
	BytesPerSecond     Spread `json:"bytesPerSecond"`
	QuotesPerSecond    Spread `json:"quotesPerSecond"`
	Cores              Spread `json:"cores"`
	MicrosPerFrame     Spread `json:"microsPerFrame"`
	MicrosPerUpdate    Spread `json:"microsPerUpdate"`
	BytesPerConnection Spread `json:"bytesPerConnection"`

	AgeP50      Spread `json:"ageP50"`
	AgeP99      Spread `json:"ageP99"`
	AgeP999     Spread `json:"ageP999"`
	AgeMax      Spread `json:"ageMax"`
	FreshestP50 Spread `json:"freshestP50"`

	// CPURatio is the processor time of the first server over that of this one,
	// in the same round; UpdateRatio the same for the time an update delivered.
	CPURatio    Spread `json:"cpuRatio"`
	UpdateRatio Spread `json:"updateRatio"`

	// Unserved and Lost clients, and records out of order, in the worst round.
	Unserved int    `json:"unserved"`
	Lost     int    `json:"lost"`
	Disorder uint64 `json:"disorder"`
}

// Curve is how a cost follows one property of the load.
type Curve struct {
	Name   string  `json:"name"`
	Unit   string  `json:"unit"`
	Points []Point `json:"points"`
}

// Point is what a server needed at one value of the property.
type Point struct {
	X      float64 `json:"x"`
	Server string  `json:"server"`
	Result Summary `json:"result"`
}

// Over returns the median and the ends of some figures, zero for none.
func Over(figures []float64) Spread {
	n := len(figures)
	if n == 0 {
		return Spread{}
	}
	sorted := slices.Sorted(slices.Values(figures))
	return Spread{Median: (sorted[(n-1)/2] + sorted[n/2]) / 2, Least: sorted[0], Most: sorted[n-1]}
}

// Summarize returns the medians of each server over its rounds, in the order in
// which servers first appear. A round is the results between two of the same
// server. Ratios refer to the first.
func Summarize(results []Result) []Summary {
	var names []string
	rounds := make(map[string][]*Result)
	for i := range results {
		r := &results[i]
		if rounds[r.Server] == nil {
			names = append(names, r.Server)
		}
		rounds[r.Server] = append(rounds[r.Server], r)
	}
	summaries := make([]Summary, 0, len(names))
	for _, name := range names {
		summaries = append(summaries, summarize(rounds[names[0]], rounds[name]))
	}
	return summaries
}

// summarize compares a server's rounds with those of the first.
func summarize(first, rounds []*Result) Summary {
	s := Summary{Server: rounds[0].Server, Rounds: len(rounds)}
	over := func(figure func(*Result) float64) Spread {
		figures := make([]float64, len(rounds))
		for i, r := range rounds {
			figures[i] = figure(r)
		}
		return Over(figures)
	}
	s.FramesPerSecond = over((*Result).FramesPerSecond)
	s.UpdatesPerSecond = over((*Result).UpdatesPerSecond)
	s.BytesPerSecond = over((*Result).BytesPerSecond)
	s.QuotesPerSecond = over((*Result).QuotesPerSecond)
	s.Cores = over((*Result).Cores)
	s.MicrosPerFrame = over((*Result).MicrosPerFrame)
	s.MicrosPerUpdate = over((*Result).MicrosPerUpdate)
	s.BytesPerConnection = over((*Result).BytesPerConnection)
	percentile := func(percent float64) Spread {
		return over(func(r *Result) float64 { return float64(r.Ages.Percentile(percent)) })
	}
	s.AgeP50, s.AgeP99, s.AgeP999 = percentile(50), percentile(99), percentile(99.9)
	s.AgeMax = over(func(r *Result) float64 { return float64(r.Ages.Max()) })
	s.FreshestP50 = over(func(r *Result) float64 { return float64(r.Freshest.Percentile(50)) })
	s.CPURatio = ratios(first, rounds, (*Result).Cores)
	s.UpdateRatio = ratios(first, rounds, (*Result).MicrosPerUpdate)
	for _, r := range rounds {
		s.Unserved, s.Lost = max(s.Unserved, r.Unserved()), max(s.Lost, r.Lost)
		s.Disorder = max(s.Disorder, r.Disorder)
	}
	return s
}

// ratios pairs the rounds of two servers. A pair of which one has no figure is
// left out.
func ratios(first, rounds []*Result, figure func(*Result) float64) Spread {
	var found []float64
	for i := range min(len(first), len(rounds)) {
		if q := ratio(figure(first[i]), figure(rounds[i])); q > 0 && !math.IsInf(q, 0) {
			found = append(found, q)
		}
	}
	return Over(found)
}

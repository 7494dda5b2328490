package page

import (
	"math"
	"slices"

	"ticker/bench"
)

const (
	// fullChart is how many lines can be told from each other in one plot.
	fullChart = 8
	// dotsALine is how many dots a line may have before they hide it.
	dotsALine = 30
)

// group is the rounds of one server under one load.
type group struct {
	name   string
	rounds []*bench.Result
}

// newGroups puts the rounds of each server and load together, in the order in
// which they first appear. Where the loads differ, a name says how.
func newGroups(results []bench.Result) []group {
	varying := varyingAspects(results)
	var groups []group
	places := make(map[string]int)
	for i := range results {
		r := &results[i]
		name := r.Server
		for _, a := range varying {
			name += ", " + a.sayOf(&r.Load)
		}
		at, known := places[name]
		if !known {
			at = len(groups)
			places[name] = at
			groups = append(groups, group{name: name})
		}
		groups[at].rounds = append(groups[at].rounds, r)
	}
	return groups
}

// over returns a figure over the rounds that have it; no number if none has.
func (g *group) over(figure func(*bench.Result) float64) bench.Spread {
	var figures []float64
	for _, r := range g.rounds {
		if v := figure(r); !math.IsNaN(v) {
			figures = append(figures, v)
		}
	}
	if len(figures) == 0 {
		return bench.Spread{Median: math.NaN(), Least: math.NaN(), Most: math.NaN()}
	}
	return bench.Over(figures)
}

// seconds returns the whole seconds of a round: what is beyond its window is
// the rest of a second, and would look like a server that stops.
func seconds(r *bench.Result) []bench.Second {
	whole := max(int(math.Round(r.Window.Seconds())), 0)
	return r.Seconds[:min(whole, len(r.Seconds))]
}

// overTime returns a figure of each second over the rounds that have it.
func (g *group) overTime(figure func(*bench.Second) float64) []point {
	longest := 0
	for _, r := range g.rounds {
		longest = max(longest, len(seconds(r)))
	}
	points := make([]point, longest)
	for i := range points {
		points[i].at = float64(i + 1)
		points[i].dotted = i%(longest/dotsALine+1) == 0
		points[i].figure = g.over(func(r *bench.Result) float64 {
			if s := seconds(r); i < len(s) {
				return figure(&s[i])
			}
			return math.NaN()
		})
	}
	return points
}

// overPercentiles returns the ages that more and more of all records are at or
// below, from the median to the oldest.
func (g *group) overPercentiles() []point {
	const steps = 8 // a decade
	places := []float64{nines(50)}
	for n := 3; n <= 4*steps; n++ {
		places = append(places, float64(n)/steps)
	}
	places = append(places, oldest)
	points := make([]point, len(places))
	for i, at := range places {
		points[i].at = at
		points[i].dotted = slices.Contains(percentileScale().marks, at)
		points[i].figure = g.over(func(r *bench.Result) float64 { return ageAt(r.Ages, percentile(at)) })
	}
	return points
}

// ageAt returns a percentile in microseconds, no number if there are no ages.
func ageAt(ages *bench.Ages, percent float64) float64 {
	if ages == nil || ages.Count() == 0 {
		return math.NaN()
	}
	return float64(ages.Percentile(percent))
}

// oldest is where the axis of percentiles has the largest age, which belongs to
// no number of nines.
const oldest = 4.75

// nines returns where a percentile is on an axis on which each nine takes the
// same room: 1 for 90 %, 2 for 99 %.
func nines(percent float64) float64 { return -math.Log10(1 - percent/100) }

// percentile is the inverse of nines.
func percentile(at float64) float64 {
	if at >= oldest {
		return 100
	}
	return 100 * (1 - math.Pow(10, -at))
}

// percentileScale returns the axis of percentiles.
func percentileScale() scale {
	return scale{least: nines(50), most: oldest, marks: []float64{nines(50), 1, 2, 3, 4, oldest}}
}

// percentileName writes a mark of the axis of percentiles.
func percentileName(at float64) string {
	names := [...]string{"50 %", "90 %", "99 %", "99.9 %", "99.99 %", "max"}
	marks := percentileScale().marks
	if i := slices.Index(marks, at); i >= 0 {
		return names[i]
	}
	return plain().short(percentile(at)) + " %"
}

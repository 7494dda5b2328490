package page

import (
	"cmp"
	"math"
	"slices"

	"ticker/bench"
)

// figure is a plot with what explains it. One of Lines and Bars is set.
type figure struct {
	Title, Caption string
	Lines          *linePlot
	Bars           *barPlot
}

// newFigures draws what a report has figures for.
func newFigures(report *bench.Report, colours *palette) []figure {
	figures := summaryFigures(report.Servers, colours)
	groups := newGroups(report.Results)
	// More lines than that are those of a curve, which has plots of its own.
	if len(groups) <= fullChart {
		figures = append(figures, ageFigure(groups, colours))
		figures = append(figures, timeFigures(groups, colours)...)
	}
	for i := range report.Curves {
		figures = append(figures, curveFigures(&report.Curves[i], colours)...)
	}
	return slices.DeleteFunc(figures, func(f figure) bool { return f.Lines == nil && f.Bars == nil })
}

// summaryFigures compares servers by what they cost.
func summaryFigures(servers []bench.Summary, colours *palette) []figure {
	updates := make([]amount, len(servers))
	memory := make([]amount, len(servers))
	for i := range servers {
		s := &servers[i]
		updates[i] = amount{s.Server, s.MicrosPerUpdate}
		memory[i] = amount{s.Server, kibibytes(s.BytesPerConnection)}
	}
	return []figure{
		{
			Title:   "Processor time an update",
			Caption: "The server’s processor time for each record that reached a client, the kernel’s part in it; shorter is better.",
			Bars:    drawBars(axis{label: "µs an update", mark: plain().short, say: micros().write}, updates, colours),
		},
		{
			Title:   "Memory a connection",
			Caption: "What the server’s process grew by when all clients had subscribed, for each of them; shorter is better.",
			Bars:    drawBars(axis{label: "KiB a connection", mark: plain().short, say: sayKibibytes}, memory, colours),
		},
	}
}

// kibibytes makes round numbers of what memory comes in.
func kibibytes(s bench.Spread) bench.Spread {
	return bench.Spread{Median: s.Median / 1024, Least: s.Least / 1024, Most: s.Most / 1024}
}

func sayKibibytes(v float64) string { return octets().write(v * 1024) }

// ageFigure shows how ages are distributed.
func ageFigure(groups []group, colours *palette) figure {
	across := axis{label: "percentile of records", scale: percentileScale(), mark: percentileName, say: percentileName}
	lines := linesOf(groups, func(g *group) []point { return g.overPercentiles() })
	return figure{
		Title:   "Age of records at the client",
		Caption: "How old records were when clients had read them, by percentile: each nine takes the same room, so that the right end shows the stragglers; lower is fresher.",
		Lines:   (&chart{across, ageAxis(), lines}).draw(colours),
	}
}

// ageAxis goes by factors: the oldest records are a thousand times as old as the
// youngest.
func ageAxis() axis {
	return axis{label: "age", scale: scale{logarithmic: true}, mark: micros().short, say: micros().write}
}

// timeFigures show how a measurement went, second by second.
func timeFigures(groups []group, colours *palette) []figure {
	longest := 0
	for i := range groups {
		for _, r := range groups[i].rounds {
			longest = max(longest, len(seconds(r)))
		}
	}
	across := axis{
		label: "seconds into the measurement", scale: linear(float64(longest)),
		mark: plain().short, say: func(v float64) string { return "second " + whole(int(v)) },
	}
	ages := func(percent float64) []line {
		return linesOf(groups, func(g *group) []point {
			return g.overTime(func(s *bench.Second) float64 { return ageAt(s.Ages, percent) })
		})
	}
	rate := axis{label: "updates a second", mark: counts().short, say: counts().write}
	updates := linesOf(groups, func(g *group) []point {
		return g.overTime(func(s *bench.Second) float64 { return float64(s.Updates) })
	})
	return []figure{
		{
			Title:   "Median age over time",
			Caption: "The age that half of the records of each second were below: a level line is a server that keeps up.",
			Lines:   (&chart{across, ageAxis(), ages(50)}).draw(colours),
		},
		{
			Title:   "99th percentile of age over time",
			Caption: "The age that one record in a hundred of each second was above: peaks are pauses that clients notice.",
			Lines:   (&chart{across, ageAxis(), ages(99)}).draw(colours),
		},
		{
			Title:   "Updates delivered over time",
			Caption: "Records that reached clients in each second: a level line is steady service, a sagging one a server that falls behind.",
			Lines:   (&chart{across, rate, updates}).draw(colours),
		},
	}
}

// curveFigures shows what a server costs as one property of the load grows.
func curveFigures(c *bench.Curve, colours *palette) []figure {
	across := axis{label: c.Unit, scale: scaleOf(c), mark: counts().short}
	across.say = func(v float64) string { return counts().short(v) + " " + c.Unit }
	if c.Unit == "" {
		across.label = c.Name
	}
	cores := axis{label: "cores", mark: plain().short, say: func(v float64) string { return plain().write(v) + " cores" }}
	update := axis{label: "µs an update", mark: plain().short, say: micros().write}
	busy := curveLines(c, func(s *bench.Summary) bench.Spread { return s.Cores })
	spent := curveLines(c, func(s *bench.Summary) bench.Spread { return s.MicrosPerUpdate })
	return []figure{
		{
			Title:   "Cores against " + c.Name,
			Caption: "How many processors the server kept busy, by " + c.Name + ": lower is better, and a level line is a property that costs it nothing.",
			Lines:   (&chart{across, cores, busy}).draw(colours),
		},
		{
			Title:   "Processor time an update against " + c.Name,
			Caption: "Processor time for each record that reached a client, by " + c.Name + ": lower is better, and a line that falls is work that is shared.",
			Lines:   (&chart{across, update, spent}).draw(colours),
		},
	}
}

// scaleOf returns the scale of a curve's property: by factors, unless that
// leaves out a point.
func scaleOf(c *bench.Curve) scale {
	least, most := math.Inf(1), 0.0
	for i := range c.Points {
		if x := c.Points[i].X; drawable(x) {
			least, most = min(least, x), max(most, x)
		}
	}
	if least <= 0 || most == 0 {
		return linear(most)
	}
	return logarithmic(least, most)
}

// curveLines returns a line for each server, from left to right.
func curveLines(c *bench.Curve, figure func(*bench.Summary) bench.Spread) []line {
	var lines []line
	for i := range c.Points {
		p := &c.Points[i]
		at := slices.IndexFunc(lines, func(l line) bool { return l.name == p.Server })
		if at < 0 {
			at = len(lines)
			lines = append(lines, line{name: p.Server})
		}
		lines[at].points = append(lines[at].points, point{p.X, figure(&p.Result), true})
	}
	for _, l := range lines {
		slices.SortStableFunc(l.points, func(a, b point) int { return cmp.Compare(a.at, b.at) })
	}
	return lines
}

func linesOf(groups []group, points func(*group) []point) []line {
	lines := make([]line, len(groups))
	for i := range groups {
		lines[i] = line{groups[i].name, points(&groups[i])}
	}
	return lines
}

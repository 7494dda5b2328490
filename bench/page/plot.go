package page

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"ticker/bench"
)

// Places on a plot of lines, in units of the plot: page.css makes it as wide as
// there is room, and its letters larger where that is little.
const (
	plotWidth  = 480
	plotHeight = 300
	plotLeft   = 60
	plotRight  = plotWidth - 12
	plotTop    = 30
	plotBottom = plotHeight - 48
)

// place is a coordinate on a plot.
type place float64

// String writes the place to a tenth of a unit, which no eye can tell apart.
func (p place) String() string {
	return strconv.FormatFloat(math.Round(float64(p)*10)/10, 'f', -1, 64)
}

// axis is a scale with what is written beside it.
type axis struct {
	label string
	scale
	// mark writes the value of a mark, say one in a sentence.
	mark, say func(float64) string
}

// point is a figure at a value of the axis across. One whose figure is not a
// number is a gap in the line.
type point struct {
	at     float64
	figure bench.Spread
	dotted bool
}

// line is what one server, under one load, had.
type line struct {
	name   string
	points []point
}

// chart is lines against two axes, before they have places. Of the scale of up
// only its kind is known.
type chart struct {
	across, up axis
	lines      []line
}

// linePlot is a chart as page.html puts it into SVG.
type linePlot struct {
	Width, Height, Left, Right, Top, Bottom place
	Across, Up                              string
	MarksAcross, MarksUp                    []mark
	Curves                                  []curve
}

// mark is a value of an axis and where it is along it.
type mark struct {
	At   place
	Text string
}

// curve is a line that has its places. Shade is empty where all rounds agree.
type curve struct {
	style
	Path, Shade string
	Dots        []dot
}

// dot is a point that answers who points at it.
type dot struct{ Path, Title string }

// draw chooses the scale of up and gives every point its place; nil if there is
// none to show.
func (c *chart) draw(colours *palette) *linePlot {
	least, most, found := c.extent()
	switch {
	case !found:
		return nil
	case c.up.logarithmic:
		c.up.scale = logarithmic(least, most)
	default:
		c.up.scale = linear(most)
	}
	p := &linePlot{
		Width: plotWidth, Height: plotHeight,
		Left: plotLeft, Right: plotRight, Top: plotTop, Bottom: plotBottom,
		Across: c.across.label, Up: c.up.label,
		MarksAcross: c.across.marksBetween(plotLeft, plotRight),
		MarksUp:     c.up.marksBetween(plotBottom, plotTop),
	}
	for i := range c.lines {
		drawn := c.curve(&c.lines[i], colours.style(c.lines[i].name))
		if drawn.Path != "" {
			p.Curves = append(p.Curves, drawn)
		}
	}
	return p
}

// extent returns the least and the most of all that can be shown.
func (c *chart) extent() (least, most float64, found bool) {
	least, most = math.Inf(1), math.Inf(-1)
	for i := range c.lines {
		for j := range c.lines[i].points {
			if p := &c.lines[i].points[j]; c.has(p) {
				least = min(least, p.figure.Median, p.figure.Least)
				most = max(most, p.figure.Median, p.figure.Most)
				found = true
			}
		}
	}
	return least, most, found
}

func (a *axis) marksBetween(from, to place) []mark {
	marks := make([]mark, len(a.marks))
	for i, v := range a.marks {
		marks[i] = mark{between(from, to, a.part(v)), a.mark(v)}
	}
	return marks
}

func between(from, to place, part float64) place { return from + (to-from)*place(part) }

// curve draws each stretch of a line that has no gap.
func (c *chart) curve(l *line, look style) curve {
	drawn := curve{style: look}
	for _, stretch := range c.stretches(l.points) {
		var middle, upper, lower []spot
		for i := range stretch {
			p := &stretch[i]
			middle = append(middle, c.spot(p, p.figure.Median))
			upper = append(upper, c.spot(p, p.figure.Most))
			lower = append(lower, c.spot(p, p.figure.Least))
		}
		drawn.Path += trace("M", middle)
		if !slices.Equal(upper, lower) {
			slices.Reverse(lower)
			drawn.Shade += trace("M", upper) + trace("L", lower) + "Z"
		}
	}
	for i := range l.points {
		if p := &l.points[i]; p.dotted && c.has(p) {
			at := c.spot(p, p.figure.Median)
			drawn.Dots = append(drawn.Dots, dot{"M" + at.String() + look.Shape, c.title(l.name, p)})
		}
	}
	return drawn
}

// has reports whether a point can be shown.
func (c *chart) has(p *point) bool {
	return c.across.has(p.at) && c.up.has(p.figure.Median) && c.up.has(p.figure.Least) && c.up.has(p.figure.Most)
}

// stretches cuts a line at its gaps.
func (c *chart) stretches(points []point) [][]point {
	var found [][]point
	first := 0
	for i := range points {
		if c.has(&points[i]) {
			continue
		}
		if i > first {
			found = append(found, points[first:i])
		}
		first = i + 1
	}
	if first < len(points) {
		found = append(found, points[first:])
	}
	return found
}

// spot is a pair of places.
type spot struct{ x, y place }

// String writes the spot as a path has it.
func (s spot) String() string { return s.x.String() + " " + s.y.String() }

// spot returns where a value is, at the point's value across.
func (c *chart) spot(p *point, v float64) spot {
	return spot{between(plotLeft, plotRight, c.across.part(p.at)), between(plotBottom, plotTop, c.up.part(v))}
}

// trace goes through spots by straight lines. The first command says whether a
// new path begins.
func trace(command string, spots []spot) string {
	var path strings.Builder
	for _, s := range spots {
		path.WriteString(command)
		path.WriteString(s.String())
		command = "L"
	}
	return path.String()
}

// title says in words what a point shows.
func (c *chart) title(name string, p *point) string {
	text := name + ", " + c.across.say(p.at) + ": " + c.up.say(p.figure.Median)
	if p.figure.Least != p.figure.Most {
		text += " (" + spreadText(p.figure, c.up.say) + ")"
	}
	return text
}

// spreadText writes how far the rounds of a figure lie apart, and a unit that
// both ends have once: 1.11–1.12 µs.
func spreadText(s bench.Spread, write func(float64) string) string {
	least, most := write(s.Least), write(s.Most)
	if i := strings.IndexByte(most, ' '); i > 0 {
		least = strings.TrimSuffix(least, most[i:])
	}
	return least + "–" + most
}

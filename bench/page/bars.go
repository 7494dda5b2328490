package page

import "ticker/bench"

// Places on a plot of bars, in units of the plot. A bar has its name and figure
// above it, so that neither needs room beside it.
const (
	barsLeft   = 12
	barsRight  = plotWidth - 12
	barsTop    = 6
	barsBottom = 48
	barPitch   = 50
	barText    = 16
	barTop     = 24
	barHeight  = 14
	whiskerEnd = 4
)

// amount is the length of one bar.
type amount struct {
	name   string
	figure bench.Spread
}

// barPlot is amounts as page.html puts them into SVG.
type barPlot struct {
	Width, Height, Left, Right, Top, Bottom place
	Across                                  string
	Marks                                   []mark
	Bars                                    []bar
}

// bar is an amount that has its places. Whisker is a path from the least round
// to the most, empty where they are the same.
type bar struct {
	style
	Text, Top, Height, Length place
	Value, Spread, Whisker    string
}

// drawBars chooses the scale and gives amounts their places; nil if there is none
// above zero.
func drawBars(across axis, amounts []amount, colours *palette) *barPlot {
	most := 0.0
	for _, a := range amounts {
		if drawable(a.figure.Median) && drawable(a.figure.Most) {
			most = max(most, a.figure.Median, a.figure.Most)
		}
	}
	if most < smallest {
		return nil
	}
	across.scale = linear(most)
	bottom := place(barsTop + barPitch*len(amounts))
	p := &barPlot{
		Width: plotWidth, Height: bottom + barsBottom,
		Left: barsLeft, Right: barsRight, Top: barsTop, Bottom: bottom,
		Across: across.label,
		Marks:  across.marksBetween(barsLeft, barsRight),
	}
	for i, a := range amounts {
		p.Bars = append(p.Bars, across.bar(place(barsTop+barPitch*i), a, colours.style(a.name)))
	}
	return p
}

func (a *axis) bar(top place, of amount, look style) bar {
	along := func(v float64) place {
		if !a.has(v) {
			return barsLeft
		}
		return between(barsLeft, barsRight, a.part(v))
	}
	b := bar{
		style: look,
		Text:  top + barText, Top: top + barTop, Height: barHeight,
		Length: along(of.figure.Median) - barsLeft,
		Value:  a.say(of.figure.Median),
	}
	if of.figure.Least != of.figure.Most {
		least, most, middle := along(of.figure.Least), along(of.figure.Most), b.Top+barHeight/2
		b.Spread = spreadText(of.figure, a.say)
		b.Whisker = trace("M", []spot{{least, middle}, {most, middle}}) +
			trace("M", []spot{{least, middle - whiskerEnd}, {least, middle + whiskerEnd}}) +
			trace("M", []spot{{most, middle - whiskerEnd}, {most, middle + whiskerEnd}})
	}
	return b
}

package page

import "ticker/bench"

// style is how what belongs to one name looks in every figure: the class of its
// colour and the shape of its dots, a path from the dot's middle. Both tell it
// from others, so that colour alone never has to.
type style struct {
	Name, Class, Shape string
}

// palette gives each name a style, in the order in which they are asked for.
type palette struct {
	numbers map[string]int
}

// newPalette gives the servers of a report the first styles.
func newPalette(report *bench.Report) *palette {
	p := &palette{make(map[string]int)}
	for i := range report.Servers {
		p.style(report.Servers[i].Server)
	}
	return p
}

func (p *palette) style(name string) style {
	n, known := p.numbers[name]
	if !known {
		n = len(p.numbers)
		p.numbers[name] = n
	}
	classes := [...]string{"c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7"}
	shapes := [...]string{
		"m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0z", // circle
		"m-3 -3h6v6h-6z",                      // square
		"m0 -4.5l4.5 4.5l-4.5 4.5l-4.5 -4.5z", // diamond
		"m0 -4l4 7h-8z",                       // triangle
		"m0 4l4 -7h-8z",                       // triangle on its tip
	}
	return style{name, classes[n%len(classes)], shapes[n%len(shapes)]}
}

package page

import "math"

// Magnitudes beyond these are no measurement, and arithmetic on them overflows.
const (
	smallest = 1e-9
	largest  = 1e15
)

// drawable reports whether a number can be put on a scale.
func drawable(v float64) bool {
	size := math.Abs(v) // false for what is not a number, too
	return size == 0 || size >= smallest && size <= largest
}

// scale says how far along an axis a value is, and which values are marked.
type scale struct {
	least, most float64
	logarithmic bool
	marks       []float64
}

// linear returns a scale from zero to a round number at or above most, with a
// mark at every 1, 2 or 5 times a power of ten: four to seven, or two for zero.
func linear(most float64) scale {
	const steps = 6
	if most < smallest {
		return scale{most: 1, marks: []float64{0, 1}}
	}
	step := series125(ceil125(most / steps))
	var s scale
	for n := 0; ; n++ {
		s.most = float64(n) * step
		s.marks = append(s.marks, s.most)
		if s.most >= most {
			return s
		}
	}
}

// logarithmic returns a scale between numbers of the series 1, 2, 5, 10 that are
// two or more apart and enclose what is given, both above zero. Marks are
// the numbers of the series, or one in three, six and so on where those are more
// than eight.
func logarithmic(least, most float64) scale {
	const full = 8
	first, last := floor125(least), ceil125(most)
	if last == first {
		last++
	}
	first = min(first, last-2)
	s := scale{least: series125(first), most: series125(last), logarithmic: true}
	stride := 1
	for (last-first)/stride >= full {
		stride = nextStride(stride)
	}
	for n := first; n <= last; n++ {
		if n%stride == 0 {
			s.marks = append(s.marks, series125(n))
		}
	}
	return s
}

// nextStride goes from every number of the series to one a decade, one in two
// decades, one in three.
func nextStride(stride int) int {
	if stride == 1 {
		return 3
	}
	return stride + 3
}

// has reports whether a value can be shown; those beyond the ends are shown at
// the ends.
func (s *scale) has(v float64) bool {
	return drawable(v) && (!s.logarithmic || v > 0)
}

// part returns how far along the scale a value is that the scale has, 0 to 1.
func (s *scale) part(v float64) float64 {
	v = min(max(v, s.least), s.most)
	if s.logarithmic {
		return math.Log(v/s.least) / math.Log(s.most/s.least)
	}
	return (v - s.least) / (s.most - s.least)
}

// series125 returns a number of the series …, 0.5, 1, 2, 5, 10, …, of which 1 is
// number 0.
func series125(n int) float64 {
	decade := n / 3
	if n%3 < 0 {
		decade--
	}
	return [...]float64{1, 2, 5}[n-3*decade] * math.Pow10(decade)
}

// floor125 returns which number of the series is the last at or below v, above
// zero.
func floor125(v float64) int {
	n := 3 * int(math.Ceil(math.Log10(v))+1)
	for series125(n) > v {
		n--
	}
	return n
}

// ceil125 returns which number of the series is the first at or above v, above
// zero.
func ceil125(v float64) int {
	n := floor125(v)
	if series125(n) < v {
		n++
	}
	return n
}

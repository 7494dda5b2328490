package page

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// magnitude draws a number above zero that is drawable, of any size alike.
func magnitude(t *rapid.T, label string) float64 {
	return math.Pow(10, rapid.Float64Range(math.Log10(smallest)+0.001, math.Log10(largest)-0.001).Draw(t, label))
}

func TestLinearScaleEndsAtItsLastMark(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		most := magnitude(t, "most")
		s := linear(most)
		if n := len(s.marks); n < 4 || n > 8 {
			t.Fatalf("%d marks: %v", n, s.marks)
		}
		if s.least != 0 || s.marks[0] != 0 || s.marks[len(s.marks)-1] != s.most {
			t.Fatalf("marks %v do not go from 0 to the end", s.marks)
		}
		step := s.marks[1]
		if s.most < most || s.marks[len(s.marks)-2] >= most {
			t.Fatalf("a scale to %g for %g, in steps of %g", s.most, most, step)
		}
		checkOf125(t, step)
		for i, m := range s.marks {
			if math.Abs(m-float64(i)*step) > step/1e6 {
				t.Fatalf("marks %v are not equally far apart", s.marks)
			}
		}
	})
}

func TestLogarithmicScaleEnclosesItsValues(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		least, most := magnitude(t, "one"), magnitude(t, "other")
		least, most = min(least, most), max(least, most)
		s := logarithmic(least, most)
		if s.least > least || s.most < most {
			t.Fatalf("a scale from %g to %g for %g to %g", s.least, s.most, least, most)
		}
		if n := len(s.marks); n < 2 || n > 8 || !slices.IsSorted(s.marks) {
			t.Fatalf("marks %v", s.marks)
		}
		for _, m := range append(s.marks, s.least, s.most) {
			checkOf125(t, m)
			if part := s.part(m); part < 0 || part > 1 {
				t.Fatalf("the mark %g is at %g", m, part)
			}
		}
	})
}

// checkOf125 wants a number to be 1, 2 or 5 times a power of ten.
func checkOf125(t *rapid.T, v float64) {
	digits, _, _ := strings.Cut(strconv.FormatFloat(v, 'e', 9, 64), "e")
	if !slices.Contains([]string{"1.000000000", "2.000000000", "5.000000000"}, digits) {
		t.Fatalf("%g is not of the series 1, 2, 5", v)
	}
}

func TestLargerValuesAreFurtherAlong(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		least, most := magnitude(t, "one"), magnitude(t, "other")
		least, most = min(least, most), max(least, most)
		for _, s := range []scale{linear(most), logarithmic(least, most)} {
			if a, b := s.part(least), s.part(most); a < 0 || a > b || b > 1 {
				t.Fatalf("%g is at %g, %g at %g", least, a, most, b)
			}
		}
	})
}

func TestNumbersOfTheSeriesAreFoundFromBothSides(t *testing.T) {
	t.Parallel()
	for n := -27; n <= 45; n++ {
		v := series125(n)
		if floor125(v) != n || ceil125(v) != n {
			t.Errorf("%g is number %d, floor %d, ceiling %d", v, n, floor125(v), ceil125(v))
		}
		if above := v * 1.01; floor125(above) != n || ceil125(above) != n+1 {
			t.Errorf("above %g, number %d, floor is %d, ceiling %d", v, n, floor125(above), ceil125(above))
		}
	}
}

func TestEachNineTakesTheSameRoom(t *testing.T) {
	t.Parallel()
	s := percentileScale()
	nine := s.part(nines(99)) - s.part(nines(90))
	if another := s.part(nines(99.99)) - s.part(nines(99.9)); math.Abs(nine-another) > 1e-9 {
		t.Errorf("one nine takes %g, another %g", nine, another)
	}
	for _, percent := range []float64{50, 90, 99, 99.9, 99.99} {
		if got := percentile(nines(percent)); math.Abs(got-percent) > 1e-9 {
			t.Errorf("%g %% is drawn where %g %% is", percent, got)
		}
	}
	if got := percentile(oldest); got != 100 {
		t.Errorf("the end stands for %g %%, not for all", got)
	}
}

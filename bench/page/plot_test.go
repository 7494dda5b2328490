package page

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ticker/bench"
)

func TestWhateverTheNumbersNothingIsDrawnOutsideOfItsPlot(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { checkPlots(t, write(t, drawReport(t))) })
}

func TestPlotsOfARealReportStayInside(t *testing.T) {
	t.Parallel()
	page := write(t, sample{servers: []string{"ticker", "hub", "nats"}, rounds: 3, seconds: 70}.report())
	if n := checkPlots(t, page); n < 10 {
		t.Errorf("%d plots were checked", n)
	}
}

// checkPlots wants every plot of a page to be well-formed and all its places to
// be inside, and counts them.
func checkPlots(t rapid.TB, page string) int {
	t.Helper()
	plots := regexp.MustCompile(`(?s)<svg class="plot".*?</svg>`).FindAllString(page, -1)
	for _, plot := range plots {
		decoder := xml.NewDecoder(strings.NewReader(plot))
		var width, height float64
		for {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%v in %s", err, plot)
			}
			element, ok := token.(xml.StartElement)
			if !ok {
				continue
			}
			if box := attribute(element, "viewBox"); box != "" {
				fields := strings.Fields(box)
				width, height = number(t, fields[2]), number(t, fields[3])
			}
			checkElement(t, element, width, height)
		}
	}
	return len(plots)
}

func checkElement(t rapid.TB, element xml.StartElement, width, height float64) {
	t.Helper()
	inside := func(text string, from, most float64) {
		if v := from + number(t, text); !(v >= 0 && v <= most) {
			t.Fatalf("%s is not within 0 and %g: %v", text, most, element)
		}
	}
	for _, a := range element.Attr {
		switch a.Name.Local {
		case "x":
			inside(a.Value, 0, width)
		case "y":
			inside(a.Value, 0, height)
		case "width":
			inside(a.Value, number(t, attribute(element, "x")), width)
		case "height":
			inside(a.Value, number(t, attribute(element, "y")), height)
		case "d":
			// What follows a small letter is the shape of a dot, around its middle.
			path, _, _ := strings.Cut(a.Value, "m")
			for _, command := range regexp.MustCompile(`[A-Z][^A-Z]*`).FindAllString(path, -1) {
				switch numbers := strings.Fields(command[1:]); command[0] {
				case 'M', 'L':
					inside(numbers[0], 0, width)
					inside(numbers[1], 0, height)
				case 'H':
					inside(numbers[0], 0, width)
				case 'V':
					inside(numbers[0], 0, height)
				case 'Z':
				default:
					t.Fatalf("the path has %q: %v", command, element)
				}
			}
		}
	}
}

func attribute(element xml.StartElement, name string) string {
	for _, a := range element.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func number(t rapid.TB, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatalf("a place is no number: %v", err)
	}
	return v
}

// drawReport draws a report of any numbers, those that no measurement has among
// them.
func drawReport(t *rapid.T) *bench.Report {
	names := rapid.SampledFrom([]string{"", "ticker", "hub", `<b>&"quoted"</b>`, strings.Repeat("long", 20)})
	figure := rapid.OneOf(
		rapid.Just(0.0), rapid.Float64Range(0, 1000), rapid.Float64(),
		rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), -1, 5e-324, math.MaxFloat64, largest, smallest}),
	)
	spread := rapid.Custom(func(t *rapid.T) bench.Spread {
		return bench.Spread{Median: figure.Draw(t, "median"), Least: figure.Draw(t, "least"), Most: figure.Draw(t, "most")}
	})
	summary := rapid.Custom(func(t *rapid.T) bench.Summary {
		return bench.Summary{
			Server: names.Draw(t, "server"), Rounds: rapid.IntRange(0, 3).Draw(t, "rounds"),
			UpdatesPerSecond: spread.Draw(t, "updates"), Cores: spread.Draw(t, "cores"), AgeMax: spread.Draw(t, "age"),
			MicrosPerUpdate: spread.Draw(t, "micros"), BytesPerConnection: spread.Draw(t, "bytes"), CPURatio: spread.Draw(t, "ratio"),
			Unserved: rapid.Int().Draw(t, "unserved"), Disorder: rapid.Uint64().Draw(t, "disorder"),
		}
	})
	point := rapid.Custom(func(t *rapid.T) bench.Point {
		return bench.Point{X: figure.Draw(t, "x"), Server: names.Draw(t, "server"), Result: summary.Draw(t, "result")}
	})
	return &bench.Report{
		Results: rapid.SliceOfN(rapid.Custom(drawResult), 0, 4).Draw(t, "results"),
		Servers: rapid.SliceOfN(summary, 0, 4).Draw(t, "servers"),
		Curves:  []bench.Curve{{Name: "clients", Points: rapid.SliceOfN(point, 0, 8).Draw(t, "points")}},
	}
}

func drawResult(t *rapid.T) bench.Result {
	ages := func(label string) *bench.Ages {
		if rapid.Bool().Draw(t, label+" missing") {
			return nil
		}
		a := bench.NewAges()
		for _, micros := range rapid.SliceOfN(rapid.Int64(), 0, 5).Draw(t, label) {
			a.Add(micros)
		}
		return a
	}
	r := bench.Result{
		Server: rapid.SampledFrom([]string{"ticker", "hub"}).Draw(t, "server"),
		Window: bench.Duration(rapid.Int64Range(-1, int64(5*time.Second)).Draw(t, "window")),
		Tally:  bench.Tally{Updates: rapid.Uint64().Draw(t, "updates"), Ages: ages("ages")},
	}
	for range rapid.IntRange(0, 5).Draw(t, "seconds") {
		r.Seconds = append(r.Seconds, bench.Second{Updates: rapid.Uint64().Draw(t, "second"), Ages: ages("age")})
	}
	return r
}

// level is a figure that all rounds agree on.
func level(v float64) bench.Spread { return bench.Spread{Median: v, Least: v, Most: v} }

func chartOf(points ...point) *chart {
	return &chart{
		across: axis{scale: linear(4), mark: plain().short, say: plain().short},
		up:     axis{mark: plain().short, say: plain().write},
		lines:  []line{{"ticker", points}},
	}
}

func TestLineIsInterruptedWhereThereIsNoFigure(t *testing.T) {
	t.Parallel()
	missing := level(math.NaN())
	drawn := chartOf(
		point{at: 0, figure: missing, dotted: true},
		point{at: 1, figure: level(2)}, point{at: 2, figure: level(4), dotted: true},
		point{at: 3, figure: missing},
		point{at: 4, figure: level(0)},
	).draw(newPalette(&bench.Report{}))
	c := drawn.Curves[0]
	if want := "M162 141L264 30M468 252"; c.Path != want {
		t.Errorf("the path is %s, not %s", c.Path, want)
	}
	if len(c.Dots) != 1 || c.Dots[0].Title != "ticker, 2: 4.00" {
		t.Errorf("the dots are %v, not the one that has a figure", c.Dots)
	}
	if c.Shade != "" {
		t.Errorf("rounds that agree have the shade %s", c.Shade)
	}
}

func TestShadeGoesFromTheLeastRoundToTheMost(t *testing.T) {
	t.Parallel()
	drawn := chartOf(
		point{at: 0, figure: bench.Spread{Median: 2, Least: 1, Most: 4}, dotted: true},
		point{at: 4, figure: level(2)},
	).draw(newPalette(&bench.Report{}))
	c := drawn.Curves[0]
	if want := "M60 30L468 141L468 141L60 196.5Z"; c.Shade != want {
		t.Errorf("the shade is %s, not %s", c.Shade, want)
	}
	if want := "ticker, 0: 2.00 (1.00–4.00)"; c.Dots[0].Title != want {
		t.Errorf("the dot says %s, not %s", c.Dots[0].Title, want)
	}
}

func TestServerWithoutFiguresIsNotInThePlot(t *testing.T) {
	t.Parallel()
	c := chartOf(point{at: 1, figure: level(2)})
	c.lines = append(c.lines, line{"hub", []point{{at: 1, figure: level(math.NaN())}}})
	drawn := c.draw(newPalette(&bench.Report{}))
	if len(drawn.Curves) != 1 || drawn.Curves[0].Name != "ticker" {
		t.Errorf("the curves are %v", drawn.Curves)
	}
}

func TestServerLooksTheSameInEveryPlot(t *testing.T) {
	t.Parallel()
	colours := newPalette(&bench.Report{Servers: []bench.Summary{{Server: "ticker"}, {Server: "hub"}}})
	hub := colours.style("hub")
	seen := map[[2]string]bool{}
	for n := range 8 {
		s := colours.style("server " + strconv.Itoa(n))
		seen[[2]string{s.Class, s.Shape}] = true
	}
	if len(seen) != 8 {
		t.Errorf("8 servers have %d looks", len(seen))
	}
	if again := colours.style("hub"); again != hub || hub.Class != "c1" {
		t.Errorf("the second server looks like %v, then like %v", hub, again)
	}
}

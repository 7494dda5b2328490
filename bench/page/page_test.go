package page

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/bench"
)

func TestTextOfAReportIsNeverMarkup(t *testing.T) {
	t.Parallel()
	const evil = `</title></style></script><script>alert("1")</script>`
	r := sample{servers: []string{evil, "hub"}, rounds: 2, seconds: 2}.report()
	r.Title, r.Command = evil, evil
	r.Machine = bench.Machine{CPU: evil, Kernel: evil, Go: evil, Commit: evil}
	r.Results[0].Load.Fields = []string{evil}
	r.Results[0].Faults = map[string]int{evil: 1}
	r.Curves[0].Name, r.Curves[0].Unit, r.Curves[1].Unit = evil, evil, ""
	page := write(t, r)
	if at := strings.Index(page, "<script"); at >= 0 {
		t.Errorf("the page has a script: %s", page[max(at-100, 0):at+100])
	}
	if n := strings.Count(page, "</style>"); n != 1 {
		t.Errorf("the page ends %d style sheets, not its one", n)
	}
	if !strings.Contains(page, "&lt;script&gt;") {
		t.Error("the page does not show the name")
	}
}

func TestPageNeedsNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	page := write(t, sample{servers: []string{"ticker", "hub"}, rounds: 2, seconds: 2}.report())
	for _, reference := range []string{"http:", "https:", "//", "src=", "url(", "@import", "<script", "<iframe"} {
		if strings.Contains(page, reference) {
			t.Errorf("the page has %q", reference)
		}
	}
}

func TestEmptyReportIsAPageWithoutPlots(t *testing.T) {
	t.Parallel()
	page := write(t, &bench.Report{})
	if titles := titlesOf(page); titles != nil {
		t.Errorf("the page has the plots %q", titles)
	}
	if !strings.Contains(page, "This report has no summaries.") {
		t.Error("the page does not say that it has nothing")
	}
}

func TestEveryPlotThatHasFiguresIsDrawn(t *testing.T) {
	t.Parallel()
	full := func() *bench.Report {
		return sample{servers: []string{"ticker", "hub"}, rounds: 2, seconds: 2}.report()
	}
	const (
		update, memory = "Processor time an update", "Memory a connection"
		ages           = "Age of records at the client"
		half, tail     = "Median age over time", "99th percentile of age over time"
		rate           = "Updates delivered over time"
	)
	curves := []string{
		"Cores against clients", "Processor time an update against clients",
		"Cores against rate", "Processor time an update against rate",
	}
	for name, c := range map[string]struct {
		change func(*bench.Report)
		want   []string
	}{
		"all of them": {func(*bench.Report) {}, append([]string{update, memory, ages, half, tail, rate}, curves...)},
		"no curves":   {func(r *bench.Report) { r.Curves = nil }, []string{update, memory, ages, half, tail, rate}},
		"no results":  {func(r *bench.Report) { r.Results = nil }, append([]string{update, memory}, curves...)},
		"no summaries": {
			func(r *bench.Report) { r.Servers = nil },
			append([]string{ages, half, tail, rate}, curves...),
		},
		"no ages": {
			func(r *bench.Report) {
				for i := range r.Results {
					r.Results[i].Ages = nil
					for j := range r.Results[i].Seconds {
						r.Results[i].Seconds[j].Ages = bench.NewAges()
					}
				}
			},
			append([]string{update, memory, rate}, curves...),
		},
		"no memory": {
			func(r *bench.Report) {
				for i := range r.Servers {
					r.Servers[i].BytesPerConnection = bench.Spread{}
				}
			},
			append([]string{update, ages, half, tail, rate}, curves...),
		},
		"more lines than can be told apart": {
			func(r *bench.Report) {
				first := r.Results[0]
				for n := range fullChart {
					first.Load.Clients = n + 1
					r.Results = append(r.Results, first)
				}
			},
			append([]string{update, memory}, curves...),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := full()
			c.change(r)
			if diff := cmp.Diff(c.want, titlesOf(write(t, r))); diff != "" {
				t.Errorf("plots (-want +got):\n%s", diff)
			}
		})
	}
}

func titlesOf(page string) []string {
	var titles []string
	for _, match := range regexp.MustCompile(`<h3>([^<]*)</h3>`).FindAllStringSubmatch(page, -1) {
		titles = append(titles, match[1])
	}
	return titles
}

func TestFaultsStandOut(t *testing.T) {
	t.Parallel()
	r := sample{servers: []string{"ticker", "hub"}, rounds: 1, seconds: 1}.report()
	if page := write(t, r); strings.Contains(page, `class="bad"`) || strings.Contains(page, "disorder</th>") {
		t.Error("a report without faults shows one")
	}
	r.Servers[1].Lost, r.Servers[1].Disorder = 1234, 7
	page := write(t, r)
	for _, want := range []string{`<strong class="bad">1,234</strong>`, `<strong class="bad">7</strong>`, "disorder</th>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
}

func TestOneServerHasNoRatios(t *testing.T) {
	t.Parallel()
	for _, servers := range [][]string{{"ticker"}, {"ticker", "hub"}} {
		page := write(t, sample{servers: servers, rounds: 2, seconds: 1}.report())
		if got, want := strings.Contains(page, "CPU of ticker ÷ this"), len(servers) > 1; got != want {
			t.Errorf("with %q the page has ratios: %t, not %t", servers, got, want)
		}
	}
}

func TestRawResultsHavePercentilesInPlaceOfHistograms(t *testing.T) {
	t.Parallel()
	ages := bench.NewAges()
	ages.AddMany(1000, 3)
	r := bench.Result{Server: "ticker", Window: bench.Duration(time.Second), Tally: bench.Tally{
		Updates: 3, Ages: ages, Seconds: []bench.Second{{Updates: 3, Ages: ages}},
	}}
	raws, err := rawResults([]bench.Result{r})
	if err != nil {
		t.Fatal(err)
	}
	const want = `"ages":{"count":3,"p50":1003,"p99":1003,"p999":1003,"max":1003}`
	text := strings.Join(strings.Fields(raws[0].JSON), "")
	if n := strings.Count(text, want); n != 2 {
		t.Errorf("the result has %s %d times, not for itself and its second: %s", want, n, text)
	}
	if strings.Contains(text, "freshest") || strings.Contains(text, "HIST") {
		t.Errorf("the result has a histogram: %s", text)
	}
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

func TestErrorOfTheWriterIsReturned(t *testing.T) {
	t.Parallel()
	full := errors.New("disk full")
	if err := Write(brokenWriter{full}, &bench.Report{}); !errors.Is(err, full) {
		t.Errorf("Write returned %v, not %v", err, full)
	}
}

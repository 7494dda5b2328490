package bench

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// WriteText writes a report for a terminal.
func (r *Report) WriteText(to io.Writer) error {
	var b strings.Builder
	if len(r.Servers) > 0 {
		writeTable(&b, "", r.Servers, func(s *Summary) (string, *Summary) { return "", s })
	}
	for _, c := range r.Curves {
		writeTable(&b, c.Unit, c.Points, func(p *Point) (string, *Summary) { return count(p.X), &p.Result })
	}
	r.writeRatios(&b)
	r.writeSlow(&b)
	r.writeFaults(&b)
	if _, err := io.WriteString(to, b.String()); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// writeTable writes one row for each of a list, with a property of the load in
// front if that has a name.
func writeTable[T any](b *strings.Builder, property string, rows []T, of func(*T) (string, *Summary)) {
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(first string, cells ...string) {
		if property != "" {
			cells = append([]string{first}, cells...)
		}
		_, _ = fmt.Fprintln(t, strings.Join(cells, "\t")+"\t") // a builder takes everything
	}
	row(property, "server", "updates/s", "frames/s", "MB/s", "quotes/s", "cores", "µs/frame", "µs/update",
		"age p50", "p99", "p99.9", "max", "newest p50", "KiB/client", "unserved", "lost")
	for i := range rows {
		first, s := of(&rows[i])
		row(first, s.Server, count(s.UpdatesPerSecond.Median), count(s.FramesPerSecond.Median),
			fmt.Sprintf("%.1f", s.BytesPerSecond.Median/1e6), count(s.QuotesPerSecond.Median),
			fmt.Sprintf("%.2f", s.Cores.Median), fmt.Sprintf("%.1f", s.MicrosPerFrame.Median), fmt.Sprintf("%.3f", s.MicrosPerUpdate.Median),
			micros(int64(s.AgeP50.Median)), micros(int64(s.AgeP99.Median)), micros(int64(s.AgeP999.Median)), micros(int64(s.AgeMax.Median)),
			micros(int64(s.FreshestP50.Median)), fmt.Sprintf("%.1f", s.BytesPerConnection.Median/1024),
			fmt.Sprint(s.Unserved), fmt.Sprint(s.Lost))
	}
	_ = t.Flush()
	b.WriteByte('\n')
}

// writeRatios tells how the first server compares with the others.
func (r *Report) writeRatios(b *strings.Builder) {
	if len(r.Servers) < 2 {
		return
	}
	fmt.Fprintf(b, "%s against the others, medians of ratios within a round (least to most):\n", r.Servers[0].Server)
	for i := range r.Servers[1:] {
		s := &r.Servers[i+1]
		fmt.Fprintf(b, "  %-22s processor time %s   an update delivered %s\n", s.Server, s.CPURatio, s.UpdateRatio)
	}
}

// writeSlow tells how old records were at the clients that read slowly, which the
// other figures leave out.
func (r *Report) writeSlow(b *strings.Builder) {
	for i := range r.Results {
		if ages := r.Results[i].Slow; ages != nil && ages.Count() > 0 {
			fmt.Fprintf(b, "\n%s, clients that read %d bytes/s: age p50 %s, p99 %s, p99.9 %s, max %s\n", r.Results[i].Server,
				r.Results[i].Load.ReadRate, micros(ages.Percentile(50)), micros(ages.Percentile(99)), micros(ages.Percentile(99.9)), micros(ages.Max()))
		}
	}
}

// writeFaults tells what went wrong.
func (r *Report) writeFaults(b *strings.Builder) {
	for i := range r.Results {
		for fault, n := range r.Results[i].Faults {
			fmt.Fprintf(b, "\n%s: %d clients: %s\n", r.Results[i].Server, n, fault)
		}
		if n := r.Results[i].Disorder; n > 0 {
			fmt.Fprintf(b, "\n%s: %d records out of order\n", r.Results[i].Server, n)
		}
	}
}

// String writes a ratio with its spread.
func (s Spread) String() string {
	return fmt.Sprintf("%5.2f (%.2f to %.2f)", s.Median, s.Least, s.Most)
}

// count writes a count for people: 1.2M, 34k, 560.
func count(n float64) string {
	switch {
	case n >= 1e6:
		return fmt.Sprintf("%.2fM", n/1e6)
	case n >= 10_000:
		return fmt.Sprintf("%.1fk", n/1e3)
	}
	return fmt.Sprintf("%.0f", n)
}

// micros writes microseconds for people. No age is 0: that there are none.
func micros(n int64) string {
	d := time.Duration(n) * time.Microsecond
	switch {
	case n == 0:
		return "-"
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= 10*time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(10 * time.Microsecond).String()
}

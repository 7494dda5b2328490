package venuetest

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ticker/feed"
	"ticker/market"
)

// step is one message of a script and what comes of it.
type step struct {
	line    int
	message string
	want    []string
}

func script(tb testing.TB, path string) []step {
	tb.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	var steps []step
	for i, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		if strings.HasPrefix(line, "# ") {
			continue
		}
		if want, ok := strings.CutPrefix(line, "=> "); ok {
			last := &steps[len(steps)-1]
			last.want = append(last.want, want)
			continue
		}
		steps = append(steps, step{line: i + 1, message: line})
	}
	return steps
}

// Run plays a script to the parser.
func Run(t *testing.T, p feed.Parser, path string) {
	t.Helper()
	for _, s := range script(t, path) {
		if diff := cmp.Diff(s.want, outcome(p, []byte(s.message))); diff != "" {
			t.Errorf("%s:%d: what came of the message (-want +got):\n%s", path, s.line, diff)
		}
	}
}

// Seed gives the messages of a script to a fuzz target.
func Seed(f *testing.F, path string) {
	f.Helper()
	for _, s := range script(f, path) {
		f.Add([]byte(s.message))
	}
}

// Message returns the first message of a script that holds part.
func Message(tb testing.TB, path, part string) []byte {
	tb.Helper()
	for _, s := range script(tb, path) {
		if strings.Contains(s.message, part) {
			return []byte(s.message)
		}
	}
	tb.Fatalf("no message with %s in %s", part, path)
	return nil
}

// outcome returns what comes of a message as a script tells it.
func outcome(p feed.Parser, message []byte) []string {
	updates, err := Parse(p, message)
	var lines []string
	for i := range updates {
		lines = append(lines, describe(&updates[i]))
	}
	switch {
	case errors.Is(err, feed.ErrSkipped):
		lines = append(lines, "skipped")
	case err != nil:
		lines = append(lines, "refused: "+reason(err))
	}
	return lines
}

// Parse returns copies of the updates in a message.
func Parse(p feed.Parser, message []byte) ([]market.Update, error) {
	var updates []market.Update
	err := p.Parse(message, func(u *market.Update) { updates = append(updates, *u) })
	return updates, err
}

// describe writes an update: symbol, channel or trade, what is known of its
// place, and its values.
func describe(u *market.Update) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", u.Symbol, channel(u))
	if u.Seq != 0 {
		fmt.Fprintf(&b, " seq=%d", u.Seq)
	}
	if u.TS != 0 {
		fmt.Fprintf(&b, " ts=%d", u.TS)
	}
	for f := range market.NumValues {
		if u.Set.Has(f) {
			fmt.Fprintf(&b, " %s=%s", f, u.Values[f])
		}
	}
	if u.Set.Has(market.StatusField) {
		fmt.Fprintf(&b, " status=%s", u.Status)
	}
	return b.String()
}

func channel(u *market.Update) string {
	switch {
	case u.Trade:
		return "trade"
	case u.Channel == market.Quotes:
		return "quote"
	case u.Channel == market.Trades:
		return "replayed"
	}
	return fmt.Sprintf("channel %d", u.Channel)
}

// reason names the reason for a refusal.
func reason(err error) string {
	for _, known := range []error{feed.ErrMalformed, feed.ErrSymbol, feed.ErrValue, feed.ErrEmpty} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return "for no known reason: " + err.Error()
}

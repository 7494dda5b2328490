package main

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"ticker/client"
	"ticker/market"
)

// style is the parameters of a sequence that sets colour and weight.
type style string

// The styles.
const (
	bold     style = "1"
	dim      style = "2"
	up       style = "32"
	down     style = "31"
	doubtful style = "33"
	bad      style = "31"
)

// moved returns the style of a number that went that way.
func moved(direction int) style {
	switch {
	case direction > 0:
		return up
	case direction < 0:
		return down
	}
	return ""
}

// span is a piece of a line. Its text is printable.
type span struct {
	text  string
	style style
}

// width returns the columns of a span. All that is shown is of single width,
// but for the messages of others, and those are last in their line.
func (s span) width() int { return utf8.RuneCountInString(s.text) }

// paint joins spans to a line that is no wider than the window, without the
// space at its end.
func paint(spans []span, s *scene) string {
	var b strings.Builder
	left, owed := s.columns, 0
	for _, piece := range spans {
		text := clip(piece.text, left)
		left -= utf8.RuneCountInString(text)
		if strings.TrimRight(text, " ") == "" {
			owed += len(text)
			continue
		}
		b.WriteString(strings.Repeat(" ", owed))
		owed = 0
		if s.colour && piece.style != "" {
			text = "\x1b[" + string(piece.style) + "m" + text + "\x1b[0m"
		}
		b.WriteString(text)
	}
	return b.String()
}

// clip returns the first n characters of a text.
func clip(text string, n int) string {
	for i := range text {
		if n == 0 {
			return text[:i]
		}
		n--
	}
	return text
}

// headlines tell about the connection, in two lines, the most important first.
// The second one is empty as long as all is well.
func headlines(s *scene) (first, second []span) {
	address := span{text: columnGap + s.url}
	switch s.state.Phase {
	case client.Connecting:
		return []span{{"connecting", doubtful}, address}, nil
	case client.Waiting:
		wait := s.retry.Round(100 * time.Millisecond).String()
		return []span{{"offline", doubtful}, address, {text: columnGap + "next try in " + wait}},
			[]span{{printable(s.state.Err.Error()), dim}}
	case client.Ended:
		return []span{{"ended", doubtful}, address}, nil
	case client.Online:
	}
	counts := group(s.perSecond) + " updates/s" + columnGap + group(s.conflated) + " conflated"
	return []span{{"online", up}, address, {text: columnGap + counts}, {columnGap + "(q quits)", dim}}, nil
}

// shownURL returns what may be shown of an address: a query may hold a secret.
func shownURL(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return printable((&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String())
}

// group writes a count with a comma between thousands.
func group(n uint64) string {
	text := strconv.FormatUint(n, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// age writes microseconds in the greatest unit that fits. Clocks differ from
// machine to machine: what is from the future is new.
func age(micros int64) string {
	seconds := micros / 1_000_000
	switch {
	case seconds < 1:
		return "<1s"
	case seconds < 60:
		return fmt.Sprintf("%ds", seconds)
	case seconds < 60*60:
		return fmt.Sprintf("%dm", seconds/60)
	case seconds < 24*60*60:
		return fmt.Sprintf("%dh", seconds/60/60)
	}
	return fmt.Sprintf("%dd", seconds/24/60/60)
}

// difference returns a - b, exactly, with its sign.
func difference(a, b market.Decimal) string {
	var sum market.Total
	sum.Add(a)
	sum.Add(negated(b))
	text := sum.String()
	if text == "0" {
		return text
	}
	if text[0] != '-' {
		text = "+" + text
	}
	return withPlaces(text, max(places(a.String()), places(b.String())))
}

// places counts the digits behind the point.
func places(text string) int {
	_, fraction, _ := strings.Cut(text, ".")
	return len(fraction)
}

// withPlaces adds zeros behind the point, so that prices of one tick size have
// changes that line up.
func withPlaces(text string, n int) string {
	missing := n - places(text)
	if missing > 0 && places(text) == 0 {
		text += "."
	}
	return text + strings.Repeat("0", max(missing, 0))
}

// negated turns the sign around. The text of a decimal always parses, with the
// other sign too.
func negated(d market.Decimal) market.Decimal {
	text := d.String()
	if positive, negative := strings.CutPrefix(text, "-"); negative {
		text = positive
	} else {
		text = "-" + text
	}
	n, err := market.ParseDecimal([]byte(text))
	if err != nil {
		panic("the negative of a decimal is none: " + err.Error())
	}
	return n
}

package main

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ink says what may be written besides text.
type ink uint8

const (
	noInk   ink = iota // text alone, for what is no terminal
	oneInk             // weights, and no colours
	allInks            // weights, and the colours that the terminal's theme chose
)

// style is how a piece of text looks. Whatever a style says, some character or
// word says too: not everybody has colours, or sees them.
type style uint8

const (
	normal style = iota
	bold
	dim
	up
	down
	upFlash
	downFlash
	doubtful
	bad
)

// sequence returns the parameters that turn a style on. Of the sixteen colours
// these are the ones that themes keep readable on light and on dark; a flash
// turns ground and text around, so that it is readable wherever they are.
func (s style) sequence(i ink) string {
	coloured, plain := "", ""
	switch s {
	case normal:
	case bold:
		coloured, plain = "1", "1"
	case dim:
		coloured, plain = "2", "2"
	case up:
		coloured = "32"
	case down:
		coloured = "31"
	case upFlash:
		coloured, plain = "7;32", "7"
	case downFlash:
		coloured, plain = "7;31", "7"
	case doubtful:
		coloured, plain = "35", "1"
	case bad:
		coloured, plain = "1;31", "1"
	}
	switch i {
	case allInks:
		return coloured
	case oneInk:
		return plain
	case noInk:
	}
	return ""
}

// moved returns the style of a number that went that way.
func moved(direction int) style {
	switch {
	case direction > 0:
		return up
	case direction < 0:
		return down
	}
	return normal
}

// span is a piece of a line. All of its characters are of single width.
type span struct {
	text  string
	style style
}

func (s span) width() int { return utf8.RuneCountInString(s.text) }

// paint joins spans to a line of at most that many columns, without the space at
// its end. What is cut says so: half a number would be another one.
func paint(spans []span, columns int, i ink) string {
	var b strings.Builder
	owed := 0 // spaces that are written if something follows
	for _, piece := range spans {
		text := fit(piece.text, columns)
		columns -= utf8.RuneCountInString(text)
		if strings.TrimRight(text, " ") == "" {
			owed += len(text)
			continue
		}
		b.WriteString(strings.Repeat(" ", owed))
		owed = 0
		if sequence := piece.style.sequence(i); sequence != "" {
			text = "\x1b[" + sequence + "m" + text + "\x1b[0m"
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

// fit returns a text of at most n characters, and says so if it was longer.
func fit(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	if n == 0 {
		return ""
	}
	return clip(text, n-1) + "…"
}

// printable takes everything out of a text that a terminal would obey instead
// of showing it: control characters, and those that turn the direction.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, text)
}

// narrow makes a text of others printable, with one column for each character.
// Only of Latin letters is it known that every terminal gives them one: those
// that are wide, that join the one before or that differ show as question marks.
func narrow(text string) string {
	const firstCombining = 0x300
	return strings.Map(func(r rune) rune {
		if r >= firstCombining {
			return '?'
		}
		return r
	}, printable(text))
}

// shownURL returns what may be shown of an address: a query may hold a secret.
func shownURL(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return narrow((&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String())
}

// count writes a count with a comma between thousands.
func count(n uint64) string { return group(strconv.FormatUint(n, 10)) }

// age writes a time in the greatest unit that fits, rounded down. What is from
// the future is new.
func age(d time.Duration) string {
	seconds := int64(max(d, 0) / time.Second)
	switch {
	case seconds < 1:
		return "<1s"
	case seconds < 60:
		return fmt.Sprintf("%ds", seconds)
	case seconds < 60*60:
		return fmt.Sprintf("%dm", seconds/60)
	case seconds < 48*60*60:
		return fmt.Sprintf("%dh", seconds/60/60)
	}
	return fmt.Sprintf("%dd", seconds/24/60/60)
}

// brief writes microseconds with about two digits, as latencies are read.
func brief(micros int64) string {
	d := time.Duration(micros) * time.Microsecond
	for unit := time.Second; unit > time.Microsecond; unit /= 10 {
		if d >= 10*unit {
			return d.Round(unit).String()
		}
	}
	return d.String()
}

package wire

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"ticker/market"
)

// appendJSONText appends a JSON string.
func appendJSONText(dst []byte, text string) []byte {
	dst = append(dst, '"')
	if plain(text) {
		dst = append(dst, text...)
	} else {
		dst = appendEscaped(dst, text)
	}
	return append(dst, '"')
}

// plain reports whether the text stands in JSON as it is.
func plain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// appendEscaped escapes what JSON demands, and every other character that does
// not print: on a terminal, direction and escape codes would act.
func appendEscaped(dst []byte, text string) []byte {
	var units [2]uint16
	for _, r := range validText(text) {
		switch {
		case r == '"', r == '\\':
			dst = append(dst, '\\', byte(r))
		case strconv.IsPrint(r):
			dst = utf8.AppendRune(dst, r)
		default:
			for _, unit := range utf16.AppendRune(units[:0], r) {
				dst = fmt.Appendf(dst, `\u%04x`, unit)
			}
		}
	}
	return dst
}

// validText replaces what is no UTF-8.
func validText(text string) string {
	return strings.ToValidUTF8(text, string(utf8.RuneError))
}

// cut shortens text to at most n bytes, between two characters.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// quoted makes a client's own text fit to stand in a message: cut, in quotes,
// with every unprintable character escaped.
func quoted(text string) string { return strconv.Quote(cut(text, maxEchoBytes)) }

// FormatDuration writes a duration as the protocol shows it: milliseconds below
// a second, else seconds, "250ms", "1.7s", "60s". time.ParseDuration reads it
// back exactly; what is no whole number of milliseconds is written as
// time.Duration writes itself.
func FormatDuration(d time.Duration) string {
	ms := d.Milliseconds()
	switch {
	case d%time.Millisecond != 0 || d == 0:
		return d.String()
	case ms > -1000 && ms < 1000:
		return strconv.FormatInt(ms, 10) + "ms"
	}
	seconds := market.NewDecimal(ms, 3).String()
	return strings.TrimRight(strings.TrimRight(seconds, "0"), ".") + "s"
}

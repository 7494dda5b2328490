package venue

import (
	"strings"
	"unicode"
)

// maxReason is how many bytes of a venue's own words are worth a log line.
const maxReason = 160

// Reason makes the words of a venue fit for a log: cut where they are long, and
// with a space for everything that a terminal could take for more than text.
func Reason(words string) string {
	if len(words) > maxReason {
		words = words[:maxReason]
	}
	return strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return ' '
	}, strings.ToValidUTF8(words, ""))
}

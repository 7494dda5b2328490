package server_test

import (
	"fmt"
	"strings"
	"testing"

	"ticker/wire"
)

// goodText is text at the edges of what UTF-8 can say, by name.
func goodText() map[string]string {
	return map[string]string{
		"words of many scripts":      "κόσμε мир 世界 🌍",
		"U+007F and U+0080":          "\x7f\u0080",
		"U+07FF and U+0800":          "\u07ff\u0800",
		"around the surrogates":      "\ud7ff\ue000",
		"the replacement character":  "\ufffd",
		"U+FFFF and U+10000":         "\uffff\U00010000",
		"U+10FFFF":                   "\U0010ffff",
		"characters that are none":   "\ufdd0\ufffe\U0001ffff",
		"marks that go on a letter":  "e\u0301\u0327",
		"a mark of the byte order":   "\ufeff",
		"from the right to the left": "\u202eשלום",
	}
}

// badText is what looks like UTF-8 and is not, by name.
func badText() map[string]string {
	return map[string]string{
		"a continuation alone":               "\x80",
		"the last continuation alone":        "\xbf",
		"two continuations":                  "\x80\xbf",
		"overlong / in two bytes":            "\xc0\xaf",
		"overlong U+007F in two bytes":       "\xc1\xbf",
		"overlong U+0000 in three bytes":     "\xe0\x80\x80",
		"overlong U+07FF in three bytes":     "\xe0\x9f\xbf",
		"overlong U+0000 in four bytes":      "\xf0\x80\x80\x80",
		"overlong U+FFFF in four bytes":      "\xf0\x8f\xbf\xbf",
		"the first surrogate":                "\xed\xa0\x80",
		"the last surrogate":                 "\xed\xbf\xbf",
		"a pair of surrogates":               "\xed\xa0\xbd\xed\xb8\x80",
		"U+110000":                           "\xf4\x90\x80\x80",
		"four bytes that begin with F5":      "\xf5\x80\x80\x80",
		"five bytes":                         "\xf8\x88\x80\x80\x80",
		"six bytes":                          "\xfc\x84\x80\x80\x80\x80",
		"FE":                                 "\xfe",
		"FF":                                 "\xff",
		"one byte of two":                    "\xc3",
		"two bytes of three":                 "\xe2\x82",
		"three bytes of four":                "\xf0\x9f\x8c",
		"a letter in the place of a byte":    "\xe2\x82a",
		"a beginning in the place of a byte": "\xf0\x9f\xf0\x9f\x8c\x8d",
	}
}

// bytewise cuts text into its bytes.
func bytewise(text string) []string {
	all := make([]string, len(text))
	for i := range len(text) {
		all[i] = text[i : i+1]
	}
	return all
}

func TestTextIsUTF8HoweverItIsCut(t *testing.T) {
	t.Parallel()
	var exchanges []exchange
	for name, id := range goodText() {
		message := say(id)
		exchanges = append(exchanges,
			exchange{name, "5.6", frame(text, message), answered(id)},
			exchange{name + ", byte by byte", "5.6", pieces(bytewise(message)...), answered(id)})
	}
	// A character belongs to the message, not to a fragment: it may be cut anywhere.
	const planet = "🌍"
	message := say(planet)
	for cut := range len(planet) + 1 {
		at := strings.Index(message, planet) + cut
		exchanges = append(exchanges,
			exchange{fmt.Sprintf("a character cut at byte %d", cut), "5.6", pieces(message[:at], message[at:]), answered(planet)},
			exchange{
				fmt.Sprintf("a ping in a character at byte %d", cut), "5.6",
				join(frame(textBegins, message[:at]), frame(ping, "x"), frame(continuesLast, message[at:])),
				[]string{"pong x", "answer " + planet},
			})
	}
	hold(t, wire.JSON, exchanges)
}

func TestTextThatIsNoUTF8IsRefusedHoweverItIsCut(t *testing.T) {
	t.Parallel()
	exchanges := []exchange{
		{"a half at the end of a message", "8.1", pieces("\"\xe2", "\x82"), closedBy(1007)},
		{"a message for each half", "8.1", join(frame(text, "\xe2\x82"), frame(text, "\xac")), closedBy(1007)},
		{"behind a good message", "8.1", join(frame(text, say("1")), frame(text, "\xff")), []string{"answer 1", "close 1007"}},
		{"behind much good text", "8.1", frame(text, strings.Repeat("κ", 30_000)+"\xce"), closedBy(1007)},
	}
	for name, bad := range badText() {
		message := say("κ" + bad + "κ")
		exchanges = append(exchanges,
			exchange{name, "8.1", frame(text, message), closedBy(1007)},
			exchange{name + ", byte by byte", "8.1", pieces(bytewise(message)...), closedBy(1007)},
			exchange{name + ", at the end", "8.1", frame(text, bad), closedBy(1007)})
	}
	hold(t, wire.JSON, exchanges)
}

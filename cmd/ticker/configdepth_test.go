package main

import (
	"strings"
	"testing"
)

func TestAConfigurationThatNestsTooDeepIsRefusedBeforeItIsParsed(t *testing.T) {
	t.Parallel()
	nested := func(n int) string {
		var text strings.Builder
		for i := range n {
			text.WriteString(strings.Repeat(" ", i) + "a:\n")
		}
		return text.String()
	}
	const many = 200_000
	for text, want := range map[string]string{
		"feeds: " + strings.Repeat("[", many):          "1: nests more than 64 levels deep",
		"feeds:\n  x: " + strings.Repeat("{a: ", many): "2: nests more than 64 levels deep",
		"feeds: " + strings.Repeat("[\n", many):        "65: nests more than 64 levels deep",
		"feeds:\n" + strings.Repeat("- ", many) + "x":  "2: nests more than 64 levels deep",
		nested(1000):                        "258: nests more than 64 levels deep",
		"feeds: " + strings.Repeat("[", 65): "1: nests more than 64 levels deep",
		"feeds: [['sim:']]":                 "feeds",
	} {
		code, _, stderr := program(t, nil, "config", "check", writeFile(t, text))
		if code != 2 || !strings.Contains(stderr, want) {
			t.Errorf("%.20q: exit %d: %.200q, want %q", text, code, stderr, want)
		}
	}
}

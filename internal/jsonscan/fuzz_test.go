package jsonscan

import (
	"strings"
	"testing"
)

// seeds are texts at the edges of the grammar.
func seeds() []string {
	return []string{
		``, ` `, `null`, `true`, `false`, `0`, `-0`, `-`, `01`, `1.`, `.1`, `+1`, `1e5`, `1E-07`, `1e`, `123456789012345678901234567890.5`, `NaN`,
		`""`, `"a"`, `"\u0041"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\ude00"`, `"\ud83d\ud83d"`, `"\x"`, "\"\t\"", "\"\xff\"", "\"\xed\xa0\x80\"", `"é"`, `"`,
		`[]`, `[ ]`, `[1]`, `[1,2]`, `[1,]`, `[,1]`, `[1 2]`, `[`, `]`, `[[],[[]]]`, `{}`, `{ }`, `{"a":1}`, `{"a":1,"a":2}`, `{"a":1,}`, `{"a"}`, `{"a":}`, `{a:1}`,
		`{"a":{"b":[{"c":null}]}}`, `{} {}`, `[1]x`, `{"a":1]`, "\ufeff{}", "[1]\x00", "\v1", tickerMessage,
		strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth), strings.Repeat("[", MaxDepth+1) + strings.Repeat("]", MaxDepth+1),
	}
}

func FuzzScanner(f *testing.F) {
	for _, text := range seeds() {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) { check(t, text) })
}

func FuzzCallsInAnyOrder(f *testing.F) {
	for _, text := range seeds() {
		f.Add([]byte(text), []byte{3})
		f.Add([]byte(text), []byte{0, 4, 5, 7, 4})
		f.Add([]byte(text), []byte{1, 4, 6, 4, 5, 4})
	}
	f.Fuzz(func(t *testing.T, text, calls []byte) { checkCalls(t, text, calls) })
}

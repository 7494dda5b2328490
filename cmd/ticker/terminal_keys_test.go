package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// typed returns the keys of bytes after which nothing comes for a while.
func typed(bytes string) []stroke {
	var reader keyReader
	var keys []stroke
	add := func(k stroke) {
		if k != 0 {
			keys = append(keys, k)
		}
	}
	for _, c := range []byte(bytes) {
		add(reader.read(c))
	}
	if reader.unfinished() {
		add(reader.finish())
	}
	return keys
}

func TestKeysAreReadAsEveryTerminalSendsThem(t *testing.T) {
	t.Parallel()
	for bytes, want := range map[string][]stroke{
		"sS?":                        {'s', 'S', '?'},
		"\x03\x1a\x0c\x15":           {keyCtrlC, keyCtrlZ, keyCtrlL, keyCtrlU},
		"\r\n":                       {keyEnter, keyEnter},
		"\x7f\b":                     {keyBackspace, keyBackspace},
		"\x1b[A\x1b[B\x1bOA\x1bOB":   {keyUp, keyDown, keyUp, keyDown},
		"\x1b[H\x1b[F\x1bOH\x1bOF":   {keyHome, keyEnd, keyHome, keyEnd},
		"\x1b[1~\x1b[4~\x1b[7~\x1b8": {keyHome, keyEnd, keyHome}, // the last is Alt-8
		"\x1b[5~\x1b[6~":             {keyPageUp, keyPageDown},
		"\x1b[1;5A\x1b[6;2~q":        {keyUp, keyPageDown, 'q'}, // with Ctrl and Shift
		"\x1b":                       {keyEscape},
		"\x1b\x1b[A":                 {keyEscape, keyUp},
		"\x1b\x1b":                   {keyEscape, keyEscape},
		"\x1b[3~\x1b[15~\x1bOPx":     {'x'}, // Delete, F5, F1
		"\x1b[200~":                  nil,
		"\x1b[99999999999999999999~": nil,
		"\x1b[?1;2c\x1b[<0;1;1x":     nil, // what a terminal says about itself
		"\x1b[":                      nil,
		"\x1b[5":                     nil,
		"\x1bq":                      nil, // Alt-q quits nothing
		"é接q":                        {'q'},
	} {
		if diff := cmp.Diff(want, typed(bytes)); diff != "" {
			t.Errorf("keys of %q (-want +got):\n%s", bytes, diff)
		}
	}
}

func FuzzKeys(f *testing.F) {
	for _, seed := range []string{"q", "\x1b[A", "\x1bOH", "\x1b[1;5~", "\x1b", "\x1b\x1b[", "é", "/BTC\r"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, bytes []byte) {
		keys := typed(string(bytes))
		if len(keys) > len(bytes) {
			t.Fatalf("%d keys of %d bytes", len(keys), len(bytes))
		}
		board, scene := usualBoard(), usualScene(60, 12)
		for _, k := range keys {
			if k < keyEnd || k >= 0x80 {
				t.Fatalf("no such key: %d", k)
			}
			board.press(k, scene.now)
			for _, line := range board.picture(scene) {
				if printable(line) != line {
					t.Fatalf("line %q would be obeyed", line)
				}
			}
		}
	})
}

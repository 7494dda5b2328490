package js_test

import (
	"bytes"
	"io/fs"
	"path"
	"regexp"
	"testing"

	"ticker/js"
)

// importForm finds what a module imports from a file beside it.
var importForm = regexp.MustCompile(`(?m)(?:from|import\()\s*'(\.{1,2}/[^']+)'`)

func TestSourceHoldsEveryModuleThatOneOfItImports(t *testing.T) {
	t.Parallel()
	found := 0
	err := fs.WalkDir(js.Source, "src", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		found++
		body, err := fs.ReadFile(js.Source, name)
		if err != nil {
			return err
		}
		for _, match := range importForm.FindAllSubmatch(withoutComments(body), -1) {
			wanted := path.Join(path.Dir(name), string(match[1]))
			if _, err := fs.Stat(js.Source, wanted); err != nil {
				t.Errorf("%s imports %s, which is not embedded", name, wanted)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fs.Stat(js.Source, "src/ticker.js"); err != nil || found < 2 {
		t.Errorf("the entry is not embedded, or alone: %d files, %v", found, err)
	}
}

// withoutComments leaves out lines of comments: types are imported in them.
func withoutComments(body []byte) []byte {
	var kept [][]byte
	for line := range bytes.Lines(body) {
		if text := bytes.TrimSpace(line); !bytes.HasPrefix(text, []byte("*")) && !bytes.HasPrefix(text, []byte("/")) {
			kept = append(kept, line)
		}
	}
	return bytes.Join(kept, nil)
}

package ticker_test

import (
	"fmt"
	"go/ast"
	"io/fs"
	"iter"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

const (
	invariantsFile   = "docs/INVARIANTS.md"
	reliabilityFile  = "docs/RELIABILITY.md"
	threatsFile      = "docs/THREATS.md"
	dependenciesFile = "docs/adr/0004-direct-dependencies.md"
)

func TestInvariantsNameOnlyTestsThatExist(t *testing.T) {
	t.Parallel()
	files := os.DirFS(".")
	expectNone(t, missingTests(textOf(t, files, invariantsFile), sourcesOf(t, files)))
}

func TestThreatsNameOnlyTestsThatExist(t *testing.T) {
	t.Parallel()
	files := os.DirFS(".")
	expectNone(t, missingTests(textOf(t, files, threatsFile), sourcesOf(t, files)))
}

func TestReliabilityNamesOnlyTestsThatExist(t *testing.T) {
	t.Parallel()
	files := os.DirFS(".")
	expectNone(t, missingTests(textOf(t, files, reliabilityFile), sourcesOf(t, files)))
}

func TestEveryDirectDependencyIsExplained(t *testing.T) {
	t.Parallel()
	files := os.DirFS(".")
	expectNone(t, unexplained(textOf(t, files, "go.mod"), textOf(t, files, dependenciesFile)))
}

func TestDocumentsLinkOnlyToFilesThatExist(t *testing.T) {
	t.Parallel()
	expectNone(t, brokenLinks(t, os.DirFS(".")))
}

func TestInvariantCheckFindsTestsThatAreGone(t *testing.T) {
	t.Parallel()
	sources := sourcesOf(t, fstest.MapFS{
		"a_test.go":          {Data: []byte("package ticker_test\nfunc TestAtTheRoot(t *testing.T) {}\n")},
		"book/a_test.go":     {Data: []byte("package book\nfunc TestKept(t *testing.T) {}\nfunc (s suite) TestMethod() {}\n")},
		"feed/sim/a_test.go": {Data: []byte("package sim_test\nfunc FuzzKept(f *testing.F) {}\n")},
		"book/a.go":          {Data: []byte("package book\nfunc TestInTheCode() {}\n")},
	})
	text := `| # | promise | proved by |
| --- | --- | --- |
| 1 | kept | ` + "`book.TestKept`, `feed/sim.FuzzKept`, `ticker.TestAtTheRoot`" + ` |
| 2 | not yet | — |
| 3 | no more | ` + "`book.TestGone`, `sim.FuzzKept`" + ` |
| 4 | no tests | ` + "`book.TestMethod`, `book.TestInTheCode`" + ` |
| 5 | nothing at all | |
`
	want := []string{
		`no test "book.TestGone" in the source`,
		`no test "sim.FuzzKept" in the source`,
		`no test "book.TestMethod" in the source`,
		`no test "book.TestInTheCode" in the source`,
		`no test "" in the source`,
	}
	if diff := cmp.Diff(want, missingTests(text, sources)); diff != "" {
		t.Errorf("complaints (-want +got):\n%s", diff)
	}
}

func TestDependencyCheckFindsWhatNobodyExplained(t *testing.T) {
	t.Parallel()
	goMod := "module m\n\nrequire example.com/single v1.0.0\n\nrequire (\n\texample.com/known v1.2.3\n\texample.com/new/v2 v2.0.0\n\texample.com/far v1.0.0 // indirect\n)\n"
	want := []string{"example.com/single has no line", "example.com/new/v2 has no line"}
	if diff := cmp.Diff(want, unexplained(goMod, "| `example.com/known` | why |")); diff != "" {
		t.Errorf("complaints (-want +got):\n%s", diff)
	}
}

func TestLinkCheckFindsFilesThatAreGone(t *testing.T) {
	t.Parallel()
	got := brokenLinks(t, fstest.MapFS{
		"README.md":   {Data: []byte("[a](docs/a.md) [top](docs/a.md#part) [dir](docs) [web](https://example.com/x.md) [here](#part) [gone](docs/b.md)")},
		"docs/a.md":   {Data: []byte("[up](../README.md) [beside](a.md) [gone](README.md)")},
		".x/notes.md": {Data: []byte("[gone](nothing.md)")},
	})
	want := []string{
		"README.md: no file docs/b.md",
		"docs/a.md: no file docs/README.md",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("complaints (-want +got):\n%s", diff)
	}
}

// missingTests lists the tests that a table of promises or of threats names, as
// `directory.TestName` in its last column, and that no test file declares. A
// dash names none.
func missingTests(text string, sources []source) []string {
	declared := make(map[string]bool)
	for _, s := range sources {
		for _, decl := range s.syntax.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && s.test() {
				declared[strings.Replace(s.dir(), ".", module, 1)+"."+f.Name.Name] = true
			}
		}
	}
	promise := regexp.MustCompile(`(?m)^\| *\d+ *\|.*\|([^|]*)\|$`)
	var missing []string
	for _, row := range promise.FindAllStringSubmatch(text, -1) {
		for name := range strings.SplitSeq(row[1], ",") {
			name = strings.Trim(name, " `")
			if name != "—" && !declared[name] {
				missing = append(missing, fmt.Sprintf("no test %q in the source", name))
			}
		}
	}
	return missing
}

// unexplained lists the direct requirements of a go.mod that a record does
// not name.
func unexplained(goMod, record string) []string {
	var missing []string
	for module := range directRequirements(goMod) {
		if !strings.Contains(record, "`"+module+"`") {
			missing = append(missing, module+" has no line")
		}
	}
	return missing
}

// directRequirements yields the modules that a go.mod requires for this one, with their
// versions.
func directRequirements(goMod string) iter.Seq2[string, string] {
	return func(yield func(module, version string) bool) {
		for line := range strings.Lines(goMod) {
			fields := strings.Fields(strings.TrimPrefix(line, "require "))
			if len(fields) != 2 || !strings.HasPrefix(fields[1], "v") || !strings.Contains(fields[0], "/") {
				continue
			}
			if !yield(fields[0], fields[1]) {
				return
			}
		}
	}
}

// brokenLinks lists the relative links in Markdown files that lead nowhere.
func brokenLinks(t *testing.T, files fs.FS) []string {
	t.Helper()
	link := regexp.MustCompile(`\]\(([^)#:\s]+)(?:#[^)\s]*)?\)`)
	var broken []string
	for _, name := range documents(t, files) {
		for _, match := range link.FindAllStringSubmatch(textOf(t, files, name), -1) {
			target := path.Join(path.Dir(name), match[1])
			if _, err := fs.Stat(files, target); err != nil {
				broken = append(broken, fmt.Sprintf("%s: no file %s", name, target))
			}
		}
	}
	return broken
}

// documents lists the Markdown files of the module in the order of their names.
func documents(t *testing.T, files fs.FS) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && foreign(files, name):
			return fs.SkipDir
		case path.Ext(name) == ".md":
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}

func textOf(t *testing.T, files fs.FS, name string) string {
	t.Helper()
	text, err := fs.ReadFile(files, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

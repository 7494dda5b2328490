package ticker_test

import (
	"fmt"
	"go/ast"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

const (
	module = "ticker"

	maxFileLines     = 500
	maxFunctionLines = 70

	// everything stands for all rooms in a row of the tables below.
	everything = "*"
)

// rooms tells which rooms of the module each room may import. A room is a
// directory at the root together with all that is below it; other rooms see
// only the package at its top. Packages below a room may import what the room
// may, the package at its top, and what is internal to it. Packages in the
// room internal are open to all rooms but market. Packages with a name that ends
// in "test" serve tests: they may import anything, and only tests import them.
func rooms() map[string][]string {
	return map[string][]string{
		"market":   {},
		"internal": {"market"},
		"js":       {},
		"web":      {"js"},
		"configs":  {},
		"deploy":   {},
		"book":     {"market"},
		"wire":     {"market"},
		"throttle": {"market"},
		"feed":     {"market"},
		"history":  {"market"},
		"publish":  {"market", "book", "wire"},
		"auth":     {"market"},
		"fanout":   {"market", "book", "throttle", "wire"},
		"relay":    {"market", "book", "wire"},
		"server":   {"market", "book", "fanout", "wire", "throttle", "auth", "web"},
		"client":   {"market", "wire"},
		"bench":    {"market", "client", "wire"},
		"faults":   {"market", "wire", "client"},
		"cmd":      {everything},
	}
}

// exceptions tells what single packages may import besides: a recording is read by the
// parser of its exchange; a program for conformance suites is made of the edge.
func exceptions() map[string][]string {
	return map[string][]string{
		"internal/wsecho": {"server"},
		"feed/venues":     {"feed/alpaca", "feed/binance", "feed/bitstamp", "feed/coinbase", "feed/kraken", "feed/okx"},
		"feed/replay":     {"feed/venues"},
	}
}

// libraries tells which directories may import each library in code that is
// shipped: a name covers what is below it, "feed/" only what is below it, and
// none means tests only. A library that is not here may not be imported at
// all. market imports the standard library alone, whatever this table says.
func libraries() map[string][]string {
	return map[string][]string{
		"github.com/HdrHistogram":             {"bench"},
		"github.com/MicahParks/jwkset":        {"auth"},
		"github.com/goccy/go-yaml":            {"cmd/ticker"},
		"github.com/golang-jwt/jwt":           {"auth"},
		"github.com/nats-io/nats-server":      {"relay/nats/embedded"},
		"github.com/nats-io/nats.go":          {"feed/nats", "publish/nats", "relay/nats", "internal/natsconn"},
		"github.com/rabbitmq/amqp091-go":      {"feed/rabbitmq"},
		"github.com/redis/go-redis":           {"feed/redis", "publish/redis", "relay/redis", "internal/redisconn"},
		"github.com/twmb/franz-go":            {"feed/kafka", "publish/kafka", "internal/kafkaconn"},
		"github.com/gorilla/websocket":        {"server", "client", "feed/", "bench"},
		"github.com/jackc/pgx":                {"history/postgres"},
		"github.com/prometheus/client_golang": {everything},
		"github.com/spf13/cobra":              {"cmd/ticker"},
		"github.com/vmihailenco/msgpack":      {"wire"},
		"golang.org/x/crypto":                 {"server"},
		"golang.org/x/sync":                   {everything},
		"golang.org/x/sys":                    {everything},
		"golang.org/x/term":                   {"cmd/ticker"},
		"golang.org/x/time":                   {everything},
		"modernc.org/sqlite":                  {"history/sqlite"},

		"github.com/Shopify/toxiproxy": {},
		"github.com/google/go-cmp":     {},
		"github.com/rs/zerolog":        {},
		"go.uber.org/goleak":           {},
		"pgregory.net/rapid":           {},
	}
}

func TestImportsPointOneWay(t *testing.T) {
	t.Parallel()
	expectNone(t, importViolations(sourcesOf(t, os.DirFS("."))))
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	t.Parallel()
	expectNone(t, docViolations(sourcesOf(t, os.DirFS("."))))
}

func TestFilesAndFunctionsStayShort(t *testing.T) {
	t.Parallel()
	expectNone(t, sizeViolations(sourcesOf(t, os.DirFS("."))))
}

func TestNothingSleepsButInFakeTime(t *testing.T) {
	t.Parallel()
	expectNone(t, sleepViolations(sourcesOf(t, os.DirFS("."))))
}

func TestImportCheckFindsEveryKindOfViolation(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		path    string
		imports string
		want    []string
	}{
		"against the direction":        {"book/a.go", "ticker/fanout", []string{"book/a.go:2: book may not import ticker/fanout"}},
		"the way data flows":           {"fanout/a.go", "ticker/book", nil},
		"out of the leaf":              {"market/a.go", "ticker/internal/x", []string{"market/a.go:2: market may not import ticker/internal/x"}},
		"internal by a room":           {"wire/a.go", "ticker/internal/x", nil},
		"internal that is no leaf":     {"internal/x/a.go", "ticker/book", []string{"internal/x/a.go:2: internal/x may not import ticker/book"}},
		"an exception of internal":     {"internal/wsecho/a.go", "ticker/server", nil},
		"internal on internal":         {"internal/x/a.go", "ticker/internal/y", []string{"internal/x/a.go:2: internal/x may not import ticker/internal/y"}},
		"a feed on its room":           {"feed/sim/a.go", "ticker/feed", nil},
		"a feed on another feed":       {"feed/sim/a.go", "ticker/feed/push", []string{"feed/sim/a.go:2: feed/sim may not import ticker/feed/push"}},
		"a recording on the exchanges": {"feed/replay/a.go", "ticker/feed/venues", nil},
		"a recording on another feed":  {"feed/replay/a.go", "ticker/feed/push", []string{"feed/replay/a.go:2: feed/replay may not import ticker/feed/push"}},
		"a feed on what feeds share":   {"feed/sim/a.go", "ticker/feed/internal/x", nil},
		"a room's internals":           {"wire/a.go", "ticker/feed/internal/x", []string{"wire/a.go:2: wire may not import ticker/feed/internal/x"}},
		"below a room from outside it": {"fanout/a.go", "ticker/book/x", []string{"fanout/a.go:2: fanout may not import ticker/book/x"}},
		"anything by the program":      {"cmd/ticker/a.go", "ticker/feed/sim", nil},
		"a directory that is no room":  {"util/a.go", "fmt", []string{"util/a.go:1: util is not a room of the program"}},
		"an import of no room":         {"server/a.go", "ticker/util", []string{"server/a.go:2: server may not import ticker/util"}},
		"code at the root":             {"a.go", "ticker/market", []string{"a.go:2: . may not import ticker/market"}},
		"any import by a test":         {"book/a_test.go", "ticker/server", nil},
		"a library in its place":       {"feed/kraken/a.go", "github.com/gorilla/websocket", nil},
		"a library out of its place":   {"feed/a.go", "github.com/gorilla/websocket", []string{"feed/a.go:2: feed may not import github.com/gorilla/websocket"}},
		"a library's subpackage":       {"book/a.go", "github.com/goccy/go-yaml/ast", []string{"book/a.go:2: book may not import github.com/goccy/go-yaml/ast"}},
		"a library of another version": {"history/postgres/a.go", "github.com/jackc/pgx/v5/pgxpool", nil},
		"a library in the leaf":        {"market/a.go", "golang.org/x/sync/errgroup", []string{"market/a.go:2: market may not import golang.org/x/sync/errgroup"}},
		"a test library in the code":   {"book/a.go", "pgregory.net/rapid", []string{"book/a.go:2: book may not import pgregory.net/rapid"}},
		"a test library in a test":     {"book/a_test.go", "pgregory.net/rapid", nil},
		"a test library for tests":     {"feed/feedtest/a.go", "pgregory.net/rapid", nil},
		"any import for tests":         {"feed/feedtest/a.go", "ticker/server", nil},
		"a package for tests":          {"cmd/ticker/a.go", "ticker/feed/feedtest", []string{"cmd/ticker/a.go:2: cmd/ticker may not import ticker/feed/feedtest"}},
		"a library nobody chose":       {"book/a_test.go", "example.com/left/pad", []string{"book/a_test.go:2: example.com/left/pad is no library of the program"}},
		"a name that only begins alike": {
			"book/a_test.go", "pgregory.net/rapidity",
			[]string{"book/a_test.go:2: pgregory.net/rapidity is no library of the program"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := fstest.MapFS{c.path: {Data: []byte("package x\nimport _ \"" + c.imports + "\"\n")}}
			if diff := cmp.Diff(c.want, importViolations(sourcesOf(t, files))); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDocCheckWantsAPackageCommentInDocGo(t *testing.T) {
	t.Parallel()
	got := docViolations(sourcesOf(t, fstest.MapFS{
		"good/doc.go":           {Data: []byte("// Package good is good.\npackage good\n")},
		"good/a.go":             {Data: []byte("package good\n")},
		"cmd/prog/doc.go":       {Data: []byte("// Command prog runs.\npackage main\n")},
		"bare/doc.go":           {Data: []byte("package bare\n")},
		"none/a.go":             {Data: []byte("// Package none hides its comment.\npackage none\n")},
		"tests/a_test.go":       {Data: []byte("package tests\n")},
		"none/testdata/a.go":    {Data: []byte("package testdata\n")},
		"other/go.mod":          {Data: []byte("module other\n")},
		"other/a.go":            {Data: []byte("package other\n")},
		".cache/a.go":           {Data: []byte("package cache\n")},
		"web/node_modules/a.go": {Data: []byte("package a\n")},
	}))
	want := []string{
		"bare/doc.go: no package comment",
		"none: no doc.go",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
}

func TestSizeCheckCountsFilesAndFunctions(t *testing.T) {
	t.Parallel()
	function := func(lines int) string {
		return "func f() {\n" + strings.Repeat("\tprintln()\n", lines-2) + "}\n"
	}
	got := sizeViolations(sourcesOf(t, fstest.MapFS{
		"a/full.go":        {Data: []byte("package a\n" + strings.Repeat("\n", maxFileLines-1))},
		"a/over.go":        {Data: []byte("package a\n" + strings.Repeat("\n", maxFileLines))},
		"a/over_test.go":   {Data: []byte("package a\n" + strings.Repeat("\n", maxFileLines))},
		"b/full.go":        {Data: []byte("package b\n" + function(maxFunctionLines))},
		"b/over.go":        {Data: []byte("package b\n" + function(maxFunctionLines+1))},
		"b/over_test.go":   {Data: []byte("package b\n" + function(maxFunctionLines+1))},
		"b/literal.go":     {Data: []byte("package b\n" + strings.Replace(function(maxFunctionLines+1), "func f", "var g = func", 1))},
		"b/testdata/a.go":  {Data: []byte("package b\n" + function(maxFunctionLines+1))},
		"b/doc/nothing.go": {Data: []byte("package doc\nfunc assembly()\n")},
	}))
	want := []string{
		"a/over.go: 501 lines",
		"a/over_test.go: 501 lines",
		"b/literal.go:2: a function of 71 lines",
		"b/over.go:2: a function of 71 lines",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
}

func TestSleepCheckWantsFakeTime(t *testing.T) {
	t.Parallel()
	const sleep = "import \"time\"\nfunc f() { time.Sleep(1) }\n"
	got := sleepViolations(sourcesOf(t, fstest.MapFS{
		"fake/a_test.go":  {Data: []byte("package fake\nimport \"testing/synctest\"\n")},
		"fake/b_test.go":  {Data: []byte("package fake\n" + sleep)},
		"fake/a.go":       {Data: []byte("package fake\n" + sleep)},
		"real/a_test.go":  {Data: []byte("package real\n" + sleep)},
		"real/b_test.go":  {Data: []byte("package real\nimport \"time\"\nvar d = time.Second\n")},
		"real/c_test.go":  {Data: []byte("package real\nfunc f(bed bed) { bed.Sleep(1) }\n")},
		"real/atest/a.go": {Data: []byte("package atest\n" + sleep)},
	}))
	want := []string{
		"fake/a.go:3: sleeps outside of fake time",
		"real/a_test.go:3: sleeps outside of fake time",
		"real/atest/a.go:3: sleeps outside of fake time",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
}

// expectNone fails the test with one line for each violation.
func expectNone(t *testing.T, violations []string) {
	t.Helper()
	for _, v := range violations {
		t.Error(v)
	}
}

// importViolations lists the imports that the tables do not allow.
func importViolations(sources []source) []string {
	var found []string
	for _, s := range sources {
		if _, known := rooms()[s.room()]; !known && s.dir() != "." {
			found = append(found, fmt.Sprintf("%s:1: %s is not a room of the program", s.path, s.room()))
			continue
		}
		for _, spec := range s.syntax.Imports {
			if complaint := judgeImport(s, strings.Trim(spec.Path.Value, `"`)); complaint != "" {
				found = append(found, fmt.Sprintf("%s:%d: %s", s.path, s.line(spec.Pos()), complaint))
			}
		}
	}
	return found
}

// judgeImport returns what is wrong with one import, or nothing.
func judgeImport(s source, imported string) string {
	first, _, _ := strings.Cut(imported, "/")
	allowed := true
	switch {
	case first == module:
		allowed = s.forTests() || mayImport(s, strings.TrimPrefix(imported, module+"/"))
	case strings.Contains(first, "."):
		places, known := librariesFor(imported)
		if !known {
			return imported + " is no library of the program"
		}
		allowed = s.forTests() || s.room() != "market" && slices.ContainsFunc(places, s.within)
	}
	if allowed {
		return ""
	}
	return fmt.Sprintf("%s may not import %s", s.dir(), imported)
}

// mayImport reports whether code that is shipped may import the package in
// the directory target.
func mayImport(s source, target string) bool {
	room := s.room()
	top, rest, below := strings.Cut(target, "/")
	allowed := rooms()[room]
	switch {
	case strings.HasSuffix(target, "test"):
		return false
	case slices.Contains(allowed, everything), slices.Contains(exceptions()[s.dir()], target):
		return true
	case top == "internal":
		return room != "internal" && room != "market" && room != "."
	case top == room:
		return !below || strings.HasPrefix(rest, "internal/")
	}
	return !below && slices.Contains(allowed, top)
}

// librariesFor finds the row of the table that an import path belongs to.
func librariesFor(imported string) (places []string, known bool) {
	for library, places := range libraries() {
		if imported == library || strings.HasPrefix(imported, library+"/") {
			return places, true
		}
	}
	return nil, false
}

// docViolations lists the packages without a doc.go that says what they are.
func docViolations(sources []source) []string {
	complaints := make(map[string]string)
	for _, s := range sources {
		if _, judged := complaints[s.dir()]; !judged && !s.test() {
			complaints[s.dir()] = s.dir() + ": no doc.go"
		}
		if !strings.HasSuffix("/"+s.path, "/doc.go") {
			continue
		}
		complaints[s.dir()] = ""
		if s.syntax.Doc.Text() == "" {
			complaints[s.dir()] = s.path + ": no package comment"
		}
	}
	found := slices.DeleteFunc(slices.Collect(maps.Values(complaints)), func(c string) bool { return c == "" })
	slices.Sort(found)
	return found
}

// sizeViolations lists the files that are too long, and the functions outside
// of tests.
func sizeViolations(sources []source) []string {
	var found []string
	for _, s := range sources {
		if lines := s.lines(); lines > maxFileLines {
			found = append(found, fmt.Sprintf("%s: %d lines", s.path, lines))
		}
		if s.test() {
			continue
		}
		ast.Inspect(s.syntax, func(n ast.Node) bool {
			switch n.(type) {
			case *ast.FuncDecl, *ast.FuncLit:
				first := s.line(n.Pos())
				if lines := s.line(n.End()) - first + 1; lines > maxFunctionLines {
					found = append(found, fmt.Sprintf("%s:%d: a function of %d lines", s.path, first, lines))
					return false
				}
			}
			return true
		})
	}
	return found
}

// sleepViolations lists the sleeps outside of tests, and in the tests of
// packages that have no fake time to sleep in.
func sleepViolations(sources []source) []string {
	fakes := make(map[string]bool)
	for _, s := range sources {
		for _, spec := range s.syntax.Imports {
			fakes[s.dir()] = fakes[s.dir()] || spec.Path.Value == `"testing/synctest"`
		}
	}
	var found []string
	for _, s := range sources {
		if s.forTests() && fakes[s.dir()] {
			continue
		}
		ast.Inspect(s.syntax, func(n ast.Node) bool {
			name, ok := n.(*ast.SelectorExpr)
			if !ok || name.Sel.Name != "Sleep" {
				return true
			}
			if from, ok := name.X.(*ast.Ident); ok && from.Name == "time" {
				found = append(found, fmt.Sprintf("%s:%d: sleeps outside of fake time", s.path, s.line(n.Pos())))
			}
			return true
		})
	}
	return found
}

// sourcesOf parses every Go file of a module.
func sourcesOf(t *testing.T, files fs.FS) []source {
	t.Helper()
	sources, err := parseModule(files)
	if err != nil {
		t.Fatal(err)
	}
	return sources
}

package ticker_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strings"
)

// source is one Go file of the module.
type source struct {
	path   string // from the root of the module, with slashes
	syntax *ast.File
	fset   *token.FileSet
}

// parseModule parses every Go file of the module in files, and passes over
// what the go command passes over: hidden directories, testdata, modules
// within the module.
func parseModule(files fs.FS) ([]source, error) {
	var sources []source
	fset := token.NewFileSet()
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			if foreign(files, name) {
				return fs.SkipDir
			}
			return nil
		case path.Ext(name) != ".go":
			return nil
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		syntax, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("parse %s: %w", name, err)
		}
		sources = append(sources, source{path: name, syntax: syntax, fset: fset})
		return nil
	})
	return sources, err
}

// foreign reports whether a directory is no part of the module.
func foreign(files fs.FS, dir string) bool {
	if dir == "." {
		return false
	}
	base := path.Base(dir)
	if base == "testdata" || base == "node_modules" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return true
	}
	_, err := fs.Stat(files, path.Join(dir, "go.mod"))
	return err == nil
}

func (s source) dir() string { return path.Dir(s.path) }

func (s source) test() bool { return strings.HasSuffix(s.path, "_test.go") }

// forTests reports whether only tests use the file: it is one, or its package
// is made for them and says so in its name.
func (s source) forTests() bool { return s.test() || strings.HasSuffix(s.dir(), "test") }

// room returns the directory at the root that the file lies in, "." for none.
func (s source) room() string {
	room, _, _ := strings.Cut(s.dir(), "/")
	return room
}

// within reports whether the file lies in a place of the table of libraries.
func (s source) within(place string) bool {
	if below, ok := strings.CutSuffix(place, "/"); ok {
		return strings.HasPrefix(s.dir(), below+"/")
	}
	return place == everything || s.dir() == place || strings.HasPrefix(s.dir(), place+"/")
}

func (s source) line(pos token.Pos) int { return s.fset.Position(pos).Line }

func (s source) lines() int { return s.fset.File(s.syntax.FileStart).LineCount() }

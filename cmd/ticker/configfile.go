package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// maxConfigBytes bounds a configuration file: more is the wrong file.
const maxConfigBytes = 1 << 20

// maxConfigDepth bounds how deep a configuration nests, which is four at most: the time
// that a parser takes for brackets that are never closed grows with the square of their
// number.
const maxConfigDepth = 64

// tooDeep returns the line at which a text nests too deep, 0 if none does. It counts what
// may open a level, wherever it stands: brackets, dashes at the beginning of a line, and
// the spaces in front of a line. A text that has so many of them is no configuration,
// whatever they mean.
func tooDeep(text []byte) (line int) {
	brackets := 0
	for content := range bytes.Lines(text) {
		line++
		rest := bytes.TrimLeft(content, " \t-?")
		if len(content)-len(rest) > 4*maxConfigDepth {
			return line
		}
		for _, c := range rest {
			switch c {
			case '[', '{':
				brackets++
			case ']', '}':
				brackets = max(brackets-1, 0)
			}
			if brackets > maxConfigDepth {
				return line
			}
		}
	}
	return 0
}

// configReader reads one YAML file into settings, and goes on after a mistake
// so that all of them can be told at once.
type configReader struct {
	name     string
	into     *settings
	given    map[string]origin
	mistakes []mistake
}

// readConfig reads a file's text. It returns where each key was given, and
// every mistake in the order of their lines.
func readConfig(name string, text []byte, into *settings) (map[string]origin, []mistake) {
	r := &configReader{name: name, into: into, given: make(map[string]origin)}
	if len(text) > maxConfigBytes {
		r.mistakes = append(r.mistakes, mistake{origin{place: name}, "", fmt.Sprintf("is larger than %d bytes", maxConfigBytes)})
		return r.given, r.mistakes
	}
	if line := tooDeep(text); line > 0 {
		r.mistakes = append(r.mistakes, mistake{origin{place: name, line: line}, "", fmt.Sprintf("nests more than %d levels deep", maxConfigDepth)})
		return r.given, r.mistakes
	}
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		r.syntax(err)
		return r.given, r.mistakes
	}
	for i, doc := range file.Docs {
		if i > 0 {
			r.wrong(doc.Body, "", "is a second document: one is enough")
			break
		}
		if doc.Body != nil {
			r.section("", doc.Body)
		}
	}
	slices.SortStableFunc(r.mistakes, func(a, b mistake) int { return a.origin.line - b.origin.line })
	return r.given, r.mistakes
}

// syntax notes text that is no YAML.
func (r *configReader) syntax(err error) {
	at, text := origin{place: r.name}, err.Error()
	var detail yaml.Error
	if errors.As(err, &detail) {
		text = detail.GetMessage()
		if tok := detail.GetToken(); tok != nil {
			at.line = tok.Position.Line
		}
	}
	r.mistakes = append(r.mistakes, mistake{at, "", strings.TrimSpace(text)})
}

func (r *configReader) at(n ast.Node) origin {
	o := origin{place: r.name}
	if n != nil && n.GetToken() != nil {
		o.line = n.GetToken().Position.Line
	}
	return o
}

func (r *configReader) wrong(n ast.Node, path, format string, args ...any) {
	r.mistakes = append(r.mistakes, mistake{r.at(n), path, fmt.Sprintf(format, args...)})
}

// section reads the keys of a mapping below a path.
func (r *configReader) section(path string, n ast.Node) {
	pairs, ok := pairsOf(n)
	switch {
	case isReference(n):
		r.wrong(n, path, noReferences)
	case !ok && n.Type() != ast.NullType:
		r.wrong(n, path, "must hold keys, one a line")
	}
	seen := make(map[string]bool)
	for _, pair := range pairs {
		name := textOf(pair.Key)
		if path != "" {
			name = path + "." + name
		}
		twice := seen[name]
		seen[name] = true
		switch k, known := findKey(name); {
		case twice:
			r.wrong(pair.Key, name, "is given twice")
		case known:
			r.read(k, pair)
		case isSection(name):
			r.section(name, pair.Value)
		default:
			r.unknown(pair.Key, name)
		}
	}
}

func (r *configReader) unknown(n ast.Node, name string) {
	if near := nearest(name); near != "" {
		r.wrong(n, name, "unknown key; did you mean %s?", near)
		return
	}
	r.wrong(n, name, "unknown key")
}

// read sets one key.
func (r *configReader) read(k key, pair *ast.MappingValueNode) {
	r.given[k.path] = r.at(pair.Key)
	v := k.value(r.into)
	items, ok := r.items(k.path, v, pair.Value)
	if !ok {
		return
	}
	if err := v.set(items); err != nil {
		r.wrong(pair.Value, k.path, "%v", err)
	}
}

// items returns the text of a scalar, or the texts of a list.
func (r *configReader) items(path string, v value, n ast.Node) ([]string, bool) {
	seq, isList := n.(*ast.SequenceNode)
	switch {
	case !isList && v.list():
		r.wrong(n, path, "must be a list")
		return nil, false
	case !isList:
		text, ok := r.scalar(path, n)
		return []string{text}, ok
	}
	items := []string{}
	for _, item := range seq.Values {
		text, ok := r.item(path, item)
		if !ok {
			return nil, false
		}
		items = append(items, text)
	}
	return items, true
}

// item returns the text of one item; a mapping is an API key, or with a kind a feed or
// a sink.
func (r *configReader) item(path string, n ast.Node) (string, bool) {
	pairs, ok := pairsOf(n)
	if !ok || path != "feeds" && path != "publish" && path != "auth.keys" {
		return r.scalar(path, n)
	}
	options, ok := r.options(path, pairs)
	switch {
	case !ok:
		return "", false
	case path == "auth.keys":
		return options.Encode(), true
	}
	spec := feedSpec{kind: options.Get("kind"), path: options.Get("path"), options: options}
	options.Del("kind")
	options.Del("path")
	if spec.kind == "" {
		r.wrong(n, path, "has an entry without kind")
		return "", false
	}
	return spec.text(), true
}

func (r *configReader) options(path string, pairs []*ast.MappingValueNode) (url.Values, bool) {
	options := make(url.Values)
	for _, pair := range pairs {
		text, ok := r.option(path, pair.Value)
		if !ok {
			return nil, false
		}
		options.Set(textOf(pair.Key), text)
	}
	return options, true
}

// option returns the text of an option: a scalar, the items of a list with commas
// between them, or the pairs of a mapping as NAME=VALUE.
func (r *configReader) option(path string, n ast.Node) (string, bool) {
	var items []string
	if list, ok := n.(*ast.SequenceNode); ok {
		for _, item := range list.Values {
			text, ok := r.scalar(path, item)
			if !ok {
				return "", false
			}
			items = append(items, text)
		}
		return strings.Join(items, ","), true
	}
	pairs, ok := pairsOf(n)
	if !ok {
		return r.scalar(path, n)
	}
	for _, pair := range pairs {
		text, ok := r.scalar(path, pair.Value)
		if !ok {
			return "", false
		}
		items = append(items, textOf(pair.Key)+"="+text)
	}
	return strings.Join(items, ","), true
}

func (r *configReader) scalar(path string, n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.NullNode:
		r.wrong(n, path, "has no value")
	default:
		if isReference(n) {
			r.wrong(n, path, noReferences)
		} else {
			r.wrong(n, path, "takes one value")
		}
	}
	return "", false
}

// noReferences is what becomes of YAML's ways to make a small file large.
const noReferences = "anchors, aliases and tags are not taken here"

func isReference(n ast.Node) bool {
	switch n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode, *ast.TagNode:
		return true
	}
	return false
}

// pairsOf returns the pairs of a mapping.
func pairsOf(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

// textOf returns a mapping's key as it was written, without quotes.
func textOf(k ast.MapKeyNode) string {
	if s, ok := k.(*ast.StringNode); ok {
		return s.Value
	}
	tok := k.GetToken()
	if tok.Type == token.MappingKeyType {
		return "?"
	}
	return tok.Value
}

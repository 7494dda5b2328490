package main

import (
	"debug/buildinfo"
	"fmt"
	"io/fs"
	"runtime/debug"
	"strings"
	"unicode"
)

// programComponent describes the program itself. Its version is "(devel)" where it was
// built outside of a repository, which is no version of a package URL.
func programComponent(info *buildinfo.BuildInfo) component {
	c := library("golang", info.Main.Path, strings.Trim(info.Main.Version, "()"))
	c.Type = "application"
	return c
}

// standardLibrary describes what came with the compiler, under the name by which
// scanners know it.
func standardLibrary(goVersion string) component {
	version, _, _ := strings.Cut(strings.TrimPrefix(goVersion, "go"), " ")
	return library("golang", "stdlib", version).licensed("BSD-3-Clause")
}

// moduleComponent describes a module that was linked in, or what replaced it. The hash
// is that of go.sum: of the names and hashes of its files, not of one file.
func moduleComponent(m *debug.Module, cache fs.FS) (component, error) {
	if m.Replace != nil {
		m = m.Replace
	}
	c := library("golang", m.Path, m.Version).licensed(licenceIn(cache, cachePath(m.Path)+"@"+cachePath(m.Version)))
	digest, ok := strings.CutPrefix(m.Sum, "h1:")
	if !ok {
		return c, fmt.Errorf("%s: no checksum", c.Ref)
	}
	return c.hashed("SHA-256", digest)
}

// cachePath returns the path of a module in the cache, where file systems may not tell
// upper case from lower case.
func cachePath(path string) string {
	var out strings.Builder
	for _, r := range path {
		if unicode.IsUpper(r) {
			out.WriteByte('!')
		}
		out.WriteRune(unicode.ToLower(r))
	}
	return out.String()
}

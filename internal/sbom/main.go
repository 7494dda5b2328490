package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

// run is the program. args are the one binary to look into.
func run(ctx context.Context, args []string, stdout io.Writer) error {
	if len(args) != 1 {
		return errors.New("want one program to look into")
	}
	program, err := os.ReadFile(args[0])
	if err != nil {
		return fmt.Errorf("read program: %w", err)
	}
	info, err := buildinfo.Read(bytes.NewReader(program))
	if err != nil {
		return fmt.Errorf("read build information: %w", err)
	}
	cache, err := exec.CommandContext(ctx, "go", "env", "GOMODCACHE").Output()
	if err != nil {
		return fmt.Errorf("find module cache: %w", err)
	}
	doc, err := describe(info, os.DirFS(strings.TrimSpace(string(cache))), os.DirFS("."))
	if err != nil {
		return err
	}
	sum := sha256.Sum256(program)
	doc.Metadata.Component.Hashes = []hash{{Algorithm: "SHA-256", Content: hex.EncodeToString(sum[:])}}
	return write(stdout, doc)
}

// describe makes the document of a program, with the module cache and the tree that it
// was built from.
func describe(info *buildinfo.BuildInfo, cache, tree fs.FS) (*document, error) {
	vendored, err := vendoredComponents(tree)
	if err != nil {
		return nil, err
	}
	packages, err := packageComponents(tree)
	if err != nil {
		return nil, err
	}
	doc := &document{
		Schema: "http://cyclonedx.org/schema/bom-1.5.schema.json", Format: "CycloneDX", Spec: "1.5", Version: 1,
	}
	doc.Metadata.Component = programComponent(info)
	for _, m := range info.Deps {
		c, err := moduleComponent(m, cache)
		if err != nil {
			return nil, err
		}
		doc.add(c)
	}
	doc.add(standardLibrary(info.GoVersion))
	doc.add(vendored...)
	doc.add(packages...)
	return doc, nil
}

func write(w io.Writer, doc *document) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	if err := out.Encode(doc); err != nil {
		return fmt.Errorf("write document: %w", err)
	}
	return nil
}

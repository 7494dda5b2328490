package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

const (
	lockFile    = "js/package-lock.json"
	vendorFiles = "web/assets/vendor/*/*.mjs"
)

// packageComponents describes what npm installs for js. Nothing of it is in the program.
func packageComponents(tree fs.FS) ([]component, error) {
	text, err := fs.ReadFile(tree, lockFile)
	if err != nil {
		return nil, fmt.Errorf("read packages: %w", err)
	}
	var lock struct {
		Packages map[string]struct{ Version, Integrity, License string }
	}
	if err := json.Unmarshal(text, &lock); err != nil {
		return nil, fmt.Errorf("read packages: %s: %w", lockFile, err)
	}
	var found []component
	for _, place := range slices.Sorted(maps.Keys(lock.Packages)) {
		if place == "" { // js itself
			continue
		}
		p := lock.Packages[place]
		name := place[strings.LastIndex(place, "node_modules/")+len("node_modules/"):]
		c, err := library("npm", name, p.Version).licensed(p.License).hashed("SHA-512", strings.TrimPrefix(p.Integrity, "sha512-"))
		if err != nil {
			return nil, fmt.Errorf("read packages: %w", err)
		}
		c.Scope = "excluded"
		found = append(found, c)
	}
	return found, nil
}

// vendoredComponents describes the modules of others that the dashboard ships. The
// README beside each says what it is.
func vendoredComponents(tree fs.FS) ([]component, error) {
	files, err := fs.Glob(tree, vendorFiles)
	if err != nil {
		return nil, fmt.Errorf("find vendored files: %w", err)
	}
	var found []component
	for _, file := range files {
		c, err := vendoredComponent(tree, file)
		if err != nil {
			return nil, fmt.Errorf("describe %s: %w", file, err)
		}
		found = append(found, c)
	}
	return found, nil
}

func vendoredComponent(tree fs.FS, file string) (c component, err error) {
	text, err := fs.ReadFile(tree, path.Dir(file)+"/README.md")
	if err != nil {
		return c, err
	}
	code, err := fs.ReadFile(tree, file)
	if err != nil {
		return c, err
	}
	told := make(map[string]string)
	row := regexp.MustCompile("(?m)^\\| (package|version|licence) \\| `?([\\w.-]+)")
	for _, match := range row.FindAllStringSubmatch(string(text), -1) {
		told[match[1]] = match[2]
	}
	if len(told) != 3 {
		return c, fmt.Errorf("its README tells no package, version and licence: %v", told)
	}
	sum := sha256.Sum256(code)
	return library("npm", told["package"], told["version"]).licensed(told["licence"]).
		hashed("SHA-256", base64.StdEncoding.EncodeToString(sum[:]))
}

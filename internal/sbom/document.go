package main

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// document is a bill of materials: the part of CycloneDX 1.5 that we write.
type document struct {
	Schema   string `json:"$schema"`
	Format   string `json:"bomFormat"`
	Spec     string `json:"specVersion"`
	Version  int    `json:"version"`
	Metadata struct {
		Component component `json:"component"`
	} `json:"metadata"`
	Components []component `json:"components"`
}

// component is one thing that the program is made of. Its reference is its package URL,
// which no two of a document share.
type component struct {
	Type     string    `json:"type"`
	Ref      string    `json:"bom-ref"`
	Name     string    `json:"name"`
	Version  string    `json:"version"`
	Scope    string    `json:"scope,omitempty"`
	Hashes   []hash    `json:"hashes,omitempty"`
	Licences []licence `json:"licenses,omitempty"`
	URL      string    `json:"purl"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"` // hexadecimal
}

// licence wraps an identifier of the SPDX list, as the format wants it.
type licence struct {
	Licence struct {
		ID string `json:"id"`
	} `json:"license"`
}

// add adds components, but for those that are there already.
func (d *document) add(components ...component) {
	for _, c := range components {
		if !slices.ContainsFunc(d.Components, func(other component) bool { return other.Ref == c.Ref }) {
			d.Components = append(d.Components, c)
		}
	}
}

// library makes a component of a package. kind is that of package URLs: golang, npm.
func library(kind, name, version string) component {
	url := fmt.Sprintf("pkg:%s/%s@%s", kind, strings.ReplaceAll(name, "@", "%40"), strings.ReplaceAll(version, "+", "%2B"))
	return component{Type: "library", Ref: url, Name: name, Version: version, URL: url}
}

// licensed names the licence of a component; none if it is empty.
func (c component) licensed(id string) component {
	if id != "" {
		c.Licences = make([]licence, 1)
		c.Licences[0].Licence.ID = id
	}
	return c
}

// hashed adds a digest in base64, as go.sum and npm have them.
func (c component) hashed(algorithm, digest string) (component, error) {
	raw, err := base64.StdEncoding.DecodeString(digest)
	if err != nil || len(raw) == 0 {
		return c, fmt.Errorf("%s: %q is no digest", c.Ref, digest)
	}
	c.Hashes = append(c.Hashes, hash{Algorithm: algorithm, Content: hex.EncodeToString(raw)})
	return c, nil
}

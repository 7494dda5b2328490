package main

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// feedSpec names one feed: KIND:[PATH][?OPTION=VALUE&…].
type feedSpec struct {
	kind    string
	path    string
	options url.Values
}

// feedKinds returns the kinds of feeds that this version has.
func feedKinds() []string { return []string{"sim", "replay", "push", "history"} }

// parseFeedSpec reads a SPEC as it stands after --feed.
func parseFeedSpec(text string) (feedSpec, error) {
	kind, rest, ok := strings.Cut(text, ":")
	if !ok {
		return feedSpec{}, fmt.Errorf("%q is no feed: want KIND:…, as in sim:?symbols=500", text)
	}
	if !slices.Contains(feedKinds(), kind) {
		return feedSpec{}, fmt.Errorf("%q is no kind of feed: want %s", kind, strings.Join(feedKinds(), ", "))
	}
	path, query, _ := strings.Cut(rest, "?")
	options, err := url.ParseQuery(query)
	if err != nil {
		return feedSpec{}, fmt.Errorf("options of feed %q: %w", text, err)
	}
	for name, values := range options {
		if len(values) > 1 {
			return feedSpec{}, fmt.Errorf("option %s of feed %q is given twice", name, text)
		}
	}
	if kind != "replay" && path != "" {
		return feedSpec{}, fmt.Errorf("feed %q: %s: takes no path, only options behind a ?", text, kind)
	}
	return feedSpec{kind: kind, path: path, options: options}, nil
}

// String returns the SPEC.
func (s feedSpec) String() string {
	text := s.kind + ":" + s.path
	if len(s.options) > 0 {
		text += "?" + s.options.Encode()
	}
	return text
}

// common are the options that every feed has.
type common struct {
	name    string
	silence time.Duration
}

// takeCommon removes the common options from a copy of the spec's, and returns
// both.
func (s feedSpec) takeCommon() (common, url.Values, error) {
	rest := make(url.Values, len(s.options))
	for name, values := range s.options {
		rest[name] = values
	}
	c := common{name: rest.Get("name")}
	if text := rest.Get("silence"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 {
			return c, nil, fmt.Errorf("feed %v: silence %q is no duration such as 30s", s, text)
		}
		if s.kind == "replay" || s.kind == "history" {
			return c, nil, fmt.Errorf("feed %v: a recording has no limit of silence: it stays live when it has ended", s)
		}
		c.silence = d
	}
	rest.Del("name")
	rest.Del("silence")
	return c, rest, nil
}

// feedNames returns a name for each feed: its own, or its kind, with a number
// from the second of a kind on.
func feedNames(specs []feedSpec) ([]string, error) {
	valid := regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,31}$`)
	var names []string
	for _, spec := range specs {
		c, _, err := spec.takeCommon()
		if err != nil {
			return nil, err
		}
		name := c.name
		if name == "" {
			name = freeName(spec.kind, names)
		}
		switch {
		case !valid.MatchString(name):
			return nil, fmt.Errorf("feed %v: name %q: want a-z 0-9 _ - only, 32 at most", spec, name)
		case slices.Contains(names, name):
			return nil, fmt.Errorf("two feeds are named %s", name)
		}
		names = append(names, name)
	}
	return names, nil
}

// freeName returns a kind, or the kind with the first number that is free.
func freeName(kind string, taken []string) string {
	name := kind
	for n := 2; slices.Contains(taken, name); n++ {
		name = fmt.Sprintf("%s-%d", kind, n)
	}
	return name
}

func uniqueFeeds(specs []feedSpec) error {
	_, err := feedNames(specs)
	return err
}

package main

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"ticker/feed/venues"
)

// feedSpec names one feed, or one sink: KIND:[PATH][?OPTION=VALUE&…].
type feedSpec struct {
	kind    string
	path    string
	options url.Values
}

// feedKinds returns the kinds of feeds that this version has.
func feedKinds() []string {
	return slices.Concat([]string{"sim", "replay", "push", "history"}, venues.Exchanges(), queueKinds())
}

// queueKinds returns the message queues that quotes are read from.
func queueKinds() []string { return []string{"kafka", "nats", "rabbitmq", "redis"} }

// parseFeedSpec reads a SPEC as it stands after --feed.
func parseFeedSpec(text string) (feedSpec, error) {
	return parseSpec(text, "feed", "sim:?symbols=500", feedKinds())
}

// parseSpec reads the SPEC of a feed or a sink.
func parseSpec(text, noun, example string, kinds []string) (feedSpec, error) {
	kind, rest, ok := strings.Cut(text, ":")
	shown, _, _ := strings.Cut(kind, "?") // a password may stand behind it
	if !ok {
		return feedSpec{}, fmt.Errorf("%q is no %s: want KIND:…, as in %s", shown, noun, example)
	}
	if !slices.Contains(kinds, kind) {
		return feedSpec{}, fmt.Errorf("%q is no kind of %s: want %s", shown, noun, strings.Join(kinds, ", "))
	}
	path, query, _ := strings.Cut(rest, "?")
	options, err := url.ParseQuery(query)
	if err != nil {
		return feedSpec{}, fmt.Errorf("options of %s %s: %w", noun, kind, err)
	}
	spec := feedSpec{kind: kind, path: path, options: options}
	for name, values := range options {
		if len(values) > 1 {
			return feedSpec{}, fmt.Errorf("option %s of %s %v is given twice", name, noun, spec)
		}
	}
	if kind != "replay" && path != "" {
		return feedSpec{}, fmt.Errorf("%s %v: %s: takes no path, only options behind a ?", noun, spec, kind)
	}
	return spec, nil
}

// secret reports whether there is anything in the SPEC that is not shown.
func (s feedSpec) secret() bool { return s.String() != s.text() }

// text returns the SPEC, secrets and all.
func (s feedSpec) text() string { return s.write(s.options) }

// String returns the SPEC with its secrets masked.
func (s feedSpec) String() string {
	shown := maps.Clone(s.options)
	for name, values := range s.options {
		shown[name] = []string{s.shown(name, values[0])}
	}
	s.path = withoutUser(s.path)
	return s.write(shown)
}

func (s feedSpec) write(options url.Values) string {
	text := s.kind + ":" + s.path
	if len(options) > 0 {
		text += "?" + options.Encode()
	}
	return text
}

// shown returns the value of an option as anybody may see it.
func (s feedSpec) shown(name, value string) string {
	switch {
	case secretive(name), name == "key" && s.kind == "alpaca":
		return masked
	case name == "url":
		return withoutPasswords(value)
	}
	return value
}

// common are the options that every feed has.
type common struct {
	name      string
	silence   time.Duration
	ab        string // the group of feeds of which the first copy counts
	composite string // the group of feeds of which the best bid and offer count
	record    string // the directory that raw messages are recorded in
}

// takeCommon removes the common options from a copy of the spec's, and returns
// both.
func (s feedSpec) takeCommon() (common, url.Values, error) {
	rest := make(url.Values, len(s.options))
	for name, values := range s.options {
		rest[name] = values
	}
	take := func(name string) string {
		text := rest.Get(name)
		rest.Del(name)
		return text
	}
	c := common{name: take("name"), ab: take("ab"), composite: take("composite"), record: take("record")}
	if c.record != "" && !s.recordable() {
		return c, nil, fmt.Errorf("feed %v: %s has no raw messages to record", s, s.kind)
	}
	text := take("silence")
	if text == "" {
		return c, rest, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return c, nil, fmt.Errorf("feed %v: silence %q is no duration such as 30s", s, text)
	}
	if s.kind == "replay" || s.kind == "history" {
		return c, nil, fmt.Errorf("feed %v: a recording has no limit of silence: it stays live when it has ended", s)
	}
	c.silence = d
	return c, rest, nil
}

func (s feedSpec) recordable() bool {
	return s.kind == "push" || slices.Contains(venues.Exchanges(), s.kind) || slices.Contains(queueKinds(), s.kind)
}

// validName is what feeds and groups may be called.
func validName(name string) error {
	if !regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,31}$`).MatchString(name) {
		return fmt.Errorf("name %q: want a-z 0-9 _ - only, 32 at most", name)
	}
	return nil
}

// feedNames returns a name for each feed: its own, or its kind, with a number
// from the second of a kind on. Groups of feeds have names of their own.
func feedNames(specs []feedSpec) ([]string, error) {
	groups, err := feedGroups(specs)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, spec := range specs {
		c, _, err := spec.takeCommon()
		if err != nil {
			return nil, err
		}
		name := c.name
		if name == "" {
			name = freeName(spec.kind, slices.Concat(names, groups))
		}
		if err := validName(name); err != nil {
			return nil, fmt.Errorf("feed %v: %w", spec, err)
		}
		if slices.Contains(names, name) || slices.Contains(groups, name) {
			return nil, fmt.Errorf("two feeds are named %s", name)
		}
		names = append(names, name)
	}
	return names, nil
}

// feedGroups returns the names of the groups that feeds are joined in.
func feedGroups(specs []feedSpec) ([]string, error) {
	kinds := make(map[string]string)
	for _, spec := range specs {
		c, _, err := spec.takeCommon()
		if err != nil {
			return nil, err
		}
		for kind, name := range map[string]string{"ab": c.ab, "composite": c.composite} {
			if name == "" {
				continue
			}
			if err := validName(name); err != nil {
				return nil, fmt.Errorf("feed %v: %s: %w", spec, kind, err)
			}
			if other, taken := kinds[name]; taken && other != kind {
				return nil, fmt.Errorf("feed %v: %s is the name of an ab and of a composite", spec, name)
			}
			kinds[name] = kind
		}
	}
	return slices.Sorted(maps.Keys(kinds)), nil
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

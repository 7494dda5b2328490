package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// configuration gathers settings from defaults, a file, the environment and
// flags, each above the one before.
type configuration struct {
	from     reading
	settings *settings
	given    map[string]origin
	mistakes []mistake
	unknown  []string // TICKER_ variables that are no key
}

func newConfiguration() *configuration {
	return &configuration{settings: defaults(), given: make(map[string]origin)}
}

// reading says what a configuration is read from.
type reading struct {
	file    string   // empty: the first of configPlaces that is there
	environ []string // NAME=VALUE
	flags   []givenFlag
}

// givenFlag is a flag that stands for a key.
type givenFlag struct {
	name, path string
	items      []string
}

// read reads a configuration, and judges it as a whole. The result can be read from the
// same places again: its file is the one that was there, empty if none was.
func (r reading) read() (*configuration, error) {
	c := newConfiguration()
	if err := c.file(r.file); err != nil {
		return nil, err
	}
	c.environment(r.environ)
	for _, f := range r.flags {
		c.flag(f.name, f.path, f.items)
	}
	c.from.environ, c.from.flags = r.environ, r.flags
	c.check()
	return c, c.err()
}

// configPlaces are where a file is looked for if none is named. A user's
// ~/.ticker.yaml is not among them: it belongs to another program.
func configPlaces() []string { return []string{"ticker.yaml", "/etc/ticker/ticker.yaml"} }

// file reads the named file, or the first of configPlaces that is there.
func (c *configuration) file(name string) error {
	places := []string{name}
	if name == "" {
		places = configPlaces()
	}
	for _, place := range places {
		text, err := readFile(place)
		if name == "" && errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return usageError{fmt.Errorf("read configuration: %w", err)}
		}
		given, mistakes := readConfig(place, text, c.settings)
		for path, at := range given {
			c.given[path] = at
		}
		c.mistakes = append(c.mistakes, mistakes...)
		c.from.file = place
		return nil
	}
	return nil
}

// readFile reads a little more than a configuration may have.
func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	return io.ReadAll(io.LimitReader(f, maxConfigBytes+1))
}

// environment reads the variables of the given environment, NAME=VALUE each.
func (c *configuration) environment(environ []string) {
	known := make(map[string]key)
	for _, k := range keys() {
		known[k.env()] = k
	}
	for _, variable := range environ {
		name, text, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, "TICKER_") || name == tokenVariable {
			continue
		}
		k, ok := known[name]
		if !ok {
			c.unknown = append(c.unknown, name)
			continue
		}
		items := []string{text}
		if k.value(c.settings).list() {
			items = strings.Fields(text)
		}
		c.set(k, origin{place: "environment variable " + name}, items)
	}
}

// flag sets a key from a flag that was given.
func (c *configuration) flag(name, path string, items []string) {
	if k, ok := findKey(path); ok {
		c.set(k, origin{place: "flag --" + name}, items)
	}
}

func (c *configuration) set(k key, at origin, items []string) {
	c.given[k.path] = at
	if err := k.value(c.settings).set(items); err != nil {
		c.mistakes = append(c.mistakes, mistake{at, k.path, err.Error()})
	}
}

// settle gives defaults to settings that have others in view. On a loopback address there is
// no other server that old sessions could move to.
func (c *configuration) settle() {
	if _, given := c.given["limits.session_age"]; !given && loopback(c.settings.listen) {
		c.settings.limits.sessionAge = 0
	}
}

// check settles the settings, and notes what is wrong with those that are fine one by one.
func (c *configuration) check() {
	c.settle()
	s := c.settings
	i := s.interval
	c.demand("fanout.interval.max", i.max >= i.min, "%v is below fanout.interval.min, which is %v", i.max, i.min)
	c.demand("fanout.interval.default", i.byDefault >= i.min && i.byDefault <= max(i.min, i.max),
		"%v is not between fanout.interval.min (%v) and fanout.interval.max (%v)", i.byDefault, i.min, i.max)
	c.demand("limits.stall", s.limits.stall >= 2*time.Second, "%v leaves a slow client no chance: want 2s or more", s.limits.stall)
	c.demand("listen", loopback(s.listen) || s.auth.mode != "",
		"%s can be reached from other machines, and nobody is asked who they are: set auth.mode, to none if that is meant", s.listen)
	c.demand("admin", loopback(s.admin) || s.adminPublic,
		"%s can be reached from other machines, and the admin listener asks nobody who they are: write admin_public: true if that is meant", s.admin)
	c.checkRelay()
	c.checkAuth()
	c.checkTLS()
	c.checkACME()
	c.checkReaders()
	if err := uniqueFeeds(s.feeds); err != nil {
		c.demand("feeds", false, "%v", err)
	}
}

func (c *configuration) demand(path string, ok bool, format string, args ...any) {
	if ok {
		return
	}
	at, given := c.given[path]
	if !given {
		at = origin{place: "defaults"}
	}
	c.mistakes = append(c.mistakes, mistake{at, path, fmt.Sprintf(format, args...)})
}

// err returns the first mistake, and how many more there are, as one line.
func (c *configuration) err() error {
	switch n := len(c.mistakes); n {
	case 0:
		return nil
	case 1:
		return usageError{c.mistakes[0]}
	default:
		return usageError{fmt.Errorf("%w (and %d more: see `ticker config check`)", c.mistakes[0], n-1)}
	}
}

// writeTo writes the settings as a file that reads back as the same.
func (s *settings) writeTo(w io.Writer) error {
	var out strings.Builder
	var open []string
	for _, k := range keys() {
		path := strings.Split(k.path, ".")
		name := path[len(path)-1]
		sections := path[:len(path)-1]
		common := 0
		for common < len(sections) && common < len(open) && sections[common] == open[common] {
			common++
		}
		for i := common; i < len(sections); i++ {
			fmt.Fprintf(&out, "%s%s:\n", indent(i), sections[i])
		}
		open = slices.Clone(sections)
		printValue(&out, indent(len(sections)), name, k.value(s))
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func indent(depth int) string { return strings.Repeat("  ", depth) }

func printValue(out *strings.Builder, margin, name string, v value) {
	items := v.get()
	switch {
	case v.list() && len(items) == 0:
		fmt.Fprintf(out, "%s%s: []\n", margin, name)
	case v.list():
		fmt.Fprintf(out, "%s%s:\n", margin, name)
		for _, item := range items {
			fmt.Fprintf(out, "%s  - %q\n", margin, item)
		}
	case len(items) == 0:
		fmt.Fprintf(out, "%s# %s: not given\n", margin, name)
	default:
		fmt.Fprintf(out, "%s%s: %s\n", margin, name, plainOrQuoted(items[0]))
	}
}

// plainOrQuoted quotes what YAML would take for something else than text.
func plainOrQuoted(text string) string {
	if strings.ContainsAny(text, "#{}[]&*!|>'\"%@`\n") || strings.HasPrefix(text, "-") ||
		strings.Contains(text, ": ") || strings.HasSuffix(text, ":") || text == "off" || text == "none" {
		return fmt.Sprintf("%q", text)
	}
	return text
}

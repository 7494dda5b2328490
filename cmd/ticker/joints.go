package main

import (
	"fmt"
	"log/slog"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"ticker/book"
	"ticker/feed"
	"ticker/feed/arbiter"
	"ticker/feed/composite"
	"ticker/server"
)

// joints joins feeds into groups: a feed of a group does not fill the book but
// what stands before it.
//
//	feed ──► [arbiter] ──► [composite] ──► book
type joints struct {
	into       *book.Book
	log        *slog.Logger
	ab         *arbiter.Metrics
	bbo        *composite.Metrics
	arbiters   map[string]*joint
	composites map[string]*composite.Composite

	groups []*joined     // as far as readiness goes
	ready  []server.Feed // groups, and feeds that are in none
}

// joint is an arbiter, and the composite that it is a leg of.
type joint struct {
	*arbiter.Arbiter
	composite string
}

func newJoints(into *book.Book, log *slog.Logger, reg prometheus.Registerer) *joints {
	return &joints{
		into: into, log: log, ab: arbiter.NewMetrics(reg), bbo: composite.NewMetrics(reg),
		arbiters: make(map[string]*joint), composites: make(map[string]*composite.Composite),
	}
}

// joined is feeds that are joined, seen as one: it is connected if one of them is.
type joined struct {
	name string
	legs []server.Feed
}

// Name implements server.Feed.
func (g *joined) Name() string { return g.name }

// Connected implements server.Feed.
func (g *joined) Connected() bool {
	return slices.ContainsFunc(g.legs, server.Feed.Connected)
}

// add takes a feed into its groups.
func (j *joints) add(f server.Feed, c common) {
	for _, name := range []string{c.ab, c.composite} {
		if name == "" {
			continue
		}
		at := slices.IndexFunc(j.groups, func(g *joined) bool { return g.name == name })
		if at >= 0 {
			j.groups[at].legs = append(j.groups[at].legs, f)
			return // the group is in its own place already
		}
		g := &joined{name: name, legs: []server.Feed{f}}
		j.groups = append(j.groups, g)
		f = g
	}
	j.ready = append(j.ready, f)
}

// book returns what a feed fills.
func (j *joints) book(name string, c common) (feed.Book, error) {
	if c.ab == "" {
		return j.best(name, c.composite)
	}
	a := j.arbiters[c.ab]
	if a == nil {
		into, err := j.best(c.ab, c.composite)
		if err != nil {
			return nil, err
		}
		made, err := arbiter.New(arbiter.Config{Name: c.ab, Book: into, Logger: j.log, Metrics: j.ab})
		if err != nil {
			return nil, err
		}
		a = &joint{made, c.composite}
		j.arbiters[c.ab] = a
	}
	if a.composite != c.composite {
		return nil, fmt.Errorf("ab=%s is in composite %q, not in %q: want the same for all its feeds", c.ab, a.composite, c.composite)
	}
	return a.Leg(name)
}

// best returns what a leg of a composite fills; the book without one.
func (j *joints) best(leg, name string) (feed.Book, error) {
	if name == "" {
		return j.into, nil
	}
	c := j.composites[name]
	if c == nil {
		made, err := composite.New(composite.Config{Name: name, Book: j.into, Metrics: j.bbo})
		if err != nil {
			return nil, err
		}
		c, j.composites[name] = made, made
	}
	return c.Leg(leg)
}

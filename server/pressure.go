package server

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"ticker/wire"
)

const (
	// pressureLook is the time between two looks at the resources.
	pressureLook = time.Second

	// New sessions are refused from refuseAbove on until a resource is below
	// reopenBelow, and old ones are shed from shedAbove on until it is below
	// refuseAbove: a resource that wavers about a bound does not open and shut the
	// door with it.
	reopenBelow = 0.80
	refuseAbove = 0.90
	shedAbove   = 0.97

	// A look sheds one session in shedPart, and leastShed at least.
	shedPart  = 200
	leastShed = 3
)

// Resource is something that all sessions need and that may run short.
type Resource struct {
	// Name is what metrics, logs and readiness call it.
	Name string
	// Used returns how much of it is in use, 1 for all. It is called once a second.
	Used func() float64
}

// strain is what a resource asks for.
type strain int

const (
	calm     strain = iota
	refusing        // of new sessions
	shedding        // of old ones, too
)

// next returns the strain after a look. It rises by one at a time, so that no session
// is shed before new ones have been refused for a while.
func (s strain) next(used float64) strain {
	switch {
	case used < reopenBelow:
		return calm
	case used < refuseAbove:
		return min(s, refusing)
	case used < shedAbove:
		return max(s, refusing)
	}
	return min(s+1, shedding)
}

// pressure is what all resources ask for together.
type pressure struct {
	// shortage says which resources are short, for readiness; nil if none is.
	shortage atomic.Pointer[string]

	// Of the goroutine that looks.
	strains   map[string]strain
	shed      int // since the last line in the log
	shedLines rate.Sometimes
}

// refusing reports whether new sessions are refused.
func (p *pressure) refusing() bool { return p.shortage.Load() != nil }

// trouble says what is short, empty if nothing is.
func (p *pressure) trouble() string {
	if short := p.shortage.Load(); short != nil {
		return "overloaded: " + *short
	}
	return ""
}

// lookAtResources refuses, and sheds, sessions while a resource is short.
func (s *Server) lookAtResources() {
	worst := calm
	var short []string
	for _, r := range s.cfg.Resources {
		used := r.Used()
		s.metrics.pressure.WithLabelValues(r.Name).Set(used)
		before := s.pressure.strains[r.Name]
		now := before.next(used)
		s.pressure.strains[r.Name] = now
		s.tellStrain(r.Name, used, before, now)
		if now >= refusing {
			short = append(short, fmt.Sprintf("%.0f %% of %s in use", 100*used, r.Name))
		}
		worst = max(worst, now)
	}
	if short == nil {
		s.pressure.shortage.Store(nil)
		return
	}
	text := strings.Join(short, ", ")
	s.pressure.shortage.Store(&text)
	if worst == shedding {
		s.shedHeaviest()
	}
}

// tellStrain logs what changes for clients.
func (s *Server) tellStrain(resource string, used float64, before, now strain) {
	switch {
	case before == calm && now != calm:
		s.log.Warn("overloaded: new sessions are refused", "resource", resource, "used", used)
	case before != calm && now == calm:
		s.log.Info("no longer overloaded: new sessions are taken again", "resource", resource, "used", used)
	}
}

// shedHeaviest closes a few of the sessions that take the most.
func (s *Server) shedHeaviest() {
	heaviest := heaviestOf(s.clients.all())
	heaviest = heaviest[:min(len(heaviest), max(leastShed, len(heaviest)/shedPart))]
	for _, h := range heaviest {
		h.end(endWith(wire.CloseOverloaded))
	}
	s.metrics.shed.Add(float64(len(heaviest)))
	s.pressure.shed += len(heaviest)
	s.pressure.shedLines.Do(func() {
		s.log.Warn("overloaded: the sessions with the most symbols are closed",
			"closed", s.pressure.shed, "left", s.clients.count()-len(heaviest))
		s.pressure.shed = 0
	})
}

// weighty is a session that lasts.
type weighty interface {
	session
	// weight is how many symbols the session is sent. One that ends has none.
	weight() (symbols int, ends bool)
}

func (c *client) weight() (int, bool) { return c.flow.Symbols(), c.ending.Load() != nil }
func (e *events) weight() (int, bool) { return e.flow.Symbols(), e.ending.Load() != nil }

// heaviestOf returns the sessions that last, the one with the most symbols first.
func heaviestOf(all []session) []weighty {
	weights := make(map[weighty]int, len(all))
	found := make([]weighty, 0, len(all))
	for _, s := range all {
		w, lasts := s.(weighty)
		if !lasts {
			continue
		}
		if symbols, ends := w.weight(); !ends {
			weights[w] = symbols
			found = append(found, w)
		}
	}
	slices.SortFunc(found, func(a, b weighty) int { return cmp.Compare(weights[b], weights[a]) })
	return found
}

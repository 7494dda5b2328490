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

	// A resource that eases has to be above refuseAbove for easeAfter looks to have the
	// next step taken, and below reopenBelow for relaxAfter to have one taken back:
	// every step takes a while to show, and so does its end.
	easeAfter  = 3
	relaxAfter = 10

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
	// Eased says that less of it is used when records are sent less often. Then that is
	// tried first.
	Eased bool
}

// strain is what a resource asks for.
type strain int

const (
	calm       strain = iota
	doubled           // intervals, of a resource that eases
	quadrupled        // likewise
	eightfold         // likewise
	refusing          // of new sessions
	shedding          // of old ones, too
)

// widened is by what intervals are multiplied under a strain.
func (s strain) widened() int { return 1 << min(s, eightfold) }

// watched is a resource and what it asks for.
type watched struct {
	Resource
	strain strain
	// For how many looks the use of one that eases was above refuseAbove, or below
	// reopenBelow.
	high, low int
}

// look takes note of how much is in use. The strain rises by one step at a time, so
// that no session is shed before new ones have been refused for a while.
func (w *watched) look(used float64) {
	if used < refuseAbove {
		w.strain = min(w.strain, refusing)
	}
	if w.Eased {
		w.ease(used)
		return
	}
	switch {
	case used < reopenBelow:
		w.strain = calm
	case used >= shedAbove && w.strain >= refusing:
		w.strain = shedding
	case used >= refuseAbove:
		w.strain = max(w.strain, refusing)
	}
}

// ease is look for a resource that eases.
func (w *watched) ease(used float64) {
	switch {
	case used >= refuseAbove:
		w.high, w.low = w.high+1, 0
	case used < reopenBelow:
		w.high, w.low = 0, w.low+1
	default:
		w.high, w.low = 0, 0
	}
	switch {
	case w.high == easeAfter:
		w.strain, w.high = min(w.strain+1, shedding), 0
	case w.low == relaxAfter:
		w.strain, w.low = max(w.strain-1, calm), 0
	}
}

// widened is by what intervals are multiplied for the sake of the resource.
func (w *watched) widened() int {
	if !w.Eased {
		return 1
	}
	return w.strain.widened()
}

// pressure is what all resources ask for together.
type pressure struct {
	// shortage says which resources are short, for readiness; nil if none is.
	shortage atomic.Pointer[string]

	// Of the goroutine that looks.
	watched   []watched
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

func watch(resources []Resource) []watched {
	all := make([]watched, len(resources))
	for i, r := range resources {
		all[i].Resource = r
	}
	return all
}

// lookAtResources widens intervals, refuses and sheds sessions while a resource is
// short.
func (s *Server) lookAtResources() {
	worst, widened := calm, 1
	var short []string
	for i := range s.pressure.watched {
		w := &s.pressure.watched[i]
		used := w.Used()
		s.metrics.pressure.WithLabelValues(w.Name).Set(used)
		before := w.strain
		w.look(used)
		s.tellStrain(w, used, before)
		if w.strain >= refusing {
			short = append(short, fmt.Sprintf("%s at %.0f %%", w.Name, 100*used))
		}
		worst, widened = max(worst, w.strain), max(widened, w.widened())
	}
	s.cfg.Hub.Widen(widened)
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
func (s *Server) tellStrain(w *watched, used float64, before strain) {
	log := s.log.With("resource", w.Name, "used", used)
	switch now := w.strain; {
	case before < refusing && now >= refusing:
		log.Warn("overloaded: new sessions are refused")
	case before >= refusing && now < refusing:
		log.Info("no longer overloaded: new sessions are taken again")
	}
	if !w.Eased {
		return
	}
	switch now := w.strain.widened(); {
	case now > before.widened():
		log.Warn("overloaded: clients are sent quotes less often", "intervals_widened", now)
	case now < before.widened():
		log.Info("less overloaded: clients are sent quotes more often", "intervals_widened", now)
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

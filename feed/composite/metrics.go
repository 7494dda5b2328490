package composite

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Metrics are the counters of all composites of a process.
type Metrics struct {
	leftOut *prometheus.CounterVec
}

// NewMetrics makes the metrics and registers them; a nil reg registers them
// nowhere. Like every double registration, a second call with the same reg
// panics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	return &Metrics{leftOut: promauto.With(reg).NewCounterVec(prometheus.CounterOpts{
		Name: "ticker_composite_left_out_total",
		Help: "Times that the quote of a leg began to be left out, by why.",
	}, []string{"feed", "leg", "reason"})}
}

// standing says whether the quote of a leg counts, or why not.
type standing uint8

const (
	// stale comes first: a leg that never spoke is left out without being counted.
	stale standing = iota
	crossed
	halted
	counts
)

func (s standing) String() string {
	switch s {
	case stale:
		return "stale"
	case crossed:
		return "crossed"
	case halted:
		return "halted"
	case counts:
	}
	return "unknown"
}

// counters are those of one leg, looked up once.
type counters [counts]prometheus.Counter

func (m *Metrics) of(feed, leg string) *counters {
	var c counters
	for i := range c {
		c[i] = m.leftOut.WithLabelValues(feed, leg, standing(i).String())
	}
	return &c
}

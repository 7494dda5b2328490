package arbiter

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"ticker/market"
)

// Metrics are the counters of all arbiters of a process.
type Metrics struct {
	arbitrated, failovers *prometheus.CounterVec
}

// NewMetrics makes the metrics and registers them; a nil reg registers them
// nowhere. Like every double registration, a second call with the same reg
// panics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	in := promauto.With(reg)
	return &Metrics{
		arbitrated: in.NewCounterVec(prometheus.CounterOpts{
			Name: "ticker_feed_arbitrated_total",
			Help: "Updates of a leg by what the arbiter made of them.",
		}, []string{"feed", "leg", "result"}),
		failovers: in.NewCounterVec(prometheus.CounterOpts{
			Name: "ticker_feed_failovers_total",
			Help: "Times that the leg in charge was lost and another took its place.",
		}, []string{"feed"}),
	}
}

// result is what became of an update, as a label.
type result uint8

const (
	won       result = iota // passed on
	duplicate               // a copy, or without order and not of the leg in charge
	late                    // older than the newest accepted
	disagreed               // a copy with other values
	numResults
)

func (r result) String() string {
	switch r {
	case won:
		return "won"
	case duplicate:
		return "duplicate"
	case late:
		return "late"
	case disagreed:
		return "disagreed"
	case numResults:
	}
	return "unknown"
}

// outcome tells the leg what became of its update.
func (r result) outcome() market.Outcome {
	switch r {
	case won:
		return market.Accepted
	case late:
		return market.Late
	case duplicate, disagreed, numResults:
	}
	return market.Duplicate
}

// counters are those of one leg, looked up once.
type counters [numResults]prometheus.Counter

func (m *Metrics) of(feed, leg string) *counters {
	var c counters
	for i := range c {
		c[i] = m.arbitrated.WithLabelValues(feed, leg, result(i).String())
	}
	return &c
}

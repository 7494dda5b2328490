package feed

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"ticker/market"
)

// Metrics are the counters of all feeds of a process. Labels are the feeds'
// names and words from closed sets; never a symbol.
type Metrics struct {
	updates     *prometheus.CounterVec
	connected   *prometheus.GaugeVec
	connects    *prometheus.CounterVec
	disconnects *prometheus.CounterVec
	future      *prometheus.CounterVec
}

// NewMetrics makes the metrics and registers them; a nil reg registers them
// nowhere. Like every double registration, a second call with the same reg
// panics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	in := promauto.With(reg)
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return in.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	return &Metrics{
		updates: counter("ticker_feed_updates_total",
			"Records of a feed by what became of them.", "feed", "result"),
		connected: in.NewGaugeVec(prometheus.GaugeOpts{
			Name: "ticker_feed_connected", Help: "1 while the feed is connected to its source.",
		}, []string{"feed"}),
		connects: counter("ticker_feed_connects_total",
			"Connections that a feed made.", "feed"),
		disconnects: counter("ticker_feed_disconnects_total",
			"Connections of a feed, and tries to make one, that ended, by why.", "feed", "reason"),
		future: counter("ticker_feed_future_total",
			"Updates whose time at the source is more than 24 h ahead of the local clock.", "feed"),
	}
}

// refusal is a reason for refusing a record, as a label.
type refusal uint8

const (
	malformed refusal = iota
	badSymbol
	badValue
	empty
	numRefusals
)

func (r refusal) String() string {
	switch r {
	case malformed:
		return "malformed"
	case badSymbol:
		return "bad_symbol"
	case badValue:
		return "bad_value"
	case empty:
		return "empty"
	case numRefusals:
	}
	return "unknown"
}

func refusalOf(reason error) refusal {
	switch {
	case errors.Is(reason, ErrSymbol):
		return badSymbol
	case errors.Is(reason, ErrValue):
		return badValue
	case errors.Is(reason, ErrEmpty):
		return empty
	}
	return malformed
}

// counters are the metrics of one feed, looked up once, so that the hot path
// pays an atomic addition and no map.
type counters struct {
	outcomes    [market.Full + 1]prometheus.Counter
	refusals    [numRefusals]prometheus.Counter
	skipped     prometheus.Counter
	connected   prometheus.Gauge
	connects    prometheus.Counter
	disconnects [numEndings]prometheus.Counter
	future      prometheus.Counter
}

func (m *Metrics) of(feed string) *counters {
	c := &counters{
		skipped:   m.updates.WithLabelValues(feed, "skipped"),
		connected: m.connected.WithLabelValues(feed),
		connects:  m.connects.WithLabelValues(feed),
		future:    m.future.WithLabelValues(feed),
	}
	for i := range c.outcomes {
		c.outcomes[i] = m.updates.WithLabelValues(feed, market.Outcome(i).String())
	}
	for i := range c.refusals {
		c.refusals[i] = m.updates.WithLabelValues(feed, refusal(i).String())
	}
	for i := range c.disconnects {
		c.disconnects[i] = m.disconnects.WithLabelValues(feed, ending(i).String())
	}
	return c
}

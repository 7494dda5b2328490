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
	streams     *prometheus.GaugeVec
	refused     *prometheus.CounterVec
	missed      *prometheus.CounterVec
	handovers   *prometheus.CounterVec
}

// NewMetrics makes the metrics and registers them; a nil reg registers them
// nowhere. Like every double registration, a second call with the same reg
// panics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	in := promauto.With(reg)
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return in.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	gauge := func(name, help string) *prometheus.GaugeVec {
		return in.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, []string{"feed"})
	}
	return &Metrics{
		updates: counter("ticker_feed_updates_total",
			"Records of a feed by what became of them.", "feed", "result"),
		connected: gauge("ticker_feed_connected",
			"1 while the feed is connected to its source."),
		connects: counter("ticker_feed_connects_total",
			"Connections that a feed made.", "feed"),
		disconnects: counter("ticker_feed_disconnects_total",
			"Connections of a feed, and tries to make one, that ended, by why.", "feed", "reason"),
		future: counter("ticker_feed_future_total",
			"Updates whose time at the source is more than 24 h ahead of the local clock.", "feed"),
		streams: gauge("ticker_feed_streams",
			"Streams that the feed's exchange has granted and not ended."),
		refused: counter("ticker_feed_refused_streams_total",
			"Streams that the feed's exchange refused.", "feed"),
		missed: counter("ticker_feed_missed_trades_total",
			"Trades that the feed's exchange numbered and that never came.", "feed"),
		handovers: counter("ticker_feed_handovers_total",
			"Connections of a feed that another took over from before their planned end.", "feed"),
	}
}

// LiveCount takes what the feed of an exchange counts. The zero LiveCount counts
// for nobody.
type LiveCount struct {
	streams                    prometheus.Gauge
	refused, missed, handovers prometheus.Counter
}

// Live returns the counters of the feed of an exchange.
func (m *Metrics) Live(feed string) LiveCount {
	return LiveCount{
		streams: m.streams.WithLabelValues(feed), refused: m.refused.WithLabelValues(feed),
		missed: m.missed.WithLabelValues(feed), handovers: m.handovers.WithLabelValues(feed),
	}
}

// Streams adds to the streams that are granted; n may be below 0.
func (c LiveCount) Streams(n int) {
	if c.streams != nil {
		c.streams.Add(float64(n))
	}
}

// Refused counts streams that were refused.
func (c LiveCount) Refused(n int) { add(c.refused, uint64(n)) }

// Missed counts trades that never came.
func (c LiveCount) Missed(n uint64) { add(c.missed, n) }

// Handover counts a connection that another took over from.
func (c LiveCount) Handover() { add(c.handovers, 1) }

func add(to prometheus.Counter, n uint64) {
	if to != nil {
		to.Add(float64(n))
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
	outcomes    [market.NumOutcomes]prometheus.Counter
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

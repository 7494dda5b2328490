package nats

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Metrics are the counters of all NATS feeds of a process.
type Metrics struct{ dropped prometheus.Counter }

// NewMetrics makes the metrics and registers them; a nil reg registers them
// nowhere. Like every double registration, a second call with the same reg
// panics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	return &Metrics{dropped: promauto.With(reg).NewCounter(prometheus.CounterOpts{
		Name: "ticker_feed_nats_dropped_messages_total",
		Help: "Messages of NATS subjects that were lost because they came faster than they were read.",
	})}
}

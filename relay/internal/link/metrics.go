package link

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Metrics are those of one engine.
type Metrics struct {
	connected   prometheus.Gauge
	connections prometheus.Counter
	dropped     prometheus.Counter
}

// NewMetrics makes the metrics of an engine of this kind and registers them; a nil reg
// registers them nowhere. Like every double registration, a second call with the same
// reg and kind panics.
func NewMetrics(reg prometheus.Registerer, kind string) *Metrics {
	factory, labels := promauto.With(reg), prometheus.Labels{"engine": kind}
	return &Metrics{
		connected: factory.NewGauge(prometheus.GaugeOpts{
			Name: "ticker_relay_engine_connected", ConstLabels: labels,
			Help: "1 if the relay engine is connected.",
		}),
		connections: factory.NewCounter(prometheus.CounterOpts{
			Name: "ticker_relay_engine_connections_total", ConstLabels: labels,
			Help: "Connections to the relay engine that were made.",
		}),
		dropped: factory.NewCounter(prometheus.CounterOpts{
			Name: "ticker_relay_engine_dropped_messages_total", ConstLabels: labels,
			Help: "Messages of the relay engine that were lost because they came faster than they were read.",
		}),
	}
}

package publish

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Metrics are the counters of all publishers of a process. The label is a
// Publisher's name.
type Metrics struct {
	records   *prometheus.CounterVec
	conflated *prometheus.CounterVec
	connected *prometheus.GaugeVec
}

// NewMetrics makes the metrics and registers them; a nil reg registers them
// nowhere. Like every double registration, a second call with the same reg
// panics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	in := promauto.With(reg)
	return &Metrics{
		records: in.NewCounterVec(prometheus.CounterOpts{
			Name: "ticker_publish_records_total",
			Help: "Records that were handed to a sink, by what became of them: sent, or failed and handed over again.",
		}, []string{"sink", "result"}),
		conflated: in.NewCounterVec(prometheus.CounterOpts{
			Name: "ticker_publish_conflated_updates_total",
			Help: "Updates that a newer record stood for at a sink.",
		}, []string{"sink"}),
		connected: in.NewGaugeVec(prometheus.GaugeOpts{
			Name: "ticker_publish_connected", Help: "1 after a sink took what it was handed, 0 after it failed and before the first time.",
		}, []string{"sink"}),
	}
}

// counters are the metrics of one publisher.
type counters struct {
	sent, failed, conflated prometheus.Counter
	connected               prometheus.Gauge
}

func (m *Metrics) of(sink string) counters {
	return counters{
		sent:      m.records.WithLabelValues(sink, "sent"),
		failed:    m.records.WithLabelValues(sink, "failed"),
		conflated: m.conflated.WithLabelValues(sink),
		connected: m.connected.WithLabelValues(sink),
	}
}

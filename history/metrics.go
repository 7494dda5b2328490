package history

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Metrics are the counters of a recording. Every sample that was taken from the
// book or found in the spool is counted once: as stored, lost or refused, or in
// the backlog. What the book itself could not keep is counted as lost besides.
type Metrics struct {
	stored, lost, refused prometheus.Counter
	backlog, spoolBytes   prometheus.Gauge
	storeUp               prometheus.Gauge
	writeSeconds          prometheus.Histogram
}

// NewMetrics makes the metrics and registers them; a nil reg registers them
// nowhere. Like every double registration, a second call with the same reg
// panics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	in := promauto.With(reg)
	gauge := func(name, help string) prometheus.Gauge {
		return in.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
	}
	rows := in.NewCounterVec(prometheus.CounterOpts{
		Name: "ticker_history_rows_total", Help: "Samples by what became of them.",
	}, []string{"result"})
	return &Metrics{
		stored:  rows.WithLabelValues("stored"),
		lost:    rows.WithLabelValues("lost"),
		refused: rows.WithLabelValues("refused"),
		backlog: gauge("ticker_history_backlog_rows",
			"Samples in memory and in the spool that the store has not taken yet."),
		spoolBytes: gauge("ticker_history_spool_bytes", "Size of the spool on disk."),
		storeUp:    gauge("ticker_history_store_up", "1 while the store is reachable."),
		writeSeconds: in.NewHistogram(prometheus.HistogramOpts{
			Name: "ticker_history_write_seconds", Help: "How long the store needed for one batch, failures included.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 14),
		}),
	}
}

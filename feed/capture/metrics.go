package capture

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Metrics are the counters of all recorders of a process. Every message is
// counted once, as recorded, lost or refused, or is in the buffer.
type Metrics struct {
	messages, bytes, errors *prometheus.CounterVec
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
		messages: counter("ticker_capture_messages_total",
			"Raw messages of a feed by what became of them.", "feed", "result"),
		bytes: counter("ticker_capture_bytes_total",
			"Bytes of recordings written, compressed.", "feed"),
		errors: counter("ticker_capture_errors_total",
			"Tries to write a recording that failed.", "feed"),
	}
}

// counters are those of one feed, looked up once.
type counters struct {
	recorded, lost, refused, bytes, errors prometheus.Counter
}

func (m *Metrics) of(feed string) counters {
	return counters{
		recorded: m.messages.WithLabelValues(feed, "recorded"),
		lost:     m.messages.WithLabelValues(feed, "lost"),
		refused:  m.messages.WithLabelValues(feed, "refused"),
		bytes:    m.bytes.WithLabelValues(feed),
		errors:   m.errors.WithLabelValues(feed),
	}
}

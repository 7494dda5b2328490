package auth

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// method is how a credential was judged, as a metric label.
type method uint8

const (
	byKey method = iota
	byJWT
	numMethods
)

var methodNames = [numMethods]string{"key", "jwt"}

// Metrics are the counters of authentication.
type Metrics struct {
	accepted [numMethods]prometheus.Counter
	refused  [numMethods][numReasons]prometheus.Counter
	held     *prometheus.GaugeVec
	readAt   *prometheus.GaugeVec
	readings *prometheus.CounterVec
}

// NewMetrics makes the metrics and registers them; a nil reg registers them
// nowhere. Like every double registration, a second call with the same reg
// panics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	in := promauto.With(reg)
	judged := in.NewCounterVec(prometheus.CounterOpts{
		Name: "ticker_auth_total", Help: "Credentials that were judged, by what became of them.",
	}, []string{"method", "result"})
	m := &Metrics{
		held: in.NewGaugeVec(prometheus.GaugeOpts{
			Name: "ticker_auth_keys", Help: "Keys, or revocations, that a source has.",
		}, []string{"source"}),
		readAt: in.NewGaugeVec(prometheus.GaugeOpts{
			Name: "ticker_auth_key_read_timestamp_seconds",
			Help: "When a source was last read without a mistake; its age is the time since.",
		}, []string{"source"}),
		readings: in.NewCounterVec(prometheus.CounterOpts{
			Name: "ticker_auth_key_refresh_total", Help: "Readings of a source by how they ended.",
		}, []string{"source", "result"}),
	}
	for method, name := range methodNames {
		m.accepted[method] = judged.WithLabelValues(name, "ok")
		for reason := range numReasons {
			m.refused[method][reason] = judged.WithLabelValues(name, reason.String())
		}
	}
	return m
}

// judged counts a credential; refusal is nil if it was accepted.
func (m *Metrics) judged(by method, refusal *Refusal) {
	if refusal == nil {
		m.accepted[by].Inc()
		return
	}
	m.refused[by][refusal.Reason].Inc()
}

// sourceCount takes what one source counts.
type sourceCount struct {
	held, readAt prometheus.Gauge
	ok, failed   prometheus.Counter
}

func (m *Metrics) source(name string) sourceCount {
	return sourceCount{
		held: m.held.WithLabelValues(name), readAt: m.readAt.WithLabelValues(name),
		ok: m.readings.WithLabelValues(name, "ok"), failed: m.readings.WithLabelValues(name, "failed"),
	}
}

func (c sourceCount) reading(held int, at time.Time, err error) {
	if err != nil {
		c.failed.Inc()
		return
	}
	c.ok.Inc()
	c.held.Set(float64(held))
	c.readAt.Set(float64(at.UnixMilli()) / 1000)
}

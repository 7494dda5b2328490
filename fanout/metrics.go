package fanout

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// Transport is a way to a client, a label of the metrics.
type Transport uint8

// The transports.
const (
	WebSocket Transport = iota
	SSE
	Poll
	numTransports
)

var transportNames = [numTransports]string{"websocket", "sse", "poll"}

// transportStats counts what one transport delivered.
type transportStats struct {
	sessions atomic.Int64
	updates  atomic.Uint64
	frames   atomic.Uint64
	bytes    atomic.Uint64
}

// metrics are plain counters, added up when they are scraped: a shared
// histogram would be where all workers meet.
type metrics struct {
	transports    [numTransports]transportStats
	subscriptions atomic.Int64
	conflated     atomic.Uint64
	ages          []ages
	load          *load

	descSessions, descSubscriptions, descUpdates *prometheus.Desc
	descFrames, descBytes, descConflated         *prometheus.Desc
	descAge, descBehind, descWidened             *prometheus.Desc
}

func newMetrics(workers int, l *load) *metrics {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	return &metrics{
		ages:              make([]ages, workers),
		load:              l,
		descSessions:      desc("ticker_sessions", "Open sessions.", "transport"),
		descSubscriptions: desc("ticker_subscriptions", "Names and patterns subscribed to, over all sessions."),
		descUpdates:       desc("ticker_delivered_updates_total", "Records written to clients.", "transport"),
		descFrames:        desc("ticker_delivered_frames_total", "Frames of records written to clients.", "transport"),
		descBytes:         desc("ticker_delivered_bytes_total", "Bytes of those frames.", "transport"),
		descConflated:     desc("ticker_conflated_updates_total", "Updates that a newer record stood in for."),
		descAge:           desc("ticker_delivery_age_seconds", "Age of records when written, since they were accepted."),
		descBehind:        desc("ticker_behind_seconds_total", "Time in which a flush was due for more than 50 ms."),
		descWidened:       desc("ticker_intervals_widened", "By what intervals are multiplied for want of processor; 1 usually."),
	}
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(m, ch) }

// Collect implements prometheus.Collector.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	counter := func(desc *prometheus.Desc, value uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(value), labels...)
	}
	gauge := func(desc *prometheus.Desc, value int64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(value), labels...)
	}
	for t := range m.transports {
		stat, name := &m.transports[t], transportNames[t]
		gauge(m.descSessions, stat.sessions.Load(), name)
		counter(m.descUpdates, stat.updates.Load(), name)
		counter(m.descFrames, stat.frames.Load(), name)
		counter(m.descBytes, stat.bytes.Load(), name)
	}
	gauge(m.descSubscriptions, m.subscriptions.Load())
	counter(m.descConflated, m.conflated.Load())
	ch <- prometheus.MustNewConstMetric(m.descBehind, prometheus.CounterValue, m.load.total().Seconds())
	gauge(m.descWidened, int64(m.load.factor()))
	count, sum, buckets := m.sumAges()
	ch <- prometheus.MustNewConstHistogram(m.descAge, count, sum, buckets)
}

// sumAges adds the workers' counts up, and rounds the buckets to every second
// power of two, from 64 µs to 17 s.
func (m *metrics) sumAges() (count uint64, seconds float64, buckets map[float64]uint64) {
	const firstBound, lastBound = 64, 64 << 18
	var sums [numAges]uint64
	for i := range m.ages {
		a := &m.ages[i]
		a.mu.Lock()
		for b := range sums {
			sums[b] += a.counts[b]
		}
		seconds += float64(a.micros) / 1e6
		a.mu.Unlock()
	}
	buckets = make(map[float64]uint64)
	next := int64(firstBound)
	for b, n := range sums {
		if ageBound(b) == next && next <= lastBound {
			buckets[float64(next)/1e6] = count
			next *= 4
		}
		count += n
	}
	return count, seconds, buckets
}

package relay

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// publisherMetrics are those of a leader.
type publisherMetrics struct {
	records, bytes, overflow prometheus.Counter
	rounds                   *prometheus.CounterVec // by result: sent, failed, suspended
	leading                  prometheus.Gauge
}

func newPublisherMetrics(reg prometheus.Registerer) *publisherMetrics {
	in := promauto.With(reg)
	return &publisherMetrics{
		records: counter(in, "ticker_relay_sent_records_total", "Records that the leader sent to those who follow."),
		bytes:   counter(in, "ticker_relay_sent_bytes_total", "Bytes that the leader gave to the engine, snapshots included."),
		overflow: counter(in, "ticker_relay_snapshot_overflow_total",
			"Records that were left out of a snapshot since a message has no room for them."),
		rounds: in.NewCounterVec(prometheus.CounterOpts{
			Name: "ticker_relay_rounds_total",
			Help: "Rounds of the leader, by what became of them: sent, failed, or suspended since the lease might have ended.",
		}, []string{"result"}),
		leading: in.NewGauge(prometheus.GaugeOpts{Name: "ticker_relay_leading", Help: "1 while this node leads."}),
	}
}

func counter(in promauto.Factory, name, help string) prometheus.Counter {
	return in.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
}

// followerMetrics are those of a follower.
type followerMetrics struct {
	records    prometheus.Counter
	dropped    *prometheus.CounterVec // by reason: full, bad, term
	gaps       *prometheus.CounterVec // by healed: backlog, snapshot
	connected  prometheus.Gauge
	partitions *prometheus.GaugeVec // by state
}

func newFollowerMetrics(reg prometheus.Registerer, tickAge func() float64) *followerMetrics {
	in := promauto.With(reg)
	in.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "ticker_relay_tick_age_seconds", Help: "Time since the last tick of the leader, or since the start if there was none.",
	}, tickAge)
	return &followerMetrics{
		records: counter(in, "ticker_relay_received_records_total", "Records that came from the leader, snapshots included."),
		dropped: in.NewCounterVec(prometheus.CounterOpts{
			Name: "ticker_relay_dropped_messages_total",
			Help: "Messages that were dropped: the queue was full, they could not be read (bad), or came from a deposed leader (term).",
		}, []string{"reason"}),
		gaps: in.NewCounterVec(prometheus.CounterOpts{
			Name: "ticker_relay_gaps_total", Help: "Gaps that were healed, by what healed them.",
		}, []string{"healed"}),
		connected: in.NewGauge(prometheus.GaugeOpts{
			Name: "ticker_relay_connected", Help: "1 while ticks of the leader come in time.",
		}),
		partitions: in.NewGaugeVec(prometheus.GaugeOpts{
			Name: "ticker_relay_partitions", Help: "Partitions by state: off, loading, gap, in_step.",
		}, []string{"state"}),
	}
}

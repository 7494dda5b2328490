package past

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ticker/market"
)

// followCounters count what became of the updates of a Follower.
type followCounters [market.Full + 1]prometheus.Counter

// newFollowCounters makes the metrics of a Follower and registers them, nowhere if
// there is no registerer. The error is that of the registerer.
func newFollowCounters(cfg *FollowConfig, lag func() time.Duration) (count followCounters, err error) {
	delay := prometheus.Labels{"delay": cfg.Delay.String()}
	updates := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "ticker_delayed_updates_total", ConstLabels: delay,
		Help: "Recorded updates of the delayed quotes, by what became of them.",
	}, []string{"result"})
	for outcome := range count {
		count[outcome] = updates.WithLabelValues(market.Outcome(outcome).String())
	}
	late := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "ticker_delayed_lag_seconds", ConstLabels: delay,
		Help: "How much later than their delay the delayed quotes are.",
	}, func() float64 { return lag().Seconds() })
	if cfg.Registerer == nil {
		return count, nil
	}
	for _, c := range []prometheus.Collector{updates, late} {
		if err := cfg.Registerer.Register(c); err != nil {
			return count, err
		}
	}
	return count, nil
}

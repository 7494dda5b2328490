package redis_test

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"ticker/internal/redistest"
	"ticker/relay/internal/enginetest"
	"ticker/relay/redis"
)

func TestEngine(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, enginetest.Kit{
		Start: func(t *testing.T) enginetest.Server {
			t.Helper()
			return redistest.Start(t, redistest.Options{Persist: true})
		},
		New: func(addr string, reg prometheus.Registerer) (enginetest.Engine, error) {
			return redis.New(redis.Config{URL: "redis://" + addr, Metrics: redis.NewMetrics(reg)})
		},
	})
}

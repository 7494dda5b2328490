package nats_test

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"ticker/internal/natsconn"
	"ticker/internal/natstest"
	"ticker/relay/internal/enginetest"
	"ticker/relay/nats"
)

func TestEngine(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, enginetest.Kit{
		Start: func(t *testing.T) enginetest.Server {
			t.Helper()
			return natstest.Start(t, natstest.Options{})
		},
		New: func(addr string, reg prometheus.Registerer) (enginetest.Engine, error) {
			return nats.New(nats.Config{
				Access: natsconn.Access{URLs: []string{"nats://" + addr}}, Metrics: nats.NewMetrics(reg),
			})
		},
	})
}

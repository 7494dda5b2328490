package link

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"golang.org/x/time/rate"
)

const (
	// The wait before the next try is random below a limit that doubles from the one
	// to the other.
	leastPause = 100 * time.Millisecond
	mostPause  = 500 * time.Millisecond // healed within 2 s of the engine being back

	// reportEvery is how often the same trouble is logged.
	reportEvery = 10 * time.Second
)

// ErrAway reports that there is no connection to the engine.
var ErrAway = errors.New("not connected to the engine")

// Keeper keeps an engine connected.
type Keeper struct {
	// Connect makes one connection, calls up when it works, and returns why it ended.
	Connect func(ctx context.Context, up func()) error
	Log     *slog.Logger
	Metrics *Metrics
}

// Run connects again and again until ctx is done.
func (k *Keeper) Run(ctx context.Context) {
	report := rate.Sometimes{First: 1, Interval: reportEvery}
	limit := leastPause
	for ctx.Err() == nil {
		err := k.Connect(ctx, func() {
			limit = leastPause
			k.Metrics.connections.Inc()
			k.Metrics.connected.Set(1)
			k.Log.Info("relay engine is connected")
		})
		k.Metrics.connected.Set(0)
		if ctx.Err() != nil {
			return
		}
		report.Do(func() { k.Log.Warn("relay engine is away", slog.Any("error", err)) })
		pause(ctx, rand.N(limit))
		limit = min(2*limit, mostPause)
	}
}

// pause waits, but not longer than for ctx.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

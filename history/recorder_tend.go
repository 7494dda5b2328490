package history

import (
	"context"
	"log/slog"
	"time"
)

const (
	maintainEvery   = time.Hour
	maintainRetry   = time.Minute
	maintainTimeout = 30 * time.Second
	// reportEvery is the time between two log lines about what goes on.
	reportEvery = 30 * time.Second
)

// maintain maintains the store when it was opened, and every hour. It does so
// beside the writing, with a deadline of its own.
func (r *Recorder) maintain(ctx context.Context) {
	select {
	case <-ctx.Done():
		return
	case <-r.Opened():
	}
	next := time.NewTimer(0)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-next.C:
			next.Reset(r.maintainOnce(ctx))
		}
	}
}

// maintainOnce returns in what time to maintain the store again.
func (r *Recorder) maintainOnce(ctx context.Context) time.Duration {
	within, cancel := context.WithTimeout(ctx, maintainTimeout)
	defer cancel()
	err := r.cfg.Store.Maintain(within, time.Now(), r.cfg.Keep)
	if err == nil || ctx.Err() != nil {
		return maintainEvery
	}
	r.cfg.Logger.Warn("history store could not be maintained",
		slog.Any("error", err), slog.Duration("next_try_in", maintainRetry))
	return maintainRetry
}

// report says from time to time what is lost or refused, and that the store is
// still unreachable. That it is neither done by those who notice nor when they
// do bounds the rate of lines, and lets no sample wait for a log.
func (r *Recorder) report(ctx context.Context) {
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	var said totals
	unreachable := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			now := r.backlog.summary()
			r.logChange(said, now)
			said = now
			trouble := r.Trouble()
			if trouble != "" && unreachable {
				r.cfg.Logger.Warn("history store is still unreachable",
					slog.String("error", trouble), slog.Uint64("backlog_rows", now.backlog))
			}
			unreachable = trouble != ""
		}
	}
}

func (r *Recorder) logChange(said, now totals) {
	if n := now.lost - said.lost; n > 0 {
		r.cfg.Logger.Error("history samples are lost",
			slog.Uint64("rows", n), slog.Uint64("backlog_rows", now.backlog))
	}
	if n := now.refused - said.refused; n > 0 {
		r.cfg.Logger.Error("history store refuses samples",
			slog.Uint64("rows", n), slog.String("file", refusedPath(r.cfg.Spool)))
	}
}

// logEnd says what became of everything.
func (r *Recorder) logEnd(ctx context.Context, unsaved int) {
	now := r.backlog.summary()
	level := slog.LevelInfo
	if unsaved > 0 {
		level = slog.LevelError
	}
	r.cfg.Logger.Log(ctx, level, "history recorder has ended", slog.Int("unsaved_rows", unsaved),
		slog.Uint64("spooled_rows", now.backlog), slog.Uint64("stored_rows", now.stored),
		slog.Uint64("refused_rows", now.refused), slog.Uint64("lost_rows", now.lost))
}

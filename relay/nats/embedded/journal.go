package embedded

import (
	"fmt"
	"log/slog"
)

// journal takes what the server says. It is a server.Logger.
type journal struct {
	log   *slog.Logger
	fatal chan error // has the first reason for which it cannot go on
}

func newJournal(log *slog.Logger) *journal { return &journal{log: log, fatal: make(chan error, 1)} }

// Noticef takes a notice: there are dozens at a start, which only who looks for trouble
// wants to see.
func (j *journal) Noticef(format string, v ...any) { j.log.Debug("nats notes", says(format, v)) }

// Warnf takes a warning.
func (j *journal) Warnf(format string, v ...any) { j.log.Warn("nats warns", says(format, v)) }

// Errorf takes an error.
func (j *journal) Errorf(format string, v ...any) { j.log.Error("nats failed", says(format, v)) }

// Fatalf takes a reason to end the process, which is left to whoever runs the server.
func (j *journal) Fatalf(format string, v ...any) {
	select {
	case j.fatal <- fmt.Errorf(format, v...):
	default:
	}
}

// Debugf is not asked for.
func (j *journal) Debugf(string, ...any) {}

// Tracef is not asked for.
func (j *journal) Tracef(string, ...any) {}

func says(format string, v []any) slog.Attr { return slog.String("text", fmt.Sprintf(format, v...)) }

package publish

import (
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"ticker/book"
	"ticker/market"
)

// Defaults of a Config that leaves them 0.
const (
	defaultInterval     = 100 * time.Millisecond
	defaultSendTimeout  = 10 * time.Second
	defaultFlushTimeout = 2 * time.Second
	defaultBackoffMin   = 250 * time.Millisecond
	defaultBackoffMax   = 30 * time.Second
)

// Config says what a Publisher is made of. Name, Book and Sink are required.
type Config struct {
	// Name is the metric label, and tells sinks apart in the log.
	Name string
	// Book is what is published. It must have been made to encode JSON records
	// under the number of wire.JSON.
	Book *book.Book
	// Interval is the time from one round to the next: 100 ms if 0.
	Interval time.Duration
	// Patterns are the symbols to publish; none is all.
	Patterns []market.Pattern
	Sink     Sink
	// SendTimeout bounds one Send: 10 s if 0.
	SendTimeout time.Duration
	// FlushTimeout bounds what happens after the end: 2 s if 0.
	FlushTimeout time.Duration
	// Logger gets one line when an outage begins and one when it ends. Nil logs
	// nothing.
	Logger *slog.Logger
	// Metrics counts; nil counts for nobody.
	Metrics *Metrics
	// Random returns a number in [0, n) for the jitter; nil is math/rand/v2.
	Random func(n int64) int64
}

func (c *Config) validate() error {
	switch {
	case c.Name == "":
		return errors.New("no name")
	case c.Book == nil:
		return errors.New("no book")
	case c.Sink == nil:
		return errors.New("no sink")
	case c.Interval < 0 || c.SendTimeout < 0 || c.FlushTimeout < 0:
		return errors.New("interval and timeouts must not be negative")
	}
	return nil
}

func (c *Config) complete() {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{{&c.Interval, defaultInterval}, {&c.SendTimeout, defaultSendTimeout}, {&c.FlushTimeout, defaultFlushTimeout}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Metrics == nil {
		c.Metrics = NewMetrics(nil)
	}
	if c.Random == nil {
		c.Random = rand.Int64N
	}
	c.Logger = c.Logger.With("sink", c.Name)
}

package past

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strings"

	"ticker/feed/internal/pace"
	"ticker/market"
)

// Config says what to play and how.
type Config struct {
	// Symbols are the names and patterns to play; empty for all.
	Symbols []market.Pattern
	// From inclusive and To exclusive, in microseconds since the Unix epoch,
	// are what to play. To is 0 for the time at which Run is called first.
	From, To int64
	// Speed of the replay; 0 is as fast as it was.
	Speed pace.Speed
	// Clock says what the receive time of the updates is.
	Clock pace.Clock
	// Reader has what is played.
	Reader Reader
	// Logger takes a line for the end; nil is slog.Default.
	Logger *slog.Logger
}

// ParseOptions reads `from`, which must be there, `to`, `speed`, `clock` and
// `symbols`, names and patterns with commas between them. parseTime reads a
// time. The error names the option that is missing, unknown or has a bad value.
func ParseOptions(options url.Values, parseTime func(string) (int64, error)) (Config, error) {
	var c Config
	if !options.Has("from") {
		return c, errors.New("from is missing: the time at which to begin")
	}
	for _, key := range slices.Sorted(maps.Keys(options)) {
		if err := c.set(key, options.Get(key), parseTime); err != nil {
			return Config{}, err
		}
	}
	return c, nil
}

func (c *Config) set(key, value string, parseTime func(string) (int64, error)) (err error) {
	switch key {
	case "from":
		c.From, err = parseTime(value)
	case "to":
		c.To, err = parseTime(value)
	case "speed":
		c.Speed, err = pace.ParseSpeed(value)
	case "clock":
		c.Clock, err = pace.ParseClock(value)
	case "symbols":
		c.Symbols, err = parsePatterns(value)
	default:
		return fmt.Errorf("unknown option %q: want from, to, speed, clock or symbols", key)
	}
	if err != nil && !strings.Contains(err.Error(), key) {
		err = fmt.Errorf("%s %q: %w", key, value, err)
	}
	return err
}

func parsePatterns(list string) ([]market.Pattern, error) {
	var patterns []market.Pattern
	for name := range strings.SplitSeq(list, ",") {
		p, err := market.ParsePattern(name)
		if err != nil {
			return nil, err
		}
		patterns = append(patterns, p)
	}
	return patterns, nil
}

// validate checks the configuration and completes it.
func (c *Config) validate() error {
	switch {
	case c.Reader == nil:
		return errors.New("no history to read from")
	case c.To != 0 && c.From >= c.To:
		return errors.New("from must be before to")
	case c.Speed < 0:
		return fmt.Errorf("speed %d is below 0", c.Speed)
	}
	if c.Speed == 0 {
		c.Speed = pace.Recorded
	}
	if len(c.Symbols) == 0 {
		all, err := everything()
		if err != nil {
			return err
		}
		c.Symbols = all
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return nil
}

// everything is the pattern of all symbols.
func everything() ([]market.Pattern, error) {
	all, err := market.ParsePattern("*")
	return []market.Pattern{all}, err
}

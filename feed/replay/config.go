package replay

import (
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"slices"

	"ticker/feed/internal/pace"
)

// Config says what to play and how.
type Config struct {
	// Paths names the files: one, several with commas between them, or globs.
	Paths string
	// Venue whose messages they hold: coinbase, binance, kraken, bitstamp or
	// okx. Empty for records of this service.
	Venue string
	// Speed of the replay; 0 is as fast as it was recorded.
	Speed pace.Speed
	// Loop begins again when all is played.
	Loop bool
	// Clock says what the receive time of the updates is.
	Clock pace.Clock
	// Logger takes a line for the end of the recording, and for files that
	// end early; nil is slog.Default.
	Logger *slog.Logger
}

// ParseOptions reads `venue`, `speed`, `loop` and `clock`; what is absent has
// its zero value, and speed is 1. The error names the option that
// is unknown, stands there twice, or has a bad value.
func ParseOptions(paths string, options url.Values) (Config, error) {
	c := Config{Paths: paths, Speed: pace.Recorded}
	for _, key := range slices.Sorted(maps.Keys(options)) {
		if err := c.set(key, options[key]); err != nil {
			return Config{}, fmt.Errorf("parse replay options: %w", err)
		}
	}
	return c, nil
}

func (c *Config) set(key string, values []string) error {
	if len(values) != 1 {
		return fmt.Errorf("%q is given %d times", key, len(values))
	}
	value, err := values[0], error(nil)
	switch key {
	case "venue":
		c.Venue = value
		_, err = newParser(value)
	case "speed":
		c.Speed, err = pace.ParseSpeed(value)
	case "loop":
		c.Loop, err = pace.Choose("loop", value, map[string]bool{"true": true, "false": false})
	case "clock":
		c.Clock, err = pace.ParseClock(value)
	default:
		err = fmt.Errorf("unknown option %q: want venue, speed, loop or clock", key)
	}
	return err
}

package sim

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
)

// Limits of a Config.
const (
	MaxSymbols = 100_000
	MaxRate    = 5_000_000
)

// Config says what market to simulate.
type Config struct {
	// Symbols is how many symbols there are: 1 to MaxSymbols.
	Symbols int
	// Active is how many of them, from the first, change after their first
	// record: 1 to Symbols, or 0 for all.
	Active int
	// Rate is the number of updates a second, of all symbols together: 1 to
	// MaxRate.
	Rate int
	// Seed picks the market.
	Seed uint64
}

// Default returns a market of 500 symbols at 20,000 updates a second.
func Default() Config { return Config{Symbols: 500, Rate: 20_000, Seed: 1} }

func (c Config) validate() error {
	if c.Symbols < 1 || c.Symbols > MaxSymbols {
		return fmt.Errorf("symbols must be 1 to %d, not %d", MaxSymbols, c.Symbols)
	}
	if c.Active < 0 || c.Active > c.Symbols {
		return fmt.Errorf("active must be 0 to the %d symbols, not %d", c.Symbols, c.Active)
	}
	if c.Rate < 1 || c.Rate > MaxRate {
		return fmt.Errorf("rate must be 1 to %d updates a second, not %d", MaxRate, c.Rate)
	}
	return nil
}

// ParseOptions reads `symbols`, `active`, `rate` and `seed`; what is absent has the value
// of Default. The error names the option that is unknown, stands there twice,
// or has a bad value.
func ParseOptions(options url.Values) (Config, error) {
	cfg := Default()
	for _, key := range slices.Sorted(maps.Keys(options)) {
		if err := cfg.set(key, options[key]); err != nil {
			return Config{}, fmt.Errorf("parse sim options: %w", err)
		}
	}
	if err := cfg.validate(); err != nil {
		return Config{}, fmt.Errorf("parse sim options: %w", err)
	}
	return cfg, nil
}

func (c *Config) set(key string, values []string) error {
	if len(values) != 1 {
		return fmt.Errorf("%q is given %d times", key, len(values))
	}
	var err error
	switch key {
	case "symbols":
		c.Symbols, err = strconv.Atoi(values[0])
	case "active":
		c.Active, err = strconv.Atoi(values[0])
	case "rate":
		c.Rate, err = strconv.Atoi(values[0])
	case "seed":
		c.Seed, err = strconv.ParseUint(values[0], 10, 64)
	default:
		return fmt.Errorf("unknown option %q: want active, rate, seed or symbols", key)
	}
	if err != nil {
		return fmt.Errorf("%s must be a whole number, not %q", key, values[0])
	}
	return nil
}

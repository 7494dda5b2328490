package replay

import (
	"fmt"
	"log/slog"
	"maps"
	"math"
	"math/bits"
	"net/url"
	"slices"
	"strings"
	"time"

	"ticker/feed/internal/venue"
)

// Config says what to play and how.
type Config struct {
	// Paths names the files: one, several with commas between them, or globs.
	Paths string
	// Venue whose messages they hold: coinbase, binance, kraken, bitstamp or
	// okx. Empty for records of this service.
	Venue string
	// Speed of the replay; 0 is RecordedSpeed.
	Speed Speed
	// Loop begins again when all is played.
	Loop bool
	// Clock says what the receive time of the updates is.
	Clock Clock
	// Logger takes a line for the end of the recording, and for files that
	// end early; nil is slog.Default.
	Logger *slog.Logger
}

// Clock says where receive times come from.
type Clock uint8

// The clocks.
const (
	// Now leaves the receive time to the Sink.
	Now Clock = iota
	// Recorded takes the receive time of the recording where it has one.
	Recorded
)

// Speed is how much faster than it was recorded a replay goes, in millionths.
type Speed int64

// Notable speeds.
const (
	RecordedSpeed Speed = 1_000_000
	// Max does not pace at all.
	Max Speed = math.MaxInt64
)

// ParseSpeed reads "max", or a number above zero: "1", "0.25", "60". What is
// finer than a millionth is cut.
func ParseSpeed(text string) (Speed, error) {
	if text == "max" {
		return Max, nil
	}
	n, ok := venue.Fixed([]byte(text), 6)
	if speed := Speed(n); ok && speed > 0 && speed < Max {
		return speed, nil
	}
	return 0, fmt.Errorf("speed %q is neither max nor a number above 0", text)
}

// played returns how long a recorded time takes to play.
func (s Speed) played(recorded time.Duration) time.Duration {
	if recorded <= 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(recorded), uint64(RecordedSpeed))
	if hi >= uint64(s) {
		return math.MaxInt64
	}
	played, _ := bits.Div64(hi, lo, uint64(s))
	return time.Duration(min(played, math.MaxInt64))
}

// ParseOptions reads `venue`, `speed`, `loop` and `clock`; what is absent has
// its zero value, and speed is RecordedSpeed. The error names the option that
// is unknown, stands there twice, or has a bad value.
func ParseOptions(paths string, options url.Values) (Config, error) {
	c := Config{Paths: paths, Speed: RecordedSpeed}
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
		c.Speed, err = ParseSpeed(value)
	case "loop":
		c.Loop, err = parseChoice("loop", value, map[string]bool{"true": true, "false": false})
	case "clock":
		c.Clock, err = parseChoice("clock", value, map[string]Clock{"recorded": Recorded, "now": Now})
	default:
		err = fmt.Errorf("unknown option %q: want venue, speed, loop or clock", key)
	}
	return err
}

func parseChoice[T any](key, value string, choices map[string]T) (T, error) {
	choice, ok := choices[value]
	if !ok {
		names := slices.Sorted(maps.Keys(choices))
		return choice, fmt.Errorf("%s %q is none of %s", key, value, strings.Join(names, ", "))
	}
	return choice, nil
}

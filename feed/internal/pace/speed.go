package pace

import (
	"fmt"
	"math"
	"math/bits"
	"time"

	"ticker/feed/internal/venue"
)

// Speed is how much faster than it was recorded something is played, in
// millionths.
type Speed int64

// Notable speeds.
const (
	Recorded Speed = 1_000_000
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

// Played returns how long a recorded time takes to play.
func (s Speed) Played(recorded time.Duration) time.Duration {
	if recorded <= 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(recorded), uint64(Recorded))
	if hi >= uint64(s) {
		return math.MaxInt64
	}
	played, _ := bits.Div64(hi, lo, uint64(s))
	return time.Duration(min(played, math.MaxInt64))
}

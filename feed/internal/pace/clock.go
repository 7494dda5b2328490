package pace

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Clock says where receive times come from.
type Clock uint8

// The clocks.
const (
	// Now leaves the receive time to the sink.
	Now Clock = iota
	// AsRecorded takes the receive time of the recording where it has one.
	AsRecorded
)

// ParseClock reads "now" or "recorded".
func ParseClock(text string) (Clock, error) {
	return Choose("clock", text, map[string]Clock{"recorded": AsRecorded, "now": Now})
}

// Choose returns what a value of an option stands for. The error lists those
// that there are.
func Choose[T any](option, value string, choices map[string]T) (T, error) {
	choice, ok := choices[value]
	if !ok {
		names := slices.Sorted(maps.Keys(choices))
		return choice, fmt.Errorf("%s %q is none of %s", option, value, strings.Join(names, ", "))
	}
	return choice, nil
}

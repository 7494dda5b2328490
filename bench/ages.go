package bench

import (
	"fmt"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	// maxAge is the largest age that is told from others, in microseconds: a
	// quarter of an hour.
	maxAge = 15 * 60 * 1_000_000
	// ageDigits are kept of each age: a percentile is within 1 % of the true one.
	ageDigits = 2
)

// Ages is a histogram of ages in microseconds. It is not safe for concurrent
// use. In JSON it is the text that histograms of this kind are exchanged as.
type Ages struct{ histogram *hdrhistogram.Histogram }

// NewAges returns an empty histogram.
func NewAges() *Ages {
	return &Ages{hdrhistogram.New(1, maxAge, ageDigits)}
}

// Add counts one age. One below a microsecond, as clocks that are stepped make
// it, counts as a microsecond; one beyond the range as the largest.
func (a *Ages) Add(micros int64) { a.AddMany(micros, 1) }

// AddMany counts one age several times.
func (a *Ages) AddMany(micros, times int64) {
	_ = a.histogram.RecordValues(min(max(micros, 1), maxAge), times) // always in range
}

// Merge adds what another histogram has.
func (a *Ages) Merge(other *Ages) { a.histogram.Merge(other.histogram) }

// Reset empties the histogram.
func (a *Ages) Reset() { a.histogram.Reset() }

// Count returns how many ages were added.
func (a *Ages) Count() int64 { return a.histogram.TotalCount() }

// Percentile returns the age that the given percentage of all are at or below,
// in microseconds; 0 if there are none.
func (a *Ages) Percentile(percent float64) int64 {
	if a.Count() == 0 {
		return 0
	}
	return a.histogram.ValueAtPercentile(percent)
}

// Max returns the largest age, in microseconds.
func (a *Ages) Max() int64 { return a.histogram.Max() }

// MarshalText implements encoding.TextMarshaler.
func (a *Ages) MarshalText() ([]byte, error) {
	text, err := a.histogram.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		return nil, fmt.Errorf("encode ages: %w", err)
	}
	return text, nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *Ages) UnmarshalText(text []byte) error {
	histogram, err := hdrhistogram.Decode(text)
	if err != nil {
		return fmt.Errorf("decode ages: %w", err)
	}
	a.histogram = histogram
	return nil
}

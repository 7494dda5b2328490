package postgres

import (
	"time"
)

// day counts the days of UTC since the Unix epoch.
type day int64

const dayMicros = int64(24 * time.Hour / time.Microsecond)

// The times that are kept: the years 1 to 9999, which both Go and SQL write with
// four digits.
const (
	minTime = -62_135_596_800_000_000
	maxTime = 253_402_300_799_999_999
)

// dayOf returns the day that a time is in.
func dayOf(at int64) day {
	d := at / dayMicros
	if at%dayMicros < 0 {
		d--
	}
	return day(d)
}

func dayOfTime(t time.Time) day { return dayOf(t.UnixMicro()) }

// start returns the first microsecond of the day.
func (d day) start() int64 { return int64(d) * dayMicros }

// end returns the first microsecond of the next.
func (d day) end() int64 { return (d + 1).start() }

func (d day) time() time.Time { return micros(d.start()) }

// String returns what stands behind the names of the day's partitions.
func (d day) String() string { return d.time().Format("20060102") }

// micros returns the time of microseconds since the Unix epoch.
func micros(at int64) time.Time { return time.UnixMicro(at).UTC() }

// within brings a time that is asked for to those that are kept, or to the first
// behind them, as the end of a span.
func within(at int64) int64 { return min(max(at, minTime), maxTime+1) }

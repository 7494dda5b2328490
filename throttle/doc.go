// Package throttle limits rates: how often a lane may send, how many bytes a
// client is sent, and how many commands it may give.
//
// Everything here is a small judge without a goroutine or a timer. The caller
// passes the time in, as a time.Duration since some start of its own that never
// goes back, and acts on the answer.
//
// A Pace keeps the instants at which a lane is due: an interval apart, counted
// from the one before and not from now, because now is always a little late and
// the lateness would add up to lost frames. Instants that were missed are
// skipped, never made up for in a burst. How long an interval is for now, the caller
// says: it may be longer than what was granted, never shorter. A Bandwidth is a token bucket that
// can be overdrawn by what cannot wait. A Commands limiter is a token bucket
// that also remembers how long a client has gone on beyond its limit.
//
// Nothing here is safe for concurrent use; the owner's lock covers it.
package throttle

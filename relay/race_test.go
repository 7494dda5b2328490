//go:build race

package relay

// raceEnabled tells tests that count allocations that the race detector makes
// some of its own.
const raceEnabled = true

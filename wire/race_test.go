//go:build race

package wire

// raceEnabled tells the gates on allocations that the race detector, which
// allocates by itself, is on.
const raceEnabled = true

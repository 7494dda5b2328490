//go:build !race

package capture

// raceEnabled tells tests that the race detector adds allocations of its own.
const raceEnabled = false

//go:build !race

package composite

// raceEnabled tells tests that the race detector adds allocations of its own.
const raceEnabled = false

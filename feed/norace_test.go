//go:build !race

package feed_test

// raceEnabled tells tests that the race detector adds allocations of its own.
const raceEnabled = false

//go:build race

package link_test

// raceEnabled tells tests that the race detector adds allocations of its own.
const raceEnabled = true

//go:build race

package redis

// raceEnabled tells tests that the race detector adds allocations of its own.
const raceEnabled = true

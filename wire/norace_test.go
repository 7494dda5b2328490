//go:build !race

package wire

// raceEnabled tells the gates on allocations that they count.
const raceEnabled = false

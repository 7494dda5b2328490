//go:build !race

package live

// raceEnabled says that the race detector is on, which allocates for itself.
const raceEnabled = false

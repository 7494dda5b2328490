//go:build !race

package crowd

// raceEnabled says that the race detector is on, which allocates by itself.
const raceEnabled = false

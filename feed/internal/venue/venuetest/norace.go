//go:build !race

package venuetest

// race says that the race detector is on, which allocates for itself.
const race = false

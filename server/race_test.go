//go:build race

package server

// raceEnabled says that the race detector, which allocates, is on.
const raceEnabled = true

package historytest

import (
	"testing"

	"ticker/history"
)

// NewPlace makes an empty place for samples, which goes when the test ends. What
// it returns makes a store on that place, before its Open; when it is called
// again after Close, that is a restart.
type NewPlace func(t *testing.T) func() history.Store

// Run tests a store.
func Run(t *testing.T, newPlace func(t *testing.T) func() history.Store) {
	t.Helper()
	groups := map[string]func(*testing.T, NewPlace){
		"AsOf":       testAsOf,
		"Values":     testValues,
		"Quotes":     testQuotes,
		"Between":    testBetween,
		"Candles":    testCandles,
		"Append":     testAppend,
		"Days":       testDays,
		"Retention":  testRetention,
		"Restart":    testRestart,
		"Concurrent": testConcurrent,
		"Random":     testRandom,
	}
	for name, test := range groups {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newPlace)
		})
	}
}

// rule is one promise of a store.
type rule struct {
	name string
	// check proves it on samples that the rules of its group share, and writes
	// nothing.
	check func(t *testing.T, p *pair)
}

// runRules checks the rules of a group side by side.
func runRules(t *testing.T, p *pair, rules []rule) {
	t.Helper()
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			r.check(t, p)
		})
	}
}

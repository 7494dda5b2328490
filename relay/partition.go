package relay

import (
	"hash/fnv"
	"strings"

	"ticker/market"
)

// partitionOf returns the partition of a symbol, the same at every node: FNV-1a of
// its name.
func partitionOf(symbol market.Symbol) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(symbol)) // a hash never fails
	return int(h.Sum32() % Partitions)
}

// partitionsOf returns the partitions of names, and of patterns: a pattern may have
// symbols in all of them. What is neither has none.
func partitionsOf(entries []string) (set [Partitions]bool) {
	for _, entry := range entries {
		if strings.HasSuffix(entry, "*") {
			for i := range set {
				set[i] = true
			}
			return set
		}
		set[partitionOf(market.Symbol(entry))] = true
	}
	return set
}

package sim

import "math/bits"

// zipf draws ranks, from 0, so that rank k comes with a weight of 1/(k+1). It
// is an alias table: every column of equal width is shared by at most two
// ranks, so that a draw costs the same however many ranks there are.
type zipf []column

// column belongs to its own rank below the threshold, of 2^32, and to the
// alias from there.
type column struct {
	threshold, alias uint32
}

// topWeight is the weight of the first rank. It leaves room for a factor of
// MaxSymbols in 64 bits, and is wide enough that rounding the smallest weight
// down costs it less than a ten-millionth.
const topWeight = 1 << 40

func newZipf(ranks int) zipf {
	n := uint64(ranks)
	var total uint64
	weights := make([]uint64, ranks)
	for k := range weights {
		weights[k] = topWeight / uint64(k+1)
		total += weights[k]
	}
	// In units of 1/n of a weight a column is as wide as all weights together.
	// Weights fall with the rank: the wide ones are in front.
	z := make(zipf, ranks)
	var narrow, wide []int
	for k := range weights {
		z[k].alias = uint32(k)
		if weights[k] *= n; weights[k] < total {
			narrow = append(narrow, k)
		} else {
			wide = append(wide, k)
		}
	}
	for len(narrow) > 0 && len(wide) > 0 {
		small, big := narrow[len(narrow)-1], wide[len(wide)-1]
		narrow = narrow[:len(narrow)-1]
		z[small] = column{threshold: share(weights[small], total), alias: uint32(big)}
		if weights[big] -= total - weights[small]; weights[big] < total {
			wide = wide[:len(wide)-1]
			narrow = append(narrow, big)
		}
	}
	return z
}

// share returns part/whole, below 1, in units of 2^-32.
func share(part, whole uint64) uint32 {
	quotient, _ := bits.Div64(part>>32, part<<32, whole)
	return uint32(quotient)
}

// rank turns 64 random bits into a rank.
func (z zipf) rank(random uint64) int {
	i := int(((random >> 32) * uint64(len(z))) >> 32)
	if uint32(random) < z[i].threshold {
		return i
	}
	return int(z[i].alias)
}

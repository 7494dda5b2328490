package fanout

import (
	"math/bits"
	"sync/atomic"
)

// Ages are kept in buckets whose bounds grow by a quarter of a power of two:
// 0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20 … microseconds. The last one
// takes everything above 30 minutes.
const numAges = 120

// ageBucket returns the bucket of an age in microseconds.
func ageBucket(micros int64) int {
	if micros < 4 {
		return int(max(micros, 0))
	}
	octave := bits.Len64(uint64(micros)) - 3
	return min(octave*4+int(micros>>octave), numAges-1)
}

// ageBound returns the smallest age of a bucket.
func ageBound(bucket int) int64 {
	if bucket < 8 {
		return int64(bucket)
	}
	octave := bucket/4 - 1
	return int64(bucket%4+4) << octave
}

// ages counts the ages of the records that one worker delivered. Only the
// worker adds; a scrape reads.
type ages struct {
	counts [numAges]atomic.Uint64
	micros atomic.Uint64
	_      [64]byte // the neighbour is another worker's
}

func (a *ages) add(micros int64) {
	a.counts[ageBucket(micros)].Add(1)
	a.micros.Add(uint64(max(micros, 0)))
}

// sessionAges counts the ages of the records of one session.
type sessionAges [numAges]uint32

// quantile returns the age that a share of the records did not exceed, to
// within a quarter of itself.
func (a *sessionAges) quantile(share float64) int64 {
	var total uint64
	for _, n := range a {
		total += uint64(n)
	}
	rank := uint64(share * float64(total))
	for bucket, n := range a {
		if rank < uint64(n) {
			return ageBound(bucket)
		}
		rank -= uint64(n)
	}
	return 0
}

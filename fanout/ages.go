package fanout

import (
	"math"
	"math/bits"
	"sync"
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

// ages counts the ages of the records that one worker delivered. The worker
// locks it once a frame; a scrape does when it reads.
type ages struct {
	mu     sync.Mutex
	counts [numAges]uint64
	micros uint64
	_      [64]byte // the neighbour is another worker's
}

func (a *ages) addLocked(micros int64) {
	a.counts[ageBucket(micros)]++
	a.micros += uint64(max(micros, 0))
}

// ageSample is how many records of a frame one stands for in the ages of its
// session: the memory of every one of very many sessions is in no cache.
const ageSample = 8

// sessionAges counts the ages of some records of one session. It stays small:
// when a count is full all are halved, so that it tells of the latest.
type sessionAges [numAges]uint8

func (a *sessionAges) add(micros int64) {
	n := &a[ageBucket(micros)]
	if *n == math.MaxUint8 {
		for i := range a {
			a[i] /= 2
		}
	}
	*n++
}

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

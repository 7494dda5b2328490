package server

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// pail is a token bucket as one thinks of it: a level that rises as time passes.
type pail struct{ level, most, token, seen time.Duration }

func newPail(burst int, gap, now time.Duration) *pail {
	most := time.Duration(burst) * gap
	return &pail{level: most, most: most, token: gap, seen: now}
}

func (p *pail) take(now time.Duration) (wait time.Duration) {
	p.level = min(p.level+now-p.seen, p.most)
	p.seen = now
	if p.level < p.token {
		return p.token - p.level
	}
	p.level -= p.token
	return 0
}

func TestBucketsAreThoseOfTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		burst := rapid.IntRange(1, 5).Draw(rt, "burst")
		b, model := newBuckets(burst), make(map[bucket]*pail)
		now, taken, refused := time.Duration(0), 0, 0
		for range rapid.IntRange(1, 200).Draw(rt, "steps") {
			now += time.Duration(rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(0, int64(20*time.Second))).Draw(rt, "pass"))
			from := bucket{
				payer{subject: rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "who")},
				rapid.SampledFrom([]time.Duration{time.Millisecond, time.Second, 10 * time.Second}).Draw(rt, "gap"),
			}
			if model[from] == nil {
				model[from] = newPail(burst, from.gap, now)
			}
			want := model[from].take(now)
			if got := b.take(from, now); got != want {
				rt.Fatalf("at %v one waits for %v, want %v", now, got, want)
			}
			if want == 0 {
				taken++
			} else {
				refused++
			}
		}
		if taken == 0 {
			rt.Fatalf("none of %d had a token", refused)
		}
	})
}

func TestBeyondTheirBoundNewcomersShareABucketAndTheOthersKeepTheirs(t *testing.T) {
	t.Parallel()
	b := newBuckets(2)
	b.bound = 3
	take := func(who string) bool {
		return b.take(bucket{payer{subject: who}, time.Second}, time.Millisecond) == 0
	}
	for _, who := range []string{"a", "b", "c"} {
		if !take(who) {
			t.Fatalf("%s has no token", who)
		}
	}
	for i := range 100 {
		if got := take(fmt.Sprint("new", i)); got != (i < 2) {
			t.Errorf("newcomer %d has a token: %v", i, got)
		}
	}
	if !take("a") || take("a") {
		t.Error("who was there before does not have the bucket that he had")
	}
	if len(b.full) != 4 {
		t.Errorf("there are %d buckets", len(b.full))
	}
}

func TestBucketsThatAreFullAgainAreForgotten(t *testing.T) {
	t.Parallel()
	b := newBuckets(2)
	for i := range 1000 {
		b.take(bucket{payer{subject: fmt.Sprint(i)}, time.Second}, 0)
	}
	b.take(bucket{payer{subject: "later"}, time.Hour}, 999*time.Millisecond)
	if len(b.full) != 1001 {
		t.Errorf("%d buckets before they are full", len(b.full))
	}
	b.take(bucket{payer{subject: "last"}, time.Second}, time.Second)
	if len(b.full) != 2 {
		t.Errorf("%d buckets behind it", len(b.full))
	}
}

func TestATokenOfABucketThatIsThereAllocatesNothing(t *testing.T) {
	b, from := newBuckets(1), bucket{payer{subject: "a"}, time.Hour}
	b.take(from, 0)
	now := time.Duration(1)
	if allocs := testing.AllocsPerRun(100, func() { now++; b.take(from, now) }); allocs != 0 && !raceEnabled {
		t.Errorf("%v allocations", allocs)
	}
}

// BenchmarkTakeOfManyBuckets watches that a request costs no look at the buckets of all
// others.
func BenchmarkTakeOfManyBuckets(b *testing.B) {
	b.ReportAllocs()
	all := newBuckets(50)
	for i := range maxBuckets {
		all.take(bucket{payer{subject: fmt.Sprint(i)}, time.Hour}, 0)
	}
	from, now := bucket{payer{subject: "1"}, 20 * time.Millisecond}, time.Duration(0)
	for b.Loop() {
		now += 20 * time.Millisecond // fifty requests a second: one of them looks at all
		all.take(from, now)
	}
}

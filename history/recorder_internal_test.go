package history

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/history/internal/spool"
	"ticker/market"
)

// backlogOf is a backlog that holds batches of ten samples, formed at a time.
func backlogOf(now time.Time, batches int) *backlog {
	q := newBacklog(NewMetrics(nil))
	q.found(spool.Stats{}, nil)
	for range batches {
		addBatch(q, now)
	}
	return q
}

func addBatch(q *backlog, now time.Time) *batch {
	b := q.blank()
	b.formed, b.Samples = now, append(b.Samples, make([]market.Sample, 10)...)
	q.collected(len(b.Samples), 0)
	q.add(b)
	return b
}

func expectTotals(t *testing.T, q *backlog, want totals) {
	t.Helper()
	if got := q.summary(); got != want {
		t.Errorf("totals are %+v, want %+v", got, want)
	}
}

func TestSamplesStayWithTheBookWhileTheSpoolWorksMemoryOff(t *testing.T) {
	t.Parallel()
	now := time.Now()
	q := backlogOf(now, memoryBatches-1)
	if !q.makeRoom(now) {
		t.Error("there is room")
	}
	addBatch(q, now)
	q.busy(now)
	if q.makeRoom(now.Add(diskPatience)) {
		t.Error("memory is full")
	}
	b, _ := q.toSpool(now)
	q.written(b, 0, spool.Stats{Tail: 1, Count: 10}, nil)
	if !q.makeRoom(now) {
		t.Error("there is room again")
	}
	expectTotals(t, q, totals{backlog: memoryBatches * 10})
}

func TestOldestThatNobodyHasAreLostWhileTheDiskDoesNotMove(t *testing.T) {
	t.Parallel()
	now := time.Now()
	q := backlogOf(now, memoryBatches+2)
	writing, _ := q.toSpool(now)
	q.settle(q.take(), 0)
	taken := q.take()
	want := append([]*batch{writing, taken}, q.waiting[5:]...)
	q.busy(now)
	if !q.makeRoom(now.Add(diskPatience + 1)) {
		t.Error("the book is left alone")
	}
	if !slices.Equal(q.waiting, want) {
		t.Error("other batches were lost than the oldest that were neither being written nor stored")
	}
	expectTotals(t, q, totals{lost: 30, backlog: (memoryBatches - 1) * 10})
}

func TestBatchesGoToTheSpoolWhenTheyAreOldOrManyOrOthersAreThere(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, c := range map[string]struct {
		q    *backlog
		want bool
		wait time.Duration
	}{
		"none":                    {backlogOf(now, 0), false, 0},
		"new":                     {backlogOf(now, 1), false, spoolAfter},
		"nearly old":              {backlogOf(now.Add(time.Nanosecond-spoolAfter), 1), false, time.Nanosecond},
		"old":                     {backlogOf(now.Add(-spoolAfter), 1), true, 0},
		"half of memory":          {backlogOf(now, memoryBatches/2), false, spoolAfter},
		"more than that":          {backlogOf(now, memoryBatches/2+1), true, 0},
		"behind others on disk":   {onDisk(backlogOf(now, 1), 1, 0), true, 0},
		"behind what was settled": {onDisk(backlogOf(now, 1), 1, 1), false, spoolAfter},
	} {
		if b, wait := c.q.toSpool(now); (b != nil) != c.want || wait != c.wait {
			t.Errorf("%s: toSpool = %t, %v", name, b != nil, wait)
		}
	}
}

// onDisk lets the spool hold records, of which some are settled.
func onDisk(q *backlog, records, settled uint64) *backlog {
	q.disk.Tail, q.settledTo = records, settled
	return q
}

func TestNothingGoesToTheStoreBeforeWhatTheSpoolHolds(t *testing.T) {
	t.Parallel()
	q := newBacklog(NewMetrics(nil))
	added := addBatch(q, time.Now())
	if q.take() != nil {
		t.Error("a batch is taken before it is known what the spool holds")
	}
	q.found(spool.Stats{Tail: 1, Count: 10}, nil)
	if q.take() != nil || !q.toLoad() {
		t.Error("a batch is taken before that of the spool")
	}
	left := q.blank()
	left.spooled = true
	q.load(left, q.disk)
	if q.take() != left {
		t.Error("the batch of the spool is not taken")
	}
	q.settle(left, 0)
	if q.take() != added {
		t.Error("the batch behind it is not taken")
	}
}

func TestNothingIsReadFromTheSpoolThatIsInMemoryOrSettled(t *testing.T) {
	t.Parallel()
	now := time.Now()
	q := backlogOf(now.Add(-spoolAfter), 2)
	taken := q.take()
	for id := range uint64(2) {
		b, _ := q.toSpool(now)
		q.written(b, id, spool.Stats{Tail: id + 1, Count: 10 * (id + 1)}, nil)
	}
	if q.toLoad() {
		t.Error("the batch that the store has in hand is read again")
	}
	q.settle(taken, 0)
	if q.toLoad() {
		t.Error("the batch is read that the store has taken")
	}
	q.acknowledged(q.toAcknowledge(), false, spool.Stats{Head: 1, Tail: 2, Count: 10})
	if !q.toLoad() {
		t.Error("the next is not read")
	}
	q.close()
	if q.toLoad() {
		t.Error("it is read for nobody")
	}
}

func TestBatchThatTheStoreHasBeforeTheSpoolHasItIsStoredOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		written error
		want    totals
	}{"spooled": {nil, totals{backlog: 10}}, "not spooled": {errors.New("full"), totals{stored: 8, refused: 2}}} {
		now := time.Now()
		q := backlogOf(now.Add(-spoolAfter), 1)
		b := q.take()
		if same, _ := q.toSpool(now); same != b {
			t.Errorf("%s: the spool gets another batch", name)
		}
		q.settle(b, 2)
		if q.take() != nil {
			t.Errorf("%s: the store gets it again", name)
		}
		stats := spool.Stats{}
		if c.written == nil {
			stats = spool.Stats{Tail: 1, Count: 10}
		}
		q.written(b, 0, stats, c.written)
		expectTotals(t, q, c.want)
		if done := q.toAcknowledge(); done != nil {
			q.acknowledged(done, false, spool.Stats{Head: 1, Tail: 1})
		}
		expectTotals(t, q, totals{stored: 8, refused: 2})
		if now, _ := q.empty(); !now || q.toLoad() {
			t.Errorf("%s: something is left", name)
		}
	}
}

func TestBatchThatTheSpoolDroppedCountsAsLostAlone(t *testing.T) {
	t.Parallel()
	for name, finish := range map[string]func(*backlog, *batch){
		"and the store took": func(q *backlog, b *batch) {
			q.settle(b, 0)
			q.acknowledged(q.toAcknowledge(), true, q.disk)
		},
		"and the store failed": func(q *backlog, b *batch) { q.putBack(b) },
	} {
		now := time.Now()
		q := backlogOf(now.Add(-spoolAfter), 2)
		first := q.take()
		for id := range uint64(2) {
			b, _ := q.toSpool(now)
			q.written(b, id, spool.Stats{Head: id, Tail: id + 1, Count: 10, LostRecords: id, LostCount: 10 * id}, nil)
		}
		expectTotals(t, q, totals{lost: 10, backlog: 10})
		finish(q, first)
		expectTotals(t, q, totals{lost: 10, backlog: 10})
		if q.take() != nil || !q.toLoad() {
			t.Errorf("%s: the next batch is not loaded", name)
		}
	}
}

func TestBatchThatTheSpoolDroppedIsNotGivenToTheStore(t *testing.T) {
	t.Parallel()
	now := time.Now()
	q := backlogOf(now, 1)
	q.found(spool.Stats{Tail: 1, Count: 10}, nil)
	q.load(&batch{spooled: true, Batch: Batch{Samples: make([]market.Sample, 10)}}, q.disk)
	b, _ := q.toSpool(now)
	q.written(b, 1, spool.Stats{Head: 1, Tail: 2, Count: 10, LostRecords: 1, LostCount: 10}, nil)
	if q.take() != nil || !q.toLoad() {
		t.Error("the batch is still there")
	}
	expectTotals(t, q, totals{lost: 10, backlog: 10})
}

func TestWaitsForAStoreDoubleToABoundAndBeginAnew(t *testing.T) {
	t.Parallel()
	var bounds []time.Duration
	o := outage{random: func(n int64) int64 {
		bounds = append(bounds, time.Duration(n-1))
		return n - 1
	}}
	began := time.Now()
	for i := range 9 {
		if wait := o.failed(began.Add(time.Duration(i) * time.Second)); wait != bounds[i] {
			t.Errorf("the wait is %v, not what was drawn", wait)
		}
	}
	if !o.on() || o.since != began || o.tries != 9 {
		t.Errorf("outage is %+v", o)
	}
	o.over()
	if o.on() {
		t.Error("the outage is not over")
	}
	o.failed(began)
	const ms = time.Millisecond
	want := []time.Duration{100 * ms, 200 * ms, 400 * ms, 800 * ms, 1600 * ms, 3200 * ms, 6400 * ms, 10_000 * ms, 10_000 * ms, 100 * ms}
	if diff := cmp.Diff(want, bounds); diff != "" {
		t.Errorf("bounds (-want +got):\n%s", diff)
	}
}

// steadyBook has a hundred samples due, always.
type steadyBook struct{ samples []market.Sample }

func (*steadyBook) Epoch() string       { return "epoch" }
func (*steadyBook) LostSamples() uint64 { return 0 }

func (*steadyBook) Sampled() int64 { return 0 }
func (b *steadyBook) Samples(dst []market.Sample, _ bool) []market.Sample {
	return append(dst, b.samples...)
}

func TestCollectingAllocatesNothingOnceTheStoreIsDoneWithABatch(t *testing.T) {
	q := backlogOf(time.Now(), 0)
	c := newCollector(&steadyBook{make([]market.Sample, 100)}, q)
	round := func() {
		now := time.Now()
		c.collect(now, false)
		c.form(now)
		q.settle(q.take(), 0)
	}
	if allocs := testing.AllocsPerRun(100, round); allocs != 0 && !raceEnabled {
		t.Errorf("a batch allocates %v times", allocs)
	}
}

func BenchmarkCollect(b *testing.B) {
	// Watches what a sample costs on its way from the book to the store: 100 of
	// them in a batch.
	q := backlogOf(time.Now(), 0)
	c := newCollector(&steadyBook{make([]market.Sample, 100)}, q)
	b.ReportAllocs()
	for b.Loop() {
		now := time.Now()
		c.collect(now, false)
		c.form(now)
		q.settle(q.take(), 0)
	}
}

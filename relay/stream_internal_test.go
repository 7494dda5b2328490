package relay

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ticker/book"
	"ticker/market"
)

// deafInlet has nothing to tell: the test brings messages itself.
type deafInlet struct{}

func (deafInlet) Receive(ctx context.Context, _ func(Message)) error { <-ctx.Done(); return nil }
func (deafInlet) Follow(context.Context, int) error                  { return nil }
func (deafInlet) Unfollow(int)                                       {}
func (deafInlet) Load(context.Context, int) ([]byte, error)          { return nil, ErrNothing }
func (deafInlet) Want(context.Context, int) error                    { return nil }

// hand is a leader's round and a follower's stream, and the test carries what goes
// from one to the other.
type hand struct {
	round   round
	stream  *stream
	t       testing.TB
	metrics *prometheus.Registry
	from    *book.Book
}

func newHand(t testing.TB) *hand {
	t.Helper()
	from, to := book.New(book.Config{}), book.New(book.Config{})
	h := &hand{t: t, from: from, metrics: prometheus.NewRegistry()}
	h.round = round{book: from, limit: MaxMessage - maxRecord, out: make(map[*book.Cell]*outgoing)}
	h.round.open()
	h.round.begin(1, "e")
	f, err := NewFollower(FollowerConfig{
		Book: to, Inlet: deafInlet{}, Places: NewPlaces("own"), All: true, Registerer: h.metrics,
	})
	if err != nil {
		t.Fatal(err)
	}
	h.stream = &f.stream
	for i := range h.stream.parts {
		p := &h.stream.parts[i]
		h.stream.follow(p)
		p.missed, p.basis, p.busy = 0, true, true // the test heals
	}
	return h
}

func (h *hand) quote(symbol market.Symbol, bid int64) {
	u := market.Update{Symbol: symbol, Trade: true}
	u.Put(market.Bid, market.NewDecimal(bid, 0))
	u.Put(market.Last, market.NewDecimal(bid, 0))
	u.Put(market.LastSize, market.NewDecimal(1, 0))
	h.from.Apply(&u)
}

// next makes the messages of a round, as if they were delivered.
func (h *hand) next() (batches []Message, tick Message) {
	h.round.find()
	messages := h.round.write()
	h.round.commit()
	for i := range messages {
		messages[i].Body = append([]byte(nil), messages[i].Body...)
	}
	last := len(messages) - 1
	return messages[:last:last], messages[last]
}

func (h *hand) bring(messages ...Message) {
	for _, m := range messages {
		h.stream.take(m)
	}
}

func (h *hand) load(partition int, snapshot []byte) {
	p := &h.stream.parts[partition]
	h.stream.loaded(&result{job: job{partition: partition, life: p.life}, snapshot: snapshot})
	p.busy = true
}

func (h *hand) bid(symbol market.Symbol) string {
	c := h.stream.f.cfg.Book.Find(symbol)
	if c == nil {
		return "none"
	}
	return c.Quote().Values[market.Bid].String()
}

func (h *hand) cursor() uint64 {
	return h.stream.f.cfg.Places.Outward(h.stream.f.cfg.Book.Stamp()) & maxCount
}

// counted returns the value of a metric by one label.
func (h *hand) counted(name, label string) float64 {
	h.t.Helper()
	families, err := h.metrics.Gather()
	if err != nil {
		h.t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name && (label == "" || m.GetLabel()[0].GetValue() == label) {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

// A snapshot may hold what is newer than the ticks that are on their way: they must
// not be noted as places where the book was.
func TestAPlaceIsNotedWhenNothingIsAheadOfIt(t *testing.T) {
	t.Parallel()
	h := newHand(t)
	h.quote("A", 1)
	batches, first := h.next()
	h.bring(append(batches, first)...)
	_, second := h.next()
	h.quote("A", 2)
	snapshot, _ := h.round.snapshot(partitionOf("A"), nil)
	h.load(partitionOf("A"), snapshot)
	if got := h.bid("A"); got != "2" {
		t.Fatalf("the bid is %s", got)
	}
	if h.bring(second); h.cursor() != 1 {
		t.Errorf("tick %d is noted, which the snapshot is ahead of", h.cursor())
	}
	batches, third := h.next()
	if h.bring(append(batches, third)...); h.cursor() != 3 {
		t.Errorf("the last tick is noted as %d, want 3", h.cursor())
	}
}

func TestAPlaceIsNotedWhenNothingIsMissing(t *testing.T) {
	t.Parallel()
	h := newHand(t)
	h.quote("A", 1)
	batches, first := h.next()
	h.bring(append(batches, first)...)
	h.quote("A", 2)
	_, second := h.next()
	if h.bring(second); h.cursor() != 1 || h.bid("A") != "1" {
		t.Errorf("without the batch, the place is %d", h.cursor())
	}
	snapshot, _ := h.round.snapshot(partitionOf("A"), nil)
	h.load(partitionOf("A"), snapshot)
	_, third := h.next()
	if h.bring(third); h.cursor() != 3 || h.bid("A") != "2" {
		t.Errorf("healed, the place is %d", h.cursor())
	}
}

// Whoever watches a partition that is new here does not have all of it up to the last
// tick, so no cursor may say so.
func TestNoPlaceIsToldWhileAPartitionIsLoaded(t *testing.T) {
	t.Parallel()
	h := newHand(t)
	h.quote("A", 1)
	batches, first := h.next()
	h.bring(append(batches, first)...)
	p := &h.stream.parts[partitionOf("B")]
	p.follows = false
	if h.stream.follow(p); h.cursor() != 0 {
		t.Errorf("before it is loaded the place is %d", h.cursor())
	}
	_, second := h.next()
	if h.bring(second); h.cursor() != 0 {
		t.Errorf("after a tick the place is %d", h.cursor())
	}
	empty, _ := h.round.snapshot(p.index, nil)
	h.load(p.index, empty)
	_, third := h.next()
	if h.bring(third); h.cursor() != 3 {
		t.Errorf("when it is loaded the place is %d", h.cursor())
	}
}

func TestAnOlderSnapshotTakesNothingBack(t *testing.T) {
	t.Parallel()
	h := newHand(t)
	h.quote("A", 1)
	h.next()
	old, _ := h.round.snapshot(partitionOf("A"), nil)
	h.quote("A", 2)
	h.next()
	h.quote("A", 3)
	batches, tick := h.next()
	h.bring(append(batches, tick)...)
	h.load(partitionOf("A"), old)
	p := &h.stream.parts[partitionOf("A")]
	if got := h.bid("A"); got != "3" || p.inStep() || !p.want {
		t.Errorf("the bid is %s, in step: %v", got, p.inStep())
	}
	h.quote("A", 4)
	again, tick := h.next()
	h.bring(append(again, batches...)...)
	if h.bring(tick); h.bid("A") != "4" {
		t.Errorf("after batches in the wrong order the bid is %s", h.bid("A"))
	}
}

func TestADeposedLeaderIsNotHeard(t *testing.T) {
	t.Parallel()
	h := newHand(t)
	h.round.begin(5, "e")
	h.quote("A", 1)
	batches, tick := h.next()
	h.bring(append(batches, tick)...)
	h.round.begin(4, "e")
	h.quote("A", 2)
	batches, tick = h.next()
	h.bring(append(batches, tick)...)
	if got := h.bid("A"); got != "1" || h.stream.f.Term() != 5 {
		t.Errorf("the bid is %s in term %d", got, h.stream.f.Term())
	}
	if got := h.counted("ticker_relay_dropped_messages_total", "term"); got != 2 {
		t.Errorf("%v messages are counted", got)
	}
}

// A node that comes when a leader dies hears of what nobody can tell any more. It has to
// be content with what is kept, or nobody could lead.
func TestWithoutALeaderWhatIsKeptHasToDo(t *testing.T) {
	t.Parallel()
	h := newHand(t)
	h.quote("A", 1)
	h.next()
	kept, _ := h.round.snapshot(partitionOf("A"), nil)
	h.quote("A", 2)
	_, tick := h.next()
	p := &h.stream.parts[partitionOf("A")]
	p.basis = false
	h.bring(tick)
	if h.load(p.index, kept); p.basis || p.inStep() {
		t.Fatal("with a leader what is older does")
	}
	h.stream.silence()
	if h.load(p.index, kept); !p.basis || p.inStep() || h.bid("A") != "1" {
		t.Errorf("without a leader the bid is %s", h.bid("A"))
	}
}

// Snapshots of two reigns are kept when a leader died before it had kept all.
func TestASnapshotOfAnEarlierReignIsNoMeasureForALaterOne(t *testing.T) {
	t.Parallel()
	h, successor := newHand(t), newHand(t)
	for bid := range int64(3) {
		h.quote("A", bid)
	}
	h.next()
	early, _ := h.round.snapshot(partitionOf("A"), nil)
	successor.round.head.reign, successor.round.head.term, successor.round.term = 2, 2, 2
	late, _ := successor.round.snapshot(partitionOf("B"), nil)
	h.stream.parts[partitionOf("A")].basis = false
	h.load(partitionOf("B"), late)
	if h.load(partitionOf("A"), early); h.bid("A") != "2" {
		t.Fatalf("the bid is %s", h.bid("A"))
	}
	successor.quote("A", 9)
	batches, tick := successor.next()
	if h.bring(append(batches, tick)...); h.bid("A") != "9" {
		t.Errorf("of the successor's first round the bid is %s", h.bid("A"))
	}
}

// The same, at a node that was in step with the leader before: it has newer records.
func TestASnapshotOfAnEarlierReignTakesNothingBack(t *testing.T) {
	t.Parallel()
	h, successor := newHand(t), newHand(t)
	h.quote("A", 1)
	batches, tick := h.next()
	h.bring(append(batches, tick)...)
	early, _ := h.round.snapshot(partitionOf("A"), nil)
	h.quote("A", 2)
	batches, tick = h.next()
	h.bring(append(batches, tick)...)
	successor.round.head.reign, successor.round.head.term, successor.round.term = 2, 2, 2
	late, _ := successor.round.snapshot(partitionOf("B"), nil)
	h.load(partitionOf("B"), late)
	if h.load(partitionOf("A"), early); h.bid("A") != "2" {
		t.Errorf("the bid is %s", h.bid("A"))
	}
}

func TestABacklogThatIsNotWaitedForAnyMoreIsNoSnapshot(t *testing.T) {
	t.Parallel()
	h := newHand(t)
	p := &h.stream.parts[7]
	h.stream.loaded(&result{job: job{partition: p.index, life: p.life, after: time.Now()}})
	if got := h.counted("ticker_relay_dropped_messages_total", "bad"); got != 0 || p.want {
		t.Errorf("%v messages are counted as bad", got)
	}
}

func TestWhatCannotBeReadIsCountedAndHealed(t *testing.T) {
	t.Parallel()
	h := newHand(t)
	h.quote("A", 1)
	batches, tick := h.next()
	broken := batches[0]
	broken.Body = broken.Body[:len(broken.Body)-1]
	misplaced, foreign := tick, tick
	misplaced.Channel = 3
	foreign.Body = append([]byte{9}, tick.Body[1:]...)
	h.bring(broken, misplaced, foreign, tick)
	p := &h.stream.parts[partitionOf("A")]
	if got := h.counted("ticker_relay_dropped_messages_total", "bad"); got != 3 || p.inStep() {
		t.Errorf("%v messages are counted; in step: %v", got, p.inStep())
	}
	snapshot, _ := h.round.snapshot(partitionOf("A"), nil)
	h.load(partitionOf("A"), snapshot[:len(snapshot)-1])
	if p.inStep() {
		t.Error("a broken snapshot heals")
	}
	h.load(partitionOf("A"), snapshot)
	if !p.inStep() || h.bid("A") != "1" {
		t.Errorf("the bid is %s", h.bid("A"))
	}
}

// What changes between find and write goes in the round: whoever has that tick may
// have it, and need not.
func TestAPlaceOfTheLeaderHasAnEarlierAndALaterEnd(t *testing.T) {
	t.Parallel()
	h := newHand(t)
	h.quote("A", 1)
	h.quote("B", 1)
	h.round.find()
	h.quote("A", 2)
	h.round.write()
	if _, least, most := h.round.commit(); least != 2 || most != 3 {
		t.Errorf("stamps %d to %d, want 2 to 3", least, most)
	}
	h.round.find()
	if h.round.write(); len(h.round.pending) != 0 {
		t.Errorf("%d records are sent again", len(h.round.pending))
	}
}

func TestMessagesKeepToTheirBound(t *testing.T) {
	t.Parallel()
	h := newHand(t)
	h.round.limit = 1000
	target, symbols := partitionOf("A"), []market.Symbol{"A"}
	for i := 0; len(symbols) < 50; i++ {
		if s := market.Symbol(fmt.Sprint("S", i)); partitionOf(s) == target {
			symbols = append(symbols, s)
		}
	}
	for _, s := range symbols {
		h.quote(s, 7)
	}
	batches, tick := h.next()
	if len(batches) < 2 {
		t.Fatalf("%d batches", len(batches))
	}
	for i, m := range batches {
		if len(m.Body) > h.round.limit+maxRecord || m.Channel != target {
			t.Errorf("batch %d of channel %d has %d bytes", i, m.Channel, len(m.Body))
		}
	}
	h.bring(append(batches, tick)...)
	for _, s := range symbols {
		if h.bid(s) != "7" {
			t.Errorf("the bid of %s is %s", s, h.bid(s))
		}
	}
	snapshot, left := h.round.snapshot(target, nil)
	if left == 0 || len(snapshot) > h.round.limit+maxRecord {
		t.Errorf("a snapshot of %d bytes leaves %d out", len(snapshot), left)
	}
}

// crowded is a book of many symbols, of which some change in each round.
func crowded(t testing.TB, symbols int) *hand {
	t.Helper()
	h := newHand(t)
	for i := range symbols {
		h.quote(market.Symbol(fmt.Sprintf("SYM%05d", i)), 1)
	}
	batches, tick := h.next()
	h.bring(append(batches, tick)...)
	return h
}

func TestARoundAllocatesNothing(t *testing.T) {
	h := crowded(t, 100)
	bid := int64(1)
	allocs := testing.AllocsPerRun(100, func() {
		bid++
		h.quote("SYM00007", bid)
		h.round.find()
		for _, m := range h.round.write() {
			h.stream.take(m)
		}
		h.round.commit()
	})
	if allocs > 0 && !raceEnabled {
		t.Errorf("%v allocations from book to book", allocs)
	}
	if h.bid("SYM00007") != fmt.Sprint(bid) {
		t.Errorf("the bid is %s", h.bid("SYM00007"))
	}
}

// BenchmarkRound watches what a round costs the leader of 10,000 symbols of which
// 1,000 changed, with their updates.
func BenchmarkRound(b *testing.B) {
	h, bid := crowded(b, 10_000), int64(1)
	symbols := make([]market.Symbol, 1000)
	for i := range symbols {
		symbols[i] = market.Symbol(fmt.Sprintf("SYM%05d", 10*i))
	}
	b.ReportAllocs()
	for b.Loop() {
		bid++
		for _, s := range symbols {
			h.quote(s, bid)
		}
		h.round.find()
		h.round.write()
		h.round.commit()
	}
	b.ReportMetric(float64(len(h.round.buf))/1000, "B/record")
}

// BenchmarkTake watches what a round of 1,000 records costs an edge, from the message
// to the book.
func BenchmarkTake(b *testing.B) {
	h, bid := crowded(b, 10_000), int64(1)
	symbols := make([]market.Symbol, 1000)
	for i := range symbols {
		symbols[i] = market.Symbol(fmt.Sprintf("SYM%05d", 10*i))
	}
	b.ReportAllocs()
	var took time.Duration
	rounds := 0
	for b.Loop() {
		bid++
		for _, s := range symbols {
			h.quote(s, bid)
		}
		h.round.find()
		messages := h.round.write()
		h.round.commit()
		began := time.Now()
		for _, m := range messages {
			h.stream.take(m)
		}
		took += time.Since(began)
		rounds++
	}
	b.ReportMetric(float64(took.Nanoseconds())/float64(rounds), "taken-ns/op")
}

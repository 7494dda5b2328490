package queuetest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"ticker/market"
)

// patience bounds every wait. Only failures wait it out.
const patience = time.Minute

// Told is what a sink was told.
type Told struct {
	Connected bool
	Alive     int
	// Updates are symbol and bid, "AAPL 1.25".
	Updates []string
	// Rejected are reason and record.
	Rejected []string
}

// Journal is a feed.Sink that writes down what it is told.
type Journal struct {
	// OnUpdate is called first for each update, with how many came before.
	OnUpdate func(before int)

	mu      sync.Mutex
	told    Told
	changed chan struct{} // closed, and made anew, with every change
}

// NewJournal returns an empty Journal.
func NewJournal() *Journal { return &Journal{changed: make(chan struct{})} }

func (j *Journal) note(change func(*Told)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	change(&j.told)
	close(j.changed)
	j.changed = make(chan struct{})
}

// Connected implements feed.Sink.
func (j *Journal) Connected() { j.note(func(t *Told) { t.Connected = true }) }

// Alive implements feed.Sink.
func (j *Journal) Alive() { j.note(func(t *Told) { t.Alive++ }) }

// Update implements feed.Sink.
func (j *Journal) Update(u *market.Update) {
	if j.OnUpdate != nil {
		j.OnUpdate(len(j.Told().Updates))
	}
	line := fmt.Sprintf("%s %s", u.Symbol, u.Values[market.Bid])
	j.note(func(t *Told) { t.Updates = append(t.Updates, line) })
}

// Reject implements feed.Sink.
func (j *Journal) Reject(reason error, record []byte) {
	line := fmt.Sprintf("%v: %s", reason, record)
	j.note(func(t *Told) { t.Rejected = append(t.Rejected, line) })
}

// Told returns what was told so far.
func (j *Journal) Told() Told {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.told
}

// Await waits until what was told is as wanted.
func (j *Journal) Await(t *testing.T, what string, done func(Told) bool) {
	t.Helper()
	deadline := time.After(patience)
	for {
		j.mu.Lock()
		told, changed := j.told, j.changed
		j.mu.Unlock()
		if done(told) {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("no %s: connected %t, alive %d, %d updates, refused %q",
				what, told.Connected, told.Alive, len(told.Updates), told.Rejected)
		}
	}
}

// AwaitUpdates waits until so many updates came.
func (j *Journal) AwaitUpdates(t *testing.T, n int) {
	t.Helper()
	j.Await(t, fmt.Sprintf("%d updates", n), func(told Told) bool { return len(told.Updates) >= n })
}

// AwaitConnection waits until the source was connected.
func (j *Journal) AwaitConnection(t *testing.T) {
	t.Helper()
	j.Await(t, "connection", func(told Told) bool { return told.Connected })
}

// Counts returns how often each update came.
func (j *Journal) Counts() map[string]int {
	counts := make(map[string]int)
	for _, u := range j.Told().Updates {
		counts[u]++
	}
	return counts
}

// EachOnce fails the test unless the bids of a symbol, of the numbers below n, came
// exactly once each, and in order.
func (j *Journal) EachOnce(t *testing.T, symbol string, n int) {
	t.Helper()
	var got []string
	for _, u := range j.Told().Updates {
		if bid, ours := strings.CutPrefix(u, symbol+" "); ours {
			got = append(got, bid)
		}
	}
	for i, bid := range got {
		if bid != fmt.Sprint(i) {
			t.Fatalf("%s: bid %d is %s", symbol, i, bid)
		}
	}
	if len(got) != n {
		t.Errorf("%s: %d bids, want %d", symbol, len(got), n)
	}
}

// NewHeld returns a Journal that takes nothing until it is released, and a channel
// that is closed when the first update has come. The end of the test releases it too.
// It is for one source.
func NewHeld(t *testing.T) (j *Journal, entered <-chan struct{}, release func()) {
	t.Helper()
	there, released := make(chan struct{}), make(chan struct{})
	j = NewJournal()
	j.OnUpdate = func(before int) {
		if before == 0 {
			close(there)
		}
		select {
		case <-released:
		case <-t.Context().Done():
		}
	}
	return j, there, func() { close(released) }
}

package feed

import (
	"sync"
)

// Demand keeps the account of who watches what, so that a feed can ask its
// upstream for just that. The zero Demand is ready. It may be used from any
// goroutine.
type Demand struct {
	mu      sync.Mutex
	watched map[string]int // watchers of each name or pattern
	changed chan struct{}  // closed at the next change of the set
}

// Watch adds a watcher of a symbol, or of a pattern.
func (d *Demand) Watch(entry string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.watched == nil {
		d.watched = make(map[string]int)
	}
	if d.watched[entry]++; d.watched[entry] == 1 {
		d.announceLocked()
	}
}

// Leave takes a watcher away, who was added before.
func (d *Demand) Leave(entry string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.watched[entry]--; d.watched[entry] <= 0 {
		delete(d.watched, entry)
		d.announceLocked()
	}
}

func (d *Demand) announceLocked() {
	if d.changed != nil {
		close(d.changed)
		d.changed = nil
	}
}

// Watched returns what has a watcher now, in no order, and a channel that is
// closed when that is no longer so.
func (d *Demand) Watched() (entries []string, changed <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for entry := range d.watched {
		entries = append(entries, entry)
	}
	if d.changed == nil {
		d.changed = make(chan struct{})
	}
	return entries, d.changed
}

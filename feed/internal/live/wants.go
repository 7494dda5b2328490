package live

import "sync"

// wants is the symbols that a line is to have, by the venue's names.
type wants struct {
	mu      sync.Mutex
	natives []string
	changed chan struct{} // closed at the next change
}

func newWants() *wants { return &wants{changed: make(chan struct{})} }

// get returns what is wanted, which nobody changes, and a channel that is closed
// when something else is.
func (w *wants) get() (natives []string, changed <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.natives, w.changed
}

// set replaces what is wanted. It keeps natives.
func (w *wants) set(natives []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.natives = natives
	close(w.changed)
	w.changed = make(chan struct{})
}

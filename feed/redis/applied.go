package redis

import (
	"fmt"
	"strconv"
	"strings"
)

// entryID is the ID of an entry of a stream: a time in milliseconds, and a number
// within it.
type entryID struct{ ms, n uint64 }

// parseID reads an ID; without a number it is the first of its millisecond.
func parseID(text string) (entryID, error) {
	ms, n, numbered := strings.Cut(text, "-")
	if !numbered {
		n = "0"
	}
	var id entryID
	var err error
	if id.ms, err = strconv.ParseUint(ms, 10, 64); err == nil {
		id.n, err = strconv.ParseUint(n, 10, 64)
	}
	if err != nil {
		return entryID{}, fmt.Errorf("%.40q is no ID of an entry", text)
	}
	return id, nil
}

// String returns the ID as Redis writes it.
func (id entryID) String() string {
	return strconv.FormatUint(id.ms, 10) + "-" + strconv.FormatUint(id.n, 10)
}

func (id entryID) after(other entryID) bool {
	return id.ms > other.ms || id.ms == other.ms && id.n > other.n
}

// applied remembers the IDs of the last entries that were applied.
type applied struct {
	window []entryID // as a ring once it is full
	next   int
	known  map[entryID]struct{}
}

func newApplied(window int) *applied {
	return &applied{window: make([]entryID, 0, window), known: make(map[entryID]struct{})}
}

// add remembers an ID in place of the oldest, and reports whether it is new.
func (a *applied) add(id entryID) bool {
	if _, known := a.known[id]; known {
		return false
	}
	a.known[id] = struct{}{}
	if len(a.window) < cap(a.window) {
		a.window = append(a.window, id)
		return true
	}
	delete(a.known, a.window[a.next])
	a.window[a.next] = id
	a.next = (a.next + 1) % len(a.window)
	return true
}

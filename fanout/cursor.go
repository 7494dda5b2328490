package fanout

import (
	"strconv"
	"strings"
)

// cursorText is a cursor as it was written last. Sessions that are flushed
// between two advances of the safe stamp share it.
type cursorText struct {
	safe uint64
	text string
}

// cursor writes a place in the book's order: the epoch, a dot, the stamp in
// base 36. Clients take it as it is.
func (h *Hub) cursor(safe uint64) string {
	if last := h.lastCursor.Load(); last != nil && last.safe == safe {
		return last.text
	}
	text := h.book.Epoch() + "." + strconv.FormatUint(safe, 36)
	h.lastCursor.Store(&cursorText{safe, text})
	return text
}

// since reads a cursor: the stamp that it stands for, or 0, which stands before
// everything, if it is none of this book.
func (h *Hub) since(cursor string) uint64 {
	epoch, text, _ := strings.Cut(cursor, ".")
	stamp, err := strconv.ParseUint(text, 36, 64)
	if err != nil || epoch != h.book.Epoch() || stamp > h.book.Stamp() {
		return 0
	}
	return stamp
}

// Knows reports whether a cursor is one of this book.
func (h *Hub) Knows(cursor string) bool { return h.since(cursor) > 0 }

// Cursor returns the place in the book's order up to which whoever reads the
// book from now on sees everything.
func (h *Hub) Cursor() string { return h.cursor(h.book.AdvanceSafe()) }

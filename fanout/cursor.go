package fanout

import (
	"strconv"
	"strings"

	"ticker/book"
)

// Places tells how places in a stream that several books have in common stand to
// the stamps of this one. Cursors name such places, so that they are good at
// every node.
type Places interface {
	// Epoch names the life of the stream.
	Epoch() string
	// Outward returns the newest place up to which the book's records were all
	// stamped by safe, and Inward the newest stamp up to which whoever comes from a
	// place has all: both 0, which stands before everything, if there is none.
	Outward(safe uint64) (place uint64)
	Inward(place uint64) (stamp uint64)
}

// ownPlaces are the stamps of a book that is alone.
type ownPlaces struct{ *book.Book }

func (p ownPlaces) Outward(safe uint64) uint64 { return safe }

func (p ownPlaces) Inward(place uint64) uint64 {
	if place > p.Stamp() {
		return 0
	}
	return place
}

// cursorText is a cursor as it was written last. Sessions that are flushed
// between two advances of the safe stamp share it.
type cursorText struct {
	epoch string
	place uint64
	text  string
}

// cursor writes a place in the stream: the epoch, a dot, the number in base 36.
// Clients take it as it is. The epoch is read first: if it ends meanwhile, the
// cursor is one of an epoch that is over, which says nothing.
func (h *Hub) cursor(safe uint64) string {
	epoch := h.places.Epoch()
	place := h.places.Outward(safe)
	if last := h.lastCursor.Load(); last != nil && last.place == place && last.epoch == epoch {
		return last.text
	}
	text := epoch + "." + strconv.FormatUint(place, 36)
	h.lastCursor.Store(&cursorText{epoch, place, text})
	return text
}

// since reads a cursor: the stamp that it stands for, or 0, which stands before
// everything, if it is of another epoch. The epoch is read last: an epoch that ended
// meanwhile does not come back.
func (h *Hub) since(cursor string) uint64 {
	epoch, text, _ := strings.Cut(cursor, ".")
	place, err := strconv.ParseUint(text, 36, 64)
	if err != nil {
		return 0
	}
	stamp := h.places.Inward(place)
	if epoch != h.places.Epoch() {
		return 0
	}
	return stamp
}

// Knows reports whether a cursor is one of this stream, and not too old.
func (h *Hub) Knows(cursor string) bool { return h.since(cursor) > 0 }

// Cursor returns the place in the stream up to which whoever reads the book from
// now on sees everything.
func (h *Hub) Cursor() string { return h.cursor(h.book.AdvanceSafe()) }

// Epoch names the life of the stream, in which sequences and cursors count.
func (h *Hub) Epoch() string { return h.places.Epoch() }

package postgres

import (
	"cmp"
	"encoding/binary"
	"io"
	"slices"
	"sync"

	"ticker/history"
)

const (
	copyHeader = "PGCOPY\n\xff\r\n\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00"
	// copyChunk is how much is encoded before it is sent: the server works on
	// one chunk while the next is made.
	copyChunk = 32 << 10
)

// rows is a batch as the bytes of COPY BINARY, encoded as they are read.
type rows struct {
	// When a connection breaks, pgconn returns while its reader may be on its
	// way here still, with a batch that is the caller's again: the lock and
	// stop keep it out.
	mu    sync.Mutex
	batch *history.Batch
	order []int32 // of the samples, by symbol
	next  int     // the place in order of the sample to be encoded next
	chunk []byte  // what was encoded
	sent  int     // how much of it was read
	ended bool    // the end mark was encoded
}

// start begins with a batch.
func (r *rows) start(b *history.Batch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.batch, r.next, r.sent, r.ended = b, 0, 0, false
	r.sort()
	r.chunk = append(r.chunk[:0], copyHeader...)
}

// sort puts the samples of a symbol side by side, in the order they have: the
// index takes them in half the time then.
func (r *rows) sort() {
	r.order = r.order[:0]
	for i := range r.batch.Samples {
		r.order = append(r.order, int32(i))
	}
	slices.SortStableFunc(r.order, func(x, y int32) int {
		return cmp.Compare(r.batch.Samples[x].Symbol, r.batch.Samples[y].Symbol)
	})
}

// stop ends it: whoever reads on gets nothing.
func (r *rows) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.batch = nil
}

// Read returns the next bytes, and io.EOF behind the last.
func (r *rows) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.batch == nil {
		return 0, io.ErrClosedPipe
	}
	if r.sent == len(r.chunk) && !r.encode() {
		return 0, io.EOF
	}
	n := copy(p, r.chunk[r.sent:])
	r.sent += n
	return n, nil
}

// encode makes the next chunk, and reports whether there is one.
func (r *rows) encode() bool {
	if r.ended {
		return false
	}
	r.chunk, r.sent = r.chunk[:0], 0
	for r.next < len(r.batch.Samples) && len(r.chunk) < copyChunk {
		r.chunk = appendRow(r.chunk, &r.batch.Samples[r.order[r.next]], r.batch.Epoch)
		r.next++
	}
	if r.next == len(r.batch.Samples) {
		const endMark = 0xffff // in the place of a row's number of columns
		r.chunk = binary.BigEndian.AppendUint16(r.chunk, endMark)
		r.ended = true
	}
	return true
}

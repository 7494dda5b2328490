package kafka

import (
	"context"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"ticker/publish"
)

// flight is the records of one Send on their way.
type flight struct {
	landed chan struct{} // closed when the fate of every record is known
	giveUp context.CancelFunc

	mu   sync.Mutex
	left int
	err  error // the first of a record
}

// launch hands copies of records to the client. They are not given up with ctx, but
// by giveUp.
func launch(ctx context.Context, client *kgo.Client, records []publish.Record) *flight {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f := &flight{landed: make(chan struct{}), giveUp: cancel, left: len(records)}
	size := 0
	for i := range records {
		size += len(records[i].JSON)
	}
	text := make([]byte, 0, size)
	for i := range records {
		start := len(text)
		text = append(text, records[i].JSON...)
		client.Produce(ctx, &kgo.Record{Key: []byte(records[i].Symbol), Value: text[start:len(text):len(text)]}, f.fate)
	}
	return f
}

// fate is called by the client for every record.
func (f *flight) fate(_ *kgo.Record, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.err = err
	}
	if f.left--; f.left == 0 {
		f.giveUp()
		close(f.landed)
	}
}

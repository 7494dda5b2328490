package main

import (
	"fmt"
	"testing"
	"time"
)

// bid is what a snapshot says of the bid and the status of A.
func (r *running) bid() string {
	r.t.Helper()
	q := r.snapshot()["A"]
	return fmt.Sprint(q["bid"], " ", q["status"])
}

// TestAQuoteFromTheFutureFreezesNoPrice pushes one quote with a time far ahead, and then
// what is told of the present.
func TestAQuoteFromTheFutureFreezesNoPrice(t *testing.T) {
	t.Parallel()
	r := startServe(t, "--feed", "push:?silence=2s")
	at := func(bid int, ahead time.Duration) {
		r.push(fmt.Sprintf(`{"symbol":"A","bid":%d,"ts":%d}`, bid, time.Now().Add(ahead).UnixMicro()))
	}
	for i, ahead := range []time.Duration{6 * time.Second, time.Hour, 23 * time.Hour} {
		at(10*i+1, ahead)
		at(10*i+2, 0)
		if got, want := r.bid(), fmt.Sprint(10*i+2, " <nil>"); got != want {
			t.Errorf("behind a time %v ahead the bid is %s, want %s", ahead, got, want)
		}
	}
	// What is older than that says nothing of the present.
	eventually(t, "who only tells of the past is silent", func() bool {
		at(99, -time.Hour)
		return r.bid() == "22 stale"
	})
	at(100, 0)
	if got := r.bid(); got != "100 <nil>" {
		t.Errorf("the present again is %s", got)
	}
}

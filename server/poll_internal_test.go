package server

import (
	"errors"
	"testing"
)

func TestAPollTakesOneFrameAndLeavesTheRestToTheNext(t *testing.T) {
	t.Parallel()
	p := &poll{ended: make(chan struct{}), over: make(chan struct{}), taken: make(chan struct{})}
	for i, frame := range []string{"", "first,", "", "second,"} {
		want := 0
		if i == 1 {
			want = len(frame)
		}
		if n, err := p.TryWrite([]byte(frame)); n != want || err != nil {
			t.Errorf("of %q it takes %d bytes, %v", frame, n, err)
		}
	}
	if string(p.frame) != "first," {
		t.Errorf("it has %q", p.frame)
	}
	<-p.taken
	p.end(nil) // it is answered, and its session not over yet
	select {
	case <-p.over:
		t.Error("the session is over")
	default:
	}
	close(p.over)
	if err := errors.Join(p.Wait(), p.Write([]byte("second,"))); !errors.Is(err, errPolled) {
		t.Errorf("behind the answer: %v", err)
	}
}

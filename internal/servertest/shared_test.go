package servertest

import "testing"

func TestASharedServerIsOneUntilItIsClosed(t *testing.T) {
	t.Parallel()
	var shared Shared[*pair, options]
	if code := shared.Close(3); code != 3 {
		t.Errorf("closing what was not started turns code 3 into %d", code)
	}
	s := shared.Server(t)
	if shared.Server(t) != s {
		t.Error("there are two of them")
	}
	wantAnswers(t, s)
	if code := shared.Close(3); code != 3 {
		t.Errorf("closing it turns code 3 into %d", code)
	}
	wantGone(t, s)
}

// fatal is a test that only notes that it failed.
type fatal struct {
	testing.TB
	errs []any
}

func (f *fatal) Helper() {}

func (f *fatal) Fatal(args ...any) { f.errs = append(f.errs, args...) }

func TestASharedServerThatDoesNotStartFailsEveryTest(t *testing.T) {
	t.Parallel()
	shared := Shared[*pair, options]{Options: options{addr: "nowhere"}}
	tb := &fatal{}
	for range 2 {
		shared.Server(tb)
	}
	if len(tb.errs) != 2 {
		t.Errorf("two tests have the errors %v", tb.errs)
	}
	if code := shared.Close(1); code != 1 {
		t.Errorf("closing it turns code 1 into %d", code)
	}
}

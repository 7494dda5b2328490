package servertest

import "testing"

func TestTheServerEndsWithItsTestHoweverThatEnds(t *testing.T) {
	t.Parallel()
	EndsWithItsTest(t, func() []*Process { return []*Process{Start(t, options{}).Process} })
}

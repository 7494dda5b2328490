package postgrestest

import (
	"testing"

	"ticker/internal/servertest"
)

func TestTheServerEndsWithItsTestHoweverThatEnds(t *testing.T) {
	t.Parallel()
	servertest.EndsWithItsTest(t, func() []*servertest.Process {
		return []*servertest.Process{Start(t, Options{}).Process}
	})
}

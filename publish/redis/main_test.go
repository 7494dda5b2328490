package redis_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"ticker/internal/redistest"
)

// shared is the server of all tests that do not harm it.
var shared redistest.Shared

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) { os.Exit(shared.Close(code)) }))
}

package faults_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// programVariable names a program that is built already, for a test that runs
// again in a namespace.
const programVariable = "FAULTS_PROGRAM"

// maxParallel is how many programs run at one time.
const maxParallel = "4"

// patience bounds every wait. Only failures wait it out.
const patience = 60 * time.Second

var (
	soakFor = flag.Duration("soak", 0, "how long the soak test goes on; each scenario once if 0")
	built   build
)

func TestMain(m *testing.M) {
	flag.Parse()
	// They wait more than they work.
	if err := flag.Set("test.parallel", maxParallel); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		built.remove()
		os.Exit(code)
	}))
}

// build is the program, made by the first test that needs it.
type build struct {
	once      sync.Once
	dir, path string
	err       error
}

func (b *build) remove() {
	if b.dir != "" {
		_ = os.RemoveAll(b.dir) // it lies among what is temporary
	}
}

// binary returns the path of the program, built without the race detector: what is
// tested is what is shipped.
func binary(t *testing.T) string {
	t.Helper()
	built.once.Do(func() {
		if built.path = os.Getenv(programVariable); built.path != "" {
			return
		}
		//nolint:usetesting // it outlives the test that needed it first
		if built.dir, built.err = os.MkdirTemp("", "faults"); built.err != nil {
			return
		}
		built.path = filepath.Join(built.dir, "ticker")
		out, err := exec.CommandContext(t.Context(), "go", "build", "-race=false", "-o", built.path, "ticker/cmd/ticker").CombinedOutput()
		if err != nil {
			built.err = fmt.Errorf("build program: %w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.path
}

// await waits for something that another process brings about.
func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !done(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatal("not in time: " + what)
		}
	}
}

// lasting lets a fault go on for a while: what is asserted is asserted by other
// means, and while it lasts.
func lasting(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}

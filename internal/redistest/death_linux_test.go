package redistest

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// parentEnv makes this test binary start a server, say what it runs as and where
// its data are, and wait to be killed.
const parentEnv = "REDISTEST_PARENT"

func TestTheServerEndsWithItsTestHoweverThatEnds(t *testing.T) {
	t.Parallel()
	if os.Getenv(parentEnv) != "" {
		beKilled(t)
		return
	}
	parent := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	parent.Env = append(os.Environ(), parentEnv+"=1")
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	pid, dir := 0, ""
	if _, err := fmt.Fscanf(out, "server %d %s\n", &pid, &dir); err != nil {
		t.Fatal(err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := parent.Wait(); err == nil {
		t.Error("the parent ended as if it had not been killed")
	}
	awaitEnd(t, pid)
	if err := os.RemoveAll(dir); err != nil {
		t.Error(err)
	}
}

// awaitEnd waits until a process is gone, or has nobody who asks for its end.
func awaitEnd(t *testing.T, pid int) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return
		}
		var name string
		var state rune
		if _, err := fmt.Sscanf(string(stat), "%d %s %c", &pid, &name, &state); err == nil && state == 'Z' {
			return
		}
	}
	t.Errorf("process %d is still there: %v", pid, syscall.Kill(pid, syscall.SIGKILL))
}

// beKilled is the life of the test binary that dies.
func beKilled(t *testing.T) {
	t.Helper()
	s := Start(t, Options{})
	if _, err := fmt.Fprintln(os.Stdout, "server", s.process.Pid, s.dir); err != nil {
		t.Fatal(err)
	}
	<-t.Context().Done()
}

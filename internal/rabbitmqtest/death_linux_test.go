package rabbitmqtest

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// parentEnv makes this test binary start a server, say what it runs as and where
// its data are, and wait to be killed.
const parentEnv = "RABBITMQTEST_PARENT"

func TestTheServerIsHeardOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	server := Start(t, Options{})
	heard := make(map[int][]string)
	for table, loopback := range map[string]string{
		"/proc/net/tcp":  "0100007F",
		"/proc/net/tcp6": "00000000000000000000000001000000",
	} {
		text, err := os.ReadFile(table)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			var n, local, remote, state string
			var port int
			const listens = "0A"
			if _, err := fmt.Sscan(line, &n, &local, &remote, &state); err != nil || state != listens {
				continue
			}
			host, hex, _ := strings.Cut(local, ":")
			if _, err := fmt.Sscanf(hex, "%X", &port); err != nil {
				t.Fatal(err)
			}
			if host != loopback {
				host = "elsewhere"
			}
			heard[port] = append(heard[port], host)
		}
	}
	for _, port := range server.ports {
		if len(heard[port]) == 0 || slices.Contains(heard[port], "elsewhere") {
			t.Errorf("port %d is heard at %s", port, heard[port])
		}
	}
}

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
	node, mapper, dir := 0, 0, ""
	if _, err := fmt.Fscanf(out, "server %d %d %s\n", &node, &mapper, &dir); err != nil {
		t.Fatal(err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := parent.Wait(); err == nil {
		t.Error("the parent ended as if it had not been killed")
	}
	awaitEnd(t, node)
	awaitEnd(t, mapper)
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
	if _, err := fmt.Fprintln(os.Stdout, "server", s.node.Pid, s.mapper.Pid, s.dir); err != nil {
		t.Fatal(err)
	}
	<-t.Context().Done()
}

package postgrestest

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// parentEnv makes this test binary start a server, say what it runs as and
// where its data are, and wait to be killed.
const parentEnv = "POSTGRESTEST_PARENT"

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
	for lines := bufio.NewScanner(out); pid == 0 && lines.Scan(); {
		if words := strings.Fields(lines.Text()); len(words) == 3 && words[0] == "server" {
			if pid, err = strconv.Atoi(words[1]); err != nil {
				t.Fatal(err)
			}
			dir = words[2]
		}
	}
	children, err := childrenOf(pid)
	if err != nil || len(children) == 0 {
		t.Errorf("the server %d has the children %v: %v", pid, children, err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := parent.Wait(); err == nil {
		t.Error("the parent ended as if it had not been killed")
	}
	if err := gone(append(children, pid)); err != nil {
		t.Error(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Error(err)
	}
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

package servertest

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// deathEnv makes a test binary start processes, say what they are, and wait to be
// killed.
const deathEnv = "SERVERTEST_DEATH"

// EndsWithItsTest wants processes, and what they started, to end with the test that
// started them, even if that is killed. It runs the calling test again in a binary
// of its own, and only there calls start. It is for Linux.
func EndsWithItsTest(t *testing.T, start func() []*Process) {
	t.Helper()
	if os.Getenv(deathEnv) != "" {
		beKilled(t, start())
		return
	}
	parent := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	parent.Env = append(os.Environ(), deathEnv+"=1")
	out, err := parent.StdoutPipe()
	must(t, err)
	must(t, parent.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	must(t, err)
	words := strings.Fields(line)
	var pids []int
	for _, word := range words[1:] {
		pid, err := strconv.Atoi(word)
		must(t, err)
		children, err := childrenOf(pid)
		must(t, err)
		pids = append(append(pids, pid), children...)
	}
	must(t, parent.Process.Kill())
	if err := parent.Wait(); err == nil {
		t.Error("the parent ended as if it had not been killed")
	}
	for _, pid := range pids {
		if err := awaitEnd(pid); err != nil {
			t.Error(err, send(pid, syscall.SIGKILL))
		}
	}
	must(t, os.RemoveAll(words[0]))
}

// beKilled is the life of the test binary that dies.
func beKilled(t *testing.T, processes []*Process) {
	t.Helper()
	line := processes[0].program.Dir
	for _, p := range processes {
		line += " " + strconv.Itoa(p.process.Pid)
	}
	_, err := fmt.Fprintln(os.Stdout, line)
	must(t, err)
	<-t.Context().Done()
}

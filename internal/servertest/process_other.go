//go:build unix && !linux

package servertest

import (
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// attributes keep the signals of a terminal from a process.
func attributes(p Program) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: p.Account, Setpgid: true}
}

// childrenOf lists the children of a process.
func childrenOf(parent int) ([]int, error) {
	//nolint:noctx // It only reads a list, and ends by itself.
	out, err := exec.Command("pgrep", "-P", strconv.Itoa(parent)).Output()
	var none *exec.ExitError
	if err != nil && !(errors.As(err, &none) && none.ExitCode() == 1) {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	var children []int
	for _, word := range strings.Fields(string(out)) {
		pid, err := strconv.Atoi(word)
		if err != nil {
			return nil, fmt.Errorf("list processes: %w", err)
		}
		children = append(children, pid)
	}
	return children, nil
}

// states returns the letter of a process's state, none for a process that is not
// there.
func states(pid int) string {
	//nolint:noctx // It only reads a state, and ends by itself.
	out, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return ""
	}
	state := strings.TrimSpace(string(out))
	return state[:min(1, len(state))]
}

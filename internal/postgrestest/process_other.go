//go:build unix && !linux

package postgrestest

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// attributes make a process run as the account.
func (a account) attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: a.Credential, Setpgid: true}
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

// alive reports whether a process can still do anything: a zombie cannot.
func alive(pid int) bool {
	//nolint:noctx // It only reads a state, and ends by itself.
	out, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	state := bytes.TrimSpace(out)
	return err == nil && len(state) > 0 && state[0] != 'Z'
}

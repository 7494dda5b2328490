package natstest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// attributes make the server end with this process, whatever ends it.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

// standsStill returns an error while a thread of a process is not stopped.
func standsStill(pid int) error {
	stats, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil {
		return fmt.Errorf("list threads: %w", err)
	}
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("read thread: %w", err)
		}
		// The state stands behind the name, which is in parentheses.
		_, behind, _ := bytes.Cut(text, []byte(") "))
		if len(behind) == 0 || behind[0] != 'T' {
			return fmt.Errorf("thread %s is in state %.1s", path, behind)
		}
	}
	return nil
}

package servertest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// attributes make a process end with this one, and keep the signals of a terminal
// from it.
func attributes(p Program) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: p.Account, Pdeathsig: p.Orphan, Setpgid: true}
}

// childrenOf lists the children of a process.
func childrenOf(parent int) ([]int, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	var children []int
	for _, path := range stats {
		if _, ppid := readStat(path); ppid != strconv.Itoa(parent) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			return nil, fmt.Errorf("list processes: %w", err)
		}
		children = append(children, pid)
	}
	return children, nil
}

// states returns the letters of the states of a process's threads, none for a
// process that is not there.
func states(pid int) string {
	stats, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil {
		return ""
	}
	letters := ""
	for _, path := range stats {
		state, _ := readStat(path)
		letters += state
	}
	return letters
}

// readStat returns the state of a process or thread and its parent. They stand
// behind the program's name in parentheses.
func readStat(path string) (state, parent string) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", "" // It has ended.
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	return string(fields[0]), string(fields[1])
}

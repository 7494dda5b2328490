package bench

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// processorTime returns what a process has taken of the processors, all its
// threads and the kernel's work for them included, in nanosecond steps.
func processorTime(pid int) (time.Duration, error) {
	// The clock of a process has a number that is made of its pid, see
	// clock_getcpuclockid(3).
	const processClock = 2
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|processClock), &t); err != nil { //nolint:gosec // pids are small
		return 0, fmt.Errorf("read processor time of process %d: %w", pid, err)
	}
	return time.Duration(t.Nano()), nil
}

// anonymousMemory returns the bytes of memory that a process alone holds and
// that stand in no file.
func anonymousMemory(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("read memory of process: %w", err)
	}
	return kilobytes(string(text), "RssAnon:")
}

// kilobytes finds a figure in a page of the kernel's that is in KiB.
func kilobytes(page, name string) (int64, error) {
	_, rest, found := strings.Cut(page, name)
	fields := strings.Fields(rest)
	if !found || len(fields) == 0 {
		return 0, fmt.Errorf("the kernel does not tell %s", name)
	}
	n, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", name, err)
	}
	return n << 10, nil
}

// describe fills in what the kernel knows of the machine.
func (m *Machine) describe() {
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, rest, found := strings.Cut(string(text), "model name"); found {
			line, _, _ := strings.Cut(rest, "\n")
			m.CPU = strings.TrimLeft(line, "\t :")
		}
	}
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		m.Memory, _ = kilobytes(string(text), "MemTotal:") // 0 is not known
	}
	var name unix.Utsname
	if unix.Uname(&name) == nil {
		release, _, _ := strings.Cut(unix.ByteSliceToString(name.Release[:]), "-")
		m.Kernel = unix.ByteSliceToString(name.Sysname[:]) + " " + release
	}
}

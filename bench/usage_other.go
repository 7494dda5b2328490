//go:build !linux

package bench

import (
	"errors"
	"runtime"
	"time"
)

var errNoUsage = errors.New("what a process uses is only read on Linux")

func processorTime(int) (time.Duration, error) { return 0, errNoUsage }

func anonymousMemory(int) (int64, error) { return 0, errNoUsage }

func (m *Machine) describe() { m.Kernel = runtime.GOOS }

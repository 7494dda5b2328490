package main

import (
	"io/fs"
	"log/slog"
	"math"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
)

// memoryShare is the part of a control group's memory that the Go heap may
// take, in percent: the rest is for the kernel's buffers of sockets, which count
// too, and for stacks.
const memoryShare = 80

// limitMemory has the garbage collector work harder when the service comes near
// the memory that its control group may use, as in a container, rather than
// have it killed there. GOMEMLIMIT is left as it is.
func limitMemory(root fs.FS, env *environment, log *slog.Logger) {
	limit, group := groupMemory(root)
	if env.getenv("GOMEMLIMIT") != "" || limit == math.MaxInt64 {
		return
	}
	heap := limit / 100 * memoryShare
	debug.SetMemoryLimit(heap)
	log.Info("memory limited", "group", group, "group_bytes", limit, "heap_bytes", heap)
}

// groupMemory returns the least memory that the process's control group, or one
// that it is within, may use, and the name of that group. Without any limit, or
// without control groups of version 2, it is math.MaxInt64.
func groupMemory(root fs.FS) (limit int64, group string) {
	limit = math.MaxInt64
	for dir := ownGroup(root); ; dir = path.Dir(dir) {
		text, err := fs.ReadFile(root, path.Join("sys/fs/cgroup", dir, "memory.max"))
		if n, bad := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && bad == nil && n > 0 && n < limit {
			limit, group = n, dir // the word max is no number, and no limit
		}
		if dir == "/" {
			return limit, group
		}
	}
}

// ownGroup returns the path of the process's control group, / if it is not
// known.
func ownGroup(root fs.FS) string {
	text, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return "/"
	}
	for line := range strings.Lines(string(text)) {
		if name, found := strings.CutPrefix(line, "0::"); found {
			return path.Clean("/" + strings.TrimSpace(name))
		}
	}
	return "/"
}

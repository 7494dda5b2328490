package main

import (
	"log/slog"
	"math"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"ticker/server"
)

const (
	// reservedFiles is how many open files are kept for everything but the connections
	// of clients.
	reservedFiles = 256
	// moreConnections is how many there may be beside sessions: requests, and clients
	// that are told that there is no room. Of few open files it is at least one in
	// morePart.
	moreConnections = 1024
	morePart        = 8
)

// connectionLimits returns how many sessions, and connections in all, there may be.
func (s *settings) connectionLimits(log *slog.Logger) (sessions, connections int) {
	configured := int(s.limits.sessions)
	files, ok := openFilesLimit()
	if !ok {
		return configured, configured + moreConnections
	}
	sessions, connections = fitting(configured, files)
	if sessions < configured {
		log.Warn("fewer sessions than configured: the process may not open more files",
			"sessions", sessions, "configured", configured, "open_files", files)
	}
	return sessions, connections
}

// fitting returns how many of the sessions that are wanted, and how many connections in
// all, so many open files allow.
func fitting(wanted, files int) (sessions, connections int) {
	room := max(files-reservedFiles, 2)
	sessions = min(wanted, room-max(room/morePart, 1))
	return sessions, min(sessions+moreConnections, room)
}

// watchedResources are what the service gives way for when it runs short: the
// processor, of which behind tells, and open files and memory, as far as there is a
// limit on them. Quotes that are sent less often free neither of those two.
func watchedResources(behind func() time.Duration) []server.Resource {
	watched := []server.Resource{{Name: "processor", Used: growth(behind, time.Now), Eased: true}}
	files, limited := openFilesLimit()
	if _, err := openFiles(); limited && err == nil {
		watched = append(watched, server.Resource{Name: "descriptors", Used: func() float64 {
			open, _ := openFiles() // it worked a moment ago
			return float64(open) / float64(files)
		}})
	}
	if limit := debug.SetMemoryLimit(-1); limit != math.MaxInt64 {
		watched = append(watched, server.Resource{Name: "memory", Used: func() float64 {
			return float64(liveMemory()) / float64(limit)
		}})
	}
	return watched
}

// growth returns what part of the time since it was asked last a span has grown by, 1
// at most. The processor is judged by that and not by its load: one without a moment of
// rest that has every quote out in time is well used, and one that others keep busy
// looks idle.
func growth(span func() time.Duration, now func() time.Time) func() float64 {
	before, at := span(), now()
	return func() float64 {
		total, t := span(), now()
		grown, passed := total-before, t.Sub(at)
		before, at = total, t
		if grown <= 0 {
			return 0
		}
		return float64(grown) / float64(max(passed, grown))
	}
}

// descriptors is where Linux lists the open files of the process.
const descriptors = "/proc/self/fd"

// openFiles counts the open files of the process. From Linux 6.2 on their number is the
// size of the list, which is cheaper than to read 15,000 names once a second.
func openFiles() (int, error) {
	info, err := os.Stat(descriptors)
	if err != nil {
		return 0, err
	}
	if n := info.Size(); n > 0 {
		return int(n), nil
	}
	return listOpenFiles()
}

func listOpenFiles() (int, error) {
	list, err := os.Open(descriptors)
	if err != nil {
		return 0, err
	}
	defer list.Close() //nolint:errcheck // it was only read
	names, err := list.Readdirnames(-1)
	return len(names), err
}

// liveMemory returns the bytes that a collection would not free: what the last one
// left, and the stacks. What was allocated since is no pressure, for most of it is
// garbage.
func liveMemory() uint64 {
	samples := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(samples)
	var bytes uint64
	for _, s := range samples {
		if s.Value.Kind() == metrics.KindUint64 {
			bytes += s.Value.Uint64()
		}
	}
	return bytes
}

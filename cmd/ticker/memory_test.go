package main

import (
	"math"
	"testing"
	"testing/fstest"
)

func TestMemoryIsThatOfTheTightestGroupAround(t *testing.T) {
	t.Parallel()
	group := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	for name, c := range map[string]struct {
		files fstest.MapFS
		limit int64
		group string
	}{
		"no groups": {fstest.MapFS{}, math.MaxInt64, ""},
		"a container": {fstest.MapFS{
			"proc/self/cgroup": group("0::/\n"), "sys/fs/cgroup/memory.max": group("536870912\n"),
		}, 512 << 20, "/"},
		"no limit": {fstest.MapFS{
			"proc/self/cgroup": group("0::/\n"), "sys/fs/cgroup/memory.max": group("max\n"),
		}, math.MaxInt64, ""},
		"a limit further up": {fstest.MapFS{
			"proc/self/cgroup":                           group("1:name=systemd:/x\n0::/a.slice/b.service\n"),
			"sys/fs/cgroup/a.slice/memory.max":           group("1000\n"),
			"sys/fs/cgroup/a.slice/b.service/memory.max": group("2000\n"),
		}, 1000, "/a.slice"},
		"its own limit": {fstest.MapFS{
			"proc/self/cgroup":                           group("0::/a.slice/b.service\n"),
			"sys/fs/cgroup/a.slice/memory.max":           group("3000\n"),
			"sys/fs/cgroup/a.slice/b.service/memory.max": group("2000\n"),
		}, 2000, "/a.slice/b.service"},
		"nonsense": {fstest.MapFS{
			"proc/self/cgroup": group("0::../../etc\n"), "sys/fs/cgroup/memory.max": group("-5\n"),
		}, math.MaxInt64, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if limit, at := groupMemory(c.files); limit != c.limit || at != c.group {
				t.Errorf("%d bytes of %q, want %d of %q", limit, at, c.limit, c.group)
			}
		})
	}
}

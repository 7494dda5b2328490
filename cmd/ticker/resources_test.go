package main

import (
	"os"
	"runtime"
	"testing"
	"time"
)

func TestConnectionsStayBelowTheOpenFilesAndLeaveRoomBesideSessions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ wanted, files, sessions, connections int }{
		{15_000, 1 << 20, 15_000, 16_024},
		{15_000, 20_000, 15_000, 16_024},
		{15_000, 16_300, 14_039, 15_063},
		{15_000, 1024, 672, 768},
		{15_000, 400, 126, 144},
		{15_000, 256, 1, 2},
		{15_000, 0, 1, 2},
		{1, 400, 1, 144},
	} {
		sessions, connections := fitting(c.wanted, c.files)
		if sessions != c.sessions || connections != c.connections {
			t.Errorf("%d wanted of %d files: %d sessions, %d connections; want %d and %d",
				c.wanted, c.files, sessions, connections, c.sessions, c.connections)
		}
	}
}

func TestOpenFilesAreCounted(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		if _, err := openFiles(); err == nil {
			t.Error("open files are counted where nothing lists them")
		}
		return
	}
	const more = 500
	for range more {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
	}
	for name, count := range map[string]func() (int, error){"counted": openFiles, "listed": listOpenFiles} {
		if n, err := count(); err != nil || n <= more || n > more+100_000 {
			t.Errorf("%s: %d open files, %v", name, n, err)
		}
	}
	for _, r := range watchedResources(func() time.Duration { return 0 })[1:] {
		if used := r.Used(); used <= 0 || used >= 1 {
			t.Errorf("%v of %s in use", used, r.Name)
		}
	}
}

func TestTheProcessorIsJudgedByThePartOfTheTimeInWhichItWasBehind(t *testing.T) {
	t.Parallel()
	var behind time.Duration
	at := time.Now()
	used := growth(func() time.Duration { return behind }, func() time.Time { return at })
	for _, step := range []struct {
		passed, behind time.Duration
		want           float64
	}{
		{time.Second, 0, 0},
		{time.Second, 250 * time.Millisecond, 0.25},
		{2 * time.Second, 2 * time.Second, 1},
		{time.Second, 3 * time.Second, 1}, // known late
		{time.Second, 0, 0},
		{0, time.Second, 1},
		{0, 0, 0},
	} {
		at, behind = at.Add(step.passed), behind+step.behind
		if got := used(); got != step.want {
			t.Errorf("%v behind in %v: %v, want %v", step.behind, step.passed, got, step.want)
		}
	}
}

func TestMemoryInUseIsWhatACollectionLeaves(t *testing.T) {
	t.Parallel()
	const kept = 64 << 20
	block := make([]byte, kept)
	runtime.GC()
	if live := liveMemory(); live < kept {
		t.Errorf("%d bytes live of %d", live, kept)
	}
	runtime.KeepAlive(block)
}

package faults_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ticker/internal/postgrestest"
)

func TestAStoreWithAFullDiskDelaysNoClientAndLosesNoRow(t *testing.T) {
	t.Parallel()
	if !apart(t) {
		return
	}
	loopback(t)
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o711); err != nil { //nolint:gosec // the server may be another user
		t.Fatal(err)
	}
	small := mount(t, dir, "32m")
	db := postgrestest.Start(t, postgrestest.Options{})
	s := &stored{stage: &stage{t: t}, db: db, database: db.NewDatabase(t)}
	// Made by the server, the directory belongs to it.
	s.admin(
		"copy (select 1) to program 'mkdir "+dir+"/space'",
		"create tablespace small location '"+dir+"/space'",
		"alter database test1 set tablespace small",
	)
	p := start(t, setup{config: pushConfig, args: []string{"--history", s.database}})
	p.awaitReady()
	s.stage = load(t, p)
	s.outage(func() { small.fill(); s.down() }, small.free)
}

// exhausted takes the room of a service's disk, wants it to say so and live data to
// go on, gives the room back, and wants history to resume by itself with every
// row accounted for.
func exhausted(s *stage, take, give func()) {
	s.t.Helper()
	s.program.awaitReady()
	take()
	s.program.awaitMetric("ticker_history_store_up", func(up float64) bool { return up == 0 })
	if ok, why := s.program.ready(); ok {
		s.t.Errorf("ready without room on the disk: %s", why)
	}
	s.quiet()
	s.source.awaitRounds(50)
	s.quiet()
	give()
	s.program.awaitReady()
	s.source.awaitRounds(10)
	s.source.hold()
	want := float64(s.source.rows())
	await(s.t, fmt.Sprintf("all of %.0f rows are accounted for", want), func() bool {
		m := s.program.metrics()
		stored, lost, refused := rowsOf(m)
		return m["ticker_history_backlog_rows"] == 0 && stored+lost+refused == want
	})
	_, lost, refused := rowsOf(s.program.metrics())
	if lost != 0 || refused != 0 {
		s.t.Errorf("%.0f rows are lost and %.0f refused that memory had room for", lost, refused)
	}
	s.recorded(time.Now().Add(grace))
	s.quiet()
	s.undisturbed()
}

func TestAFullDiskIsSaidDelaysNoClientAndPasses(t *testing.T) {
	t.Parallel()
	if !apart(t) {
		return
	}
	loopback(t)
	dir := t.TempDir()
	small := mount(t, dir, "8m")
	exhausted(open(t, setup{config: pushConfig, args: []string{"--data", dir}}), small.fill, small.free)
}

func TestFilesThatMayNotGrowAreSaidDelayNoClientAndThatPasses(t *testing.T) {
	t.Parallel()
	s := open(t, setup{config: pushConfig})
	limit := func(bytes uint64) {
		pid := s.program.cmd.Process.Pid
		if err := unix.Prlimit(pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: bytes, Max: math.MaxUint64}, nil); err != nil {
			t.Fatal(err)
		}
	}
	exhausted(s, func() { limit(uint64(os.Getpagesize())) }, func() { limit(math.MaxUint64) })
}

package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// process is a service in a process of its own.
type process struct {
	cmd    *exec.Cmd
	log    *logBuffer
	public string
	admin  string
}

// spawn starts this very program as `ticker serve` on free ports.
func spawn(t *testing.T, args ...string) *process {
	t.Helper()
	return spawnIn(t, "", args...)
}

// spawnIn is spawn in a directory.
func spawnIn(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{log: newLogBuffer()}
	//nolint:gosec // it is this program
	p.cmd = exec.CommandContext(context.WithoutCancel(t.Context()), self,
		append([]string{"serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"}, args...)...)
	p.cmd.Dir = dir
	p.cmd.Env = append(os.Environ(), asProgram+"=1")
	p.cmd.Stderr = p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	line := p.log.line(t, "serving")
	p.public = strings.TrimSuffix(line["dashboard"].(string), "/")
	p.admin = strings.TrimSuffix(line["admin"].(string), "/metrics")
	return p
}

// kill ends the process with SIGKILL and waits for it.
func (p *process) kill() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill() // it may have ended by itself
		_ = p.cmd.Wait()         // that it was killed is no news
	}
}

// acknowledged is quotes that the service had accepted by a time; their bids are
// the numbers from 1 on.
type acknowledged struct {
	bid int
	at  time.Time
}

// pour pushes quotes one after the other for a while.
func (p *process) pour(t *testing.T, while time.Duration) []acknowledged {
	t.Helper()
	var done []acknowledged
	for began := time.Now(); time.Since(began) < while; {
		bid := len(done) + 1
		body := fmt.Sprintf(`{"symbol":"A","bid":%d,"last":1,"lastSize":1}`, bid)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.public+"/v1/quotes", bytes.NewReader([]byte(body)))
		if err != nil {
			t.Fatal(err)
		}
		if code, answer := do(t, req); code != http.StatusOK {
			t.Fatalf("push: %d %s\n%s", code, answer, p.log)
		}
		done = append(done, acknowledged{bid, time.Now()})
	}
	return done
}

// expectEach checks that what was acknowledged more than two seconds before the
// end is in history once, and nothing else is there.
func expectEach(t *testing.T, r *running, done []acknowledged, end time.Time) {
	t.Helper()
	seen := make(map[int]int)
	for _, q := range r.history("A") {
		bid, err := strconv.Atoi(fmt.Sprint(q["bid"]))
		if err != nil || fmt.Sprint(q["seq"]) != strconv.Itoa(bid) {
			t.Fatalf("record %v: %v", q, err)
		}
		seen[bid]++
	}
	due := 0
	for _, a := range done {
		if end.Sub(a.at) <= 2*time.Second {
			break
		}
		due++
		if seen[a.bid] != 1 {
			t.Errorf("quote %d of %d, accepted %v before the end, is there %d times", a.bid, len(done), end.Sub(a.at), seen[a.bid])
		}
	}
	for bid, n := range seen {
		if n != 1 || bid > len(done)+1 {
			t.Errorf("quote %d is there %d times", bid, n)
		}
	}
	if due == 0 {
		t.Error("nothing was due")
	}
	t.Logf("%d quotes accepted, %d due, %d recorded", len(done), due, len(seen))
}

func TestWhatWasDueTwoSecondsBeforeAKillIsThereOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	config := writeFile(t, "history: {every: 0s}")
	p := spawn(t, "--data", dir, "--config", config, "--feed", "push:")
	done := p.pour(t, 3*time.Second)
	end := time.Now()
	p.kill()
	r := startServe(t, "--data", dir, "--config", config, "--feed", "push:")
	if q := r.snapshot()["A"]; q["status"] != "stale" {
		t.Errorf("after the restart: %v", q)
	}
	expectEach(t, r, done, end)
	candles := r.candles("A", map[string][]string{"step": {"1h"}})
	var trades uint64
	for _, c := range candles {
		trades += c.Trades
	}
	if n := len(r.history("A")); trades != uint64(n) {
		t.Errorf("candles of %d trades, %d records of one each", trades, n)
	}
}

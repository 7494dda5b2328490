package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"ticker/internal/postgrestest"
)

// recordsOf waits until so many records of a symbol are in history, and returns
// their bids in order.
func (r *running) recordsOf(symbol string, n int) []string {
	r.t.Helper()
	var bids []string
	eventually(r.t, fmt.Sprintf("%d records of %s", n, symbol), func() bool {
		quotes, err := r.askHistory(symbol)
		if err != nil {
			return false
		}
		bids = nil
		for _, q := range quotes {
			bids = append(bids, fmt.Sprint(q["bid"]))
		}
		return len(bids) >= n
	})
	return bids
}

// bids pushes quotes with the given bids, one after the other.
func (r *running) bids(from, to int) {
	r.t.Helper()
	for bid := from; bid <= to; bid++ {
		r.push(fmt.Sprintf(`{"symbol":"A","bid":%d}`, bid))
	}
}

func (r *running) ready() (code int, body string) { return get(r.t, r.admin+"/readyz") }

// expectCounted checks that the bids are the numbers from 1 to n, each once.
func expectCounted(t *testing.T, bids []string, n int) {
	t.Helper()
	for i, bid := range bids {
		if bid != fmt.Sprint(i+1) {
			t.Fatalf("record %d has the bid %s: %v", i+1, bid, bids)
		}
	}
	if len(bids) != n {
		t.Errorf("%d records, want %d", len(bids), n)
	}
}

func TestAStoreThatIsAwayLosesNothingAndDelaysNothing(t *testing.T) {
	t.Parallel()
	db := postgrestest.Start(t, postgrestest.Options{Durable: true})
	address := db.NewDatabase(t)
	db.Stop(t)
	r := startServe(t, "--config", writeFile(t, "history: {every: 0s}"), "--feed", "push:", "--history", address)
	r.bids(1, 20)
	if q := r.snapshot()["A"]; fmt.Sprint(q["bid"]) != "20" {
		t.Errorf("live: %v", q)
	}
	for _, path := range []string{"/v1/history/A", "/v1/candles/A", "/v1/snapshot?symbols=A&at=1"} {
		if code, body := get(t, r.public+path); code != http.StatusServiceUnavailable || !strings.Contains(body, `"code":"unavailable"`) {
			t.Errorf("%s: %d %s", path, code, body)
		}
	}
	if code, body := r.ready(); code != http.StatusServiceUnavailable || !strings.Contains(body, "history: open store") {
		t.Errorf("ready without a store: %d %s", code, body)
	}
	r.log.line(t, "history store is unreachable")

	db.Restart(t)
	expectCounted(t, r.recordsOf("A", 20), 20)
	eventually(t, "ready", func() bool { code, _ := r.ready(); return code == http.StatusOK })

	db.Kill(t)
	r.bids(21, 40)
	db.Restart(t)
	expectCounted(t, r.recordsOf("A", 40), 40)

	db.Pause(t)
	r.bids(41, 60)
	if q := r.snapshot()["A"]; fmt.Sprint(q["bid"]) != "60" {
		t.Errorf("live while the store stands still: %v", q)
	}
	db.Resume(t)
	expectCounted(t, r.recordsOf("A", 60), 60)
	if code := r.end(); code != 0 {
		t.Errorf("exit %d: %s", code, r.log)
	}
	for _, secret := range []string{"password", "xxxxx"} {
		if strings.Contains(r.log.String(), secret) {
			t.Errorf("logged %q:\n%s", secret, r.log)
		}
	}
}

func TestAKillWhileTheStoreStandsStillLosesNothing(t *testing.T) {
	t.Parallel()
	db := postgrestest.Start(t, postgrestest.Options{})
	dir, address := t.TempDir(), db.NewDatabase(t)
	config := writeFile(t, "history: {every: 0s}")
	args := []string{"--data", dir, "--config", config, "--feed", "push:", "--history", address}
	p := spawn(t, args...)
	p.log.line(t, "history store opened")
	db.Pause(t)
	done := p.pour(t, 3*time.Second)
	end := time.Now()
	p.kill()
	db.Resume(t)
	r := startServe(t, args...)
	eventually(t, "the spool drained", func() bool {
		_, metrics := get(t, r.admin+"/metrics")
		return strings.Contains(metrics, "\nticker_history_backlog_rows 0\n")
	})
	expectEach(t, r, done, end)
}

func TestHistoryInPostgreSQLAnswersLikeTheFile(t *testing.T) {
	t.Parallel()
	db := postgrestest.Start(t, postgrestest.Options{})
	dir, address := t.TempDir(), db.NewDatabase(t)
	r := startServe(t, "--data", dir, "--feed", "push:", "--history", address)
	r.push(`{"symbol":"A","last":10.50,"lastSize":2}`, `{"symbol":"A","last":9.25,"lastSize":4}`)
	r.end()
	again := startServe(t, "--data", dir, "--feed", "push:", "--history", address)
	if q := again.snapshot()["A"]; q["status"] != "stale" || fmt.Sprint(q["last"]) != "9.25" {
		t.Errorf("after a restart: %v", q)
	}
	got := again.candles("A", url.Values{"step": {"1h"}})
	if len(got) != 1 || got[0].Open != "10.50" || got[0].Volume != "6" || got[0].Trades != 2 {
		t.Errorf("candles %v", got)
	}
}

func TestAShutdownWhileTheStoreStandsStillEndsInTimeAndLosesNothing(t *testing.T) {
	t.Parallel()
	db := postgrestest.Start(t, postgrestest.Options{})
	dir, address := t.TempDir(), db.NewDatabase(t)
	config := writeFile(t, "history: {every: 0s}\nshutdown: {timeout: 5s}")
	args := []string{"--data", dir, "--config", config, "--feed", "push:", "--history", address}
	r := startServe(t, args...)
	r.log.line(t, "history store opened")
	db.Pause(t)
	r.bids(1, 20)
	began := time.Now()
	if code := r.end(); code != 0 || time.Since(began) > 5*time.Second {
		t.Errorf("exit %d after %v: %s", code, time.Since(began), r.log)
	}
	if spooled := r.log.line(t, "history recorder has ended")["spooled_rows"]; spooled != 20.0 {
		t.Errorf("%v rows spooled, want 20", spooled)
	}
	db.Resume(t)
	expectCounted(t, startServe(t, args...).recordsOf("A", 20), 20)
}

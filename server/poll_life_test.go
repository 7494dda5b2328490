package server_test

import (
	"bufio"
	"context"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/server"
	"ticker/wire"
)

// waiting makes n polls that wait, with the newest cursor, and returns what they are
// answered once all are.
func (r *rig) waiting(n int, query string) (answers func() []polled) {
	r.t.Helper()
	cursor := r.poll("symbols=*").Cursor
	var polling sync.WaitGroup
	all := make([]answer, n)
	took := make([]time.Duration, n)
	for i := range all {
		polling.Go(func() {
			start := time.Now()
			all[i] = r.get("/v1/poll?" + query + "&cursor=" + cursor)
			took[i] = time.Since(start)
		})
	}
	return func() []polled {
		polling.Wait()
		read := make([]polled, n)
		for i := range all {
			read[i] = r.polled(all[i], took[i])
		}
		return read
	}
}

func TestDrainAnswersPollsThatWait(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.quote("A", 1)
		r.quote("B", 1)
		sleep(time.Second)
		idle := r.waiting(5, "symbols=A&wait=1m")
		paused := r.waiting(5, "symbols=B&wait=1m&interval=1m")
		sleep(time.Second)
		r.quote("B", 2) // which is not told before the interval is over
		r.srv.StopAccepting()
		sleep(time.Second)
		start := time.Now()
		if err := r.srv.Drain(context.WithoutCancel(r.t.Context())); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("the drain took %v", took)
		}
		for _, p := range idle() {
			if len(p.Records) != 0 {
				t.Errorf("a poll brought %v", p.found())
			}
		}
		for _, p := range paused() {
			if diff := cmp.Diff([]string{"B=0.02"}, p.found()); diff != "" {
				t.Error("what there was (-want +got):\n" + diff)
			}
		}
		if err := <-r.served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
}

func TestAPollWhoseClientGoesAwayFreesItsPlaceAtOnce(t *testing.T) {
	t.Parallel()
	for name, query := range map[string]string{"while it waits": "", "before the interval is over": "&interval=1m"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(r *rig) {
				r.quote("A", 1)
				sleep(time.Second)
				cursor := r.poll("symbols=A").Cursor
				conn := r.begin(t, "GET /v1/poll?symbols=A&wait=1m&cursor="+cursor+query+" HTTP/1.1\r\nHost: x\r\n\r\n")
				sleep(time.Second)
				if got := r.get("/v1/poll?symbols=A"); got.status != http.StatusServiceUnavailable {
					t.Fatalf("the only place is not taken: %+v", got)
				}
				if err := conn.Close(); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				r.poll("symbols=A")
				if got := r.metric(`ticker_sessions{transport="poll"}`); got != "0" {
					t.Errorf("%s polls are left", got)
				}
			}, func(_ testing.TB, cfg *server.Config) { cfg.Limits.Sessions = 1 })
		})
	}
}

func TestPlacesAreSharedByAllWaysOfSessions(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.quote("A", 1)
		sleep(time.Second)
		answers := r.waiting(1, "symbols=A&wait=1m")
		r.connect(wire.JSON)
		s := r.events("symbols=A")
		synctest.Wait()
		_, stream := r.askEvents("symbols=A")
		_, session := r.shake()
		for _, got := range []answer{stream, session, r.get("/v1/poll?symbols=A")} {
			p := got.problem(t)
			if _, err := strconv.Atoi(got.header.Get("Retry-After")); err != nil || p.Status != http.StatusServiceUnavailable {
				t.Errorf("%v in %+v", err, got)
			}
		}
		r.quote("A", 2)
		answers()
		r.poll("symbols=A")
		if err := s.conn.Close(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		r.events("symbols=A")
	}, func(_ testing.TB, cfg *server.Config) { cfg.Limits.Sessions = 3 })
}

// TestPollsOfTheLongestWaitAreAnsweredOnOneConnection covers the deadlines that the
// HTTP server has for other requests, which are not above a minute.
func TestPollsOfTheLongestWaitAreAnsweredOnOneConnection(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.quote("A", 1)
		sleep(time.Second)
		cursor := r.poll("symbols=A").Cursor
		conn := r.begin(t, "")
		in := bufio.NewReader(conn)
		for range 3 {
			request := "GET /v1/poll?symbols=A&wait=1m&cursor=" + cursor + " HTTP/1.1\r\nHost: x\r\n"
			if _, err := conn.Write([]byte(request)); err != nil {
				t.Fatal(err)
			}
			sleep(4 * time.Second) // of the five that a head may take
			start := time.Now()
			if _, err := conn.Write([]byte("\r\n")); err != nil {
				t.Fatal(err)
			}
			resp, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Fatal(err)
			}
			took := time.Since(start)
			if err := resp.Body.Close(); err != nil || resp.StatusCode != http.StatusNoContent || took != time.Minute {
				t.Errorf("%s after %v, %v", resp.Status, took, err)
			}
		}
	})
}

func TestWhatPollsBringIsCounted(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.quote("A", 1)
		r.quote("B", 1)
		sleep(time.Second)
		body := r.get("/v1/poll?symbols=*").body
		answers := r.waiting(1, "symbols=A,B")
		sleep(time.Second)
		got := map[string]string{"while one waits": r.metric(`ticker_sessions{transport="poll"}`)}
		r.quote("B", 2)
		if p := answers(); len(p[0].Records) != 1 {
			t.Errorf("%d records", len(p[0].Records))
		}
		for _, name := range []string{
			`ticker_sessions{transport="poll"}`,
			`ticker_subscriptions`,
			`ticker_delivered_updates_total{transport="poll"}`,
			`ticker_delivered_frames_total{transport="poll"}`,
			`ticker_delivered_updates_total{transport="sse"}`,
		} {
			got[name] = r.metric(name)
		}
		want := map[string]string{
			"while one waits":                                  "1",
			`ticker_sessions{transport="poll"}`:                "0",
			`ticker_subscriptions`:                             "0",
			`ticker_delivered_updates_total{transport="poll"}`: "5", // two polls of both before
			`ticker_delivered_frames_total{transport="poll"}`:  "3",
			`ticker_delivered_updates_total{transport="sse"}`:  "0",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error("metrics (-want +got):\n" + diff)
		}
		bytes, err := strconv.Atoi(r.metric(`ticker_delivered_bytes_total{transport="poll"}`))
		if err != nil || bytes < len(body) {
			t.Errorf("%d bytes, %v, and one body alone has %d", bytes, err, len(body))
		}
	})
}

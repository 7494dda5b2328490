package server_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/server"
	"ticker/wire"
)

// streamsLeft waits until no stream is left, and says how they were counted.
func (r *rig) streamsLeft(code wire.CloseCode, count int) {
	r.t.Helper()
	eventually(r.t, "the end of every stream", func() bool {
		return r.metric(`ticker_sessions{transport="sse"}`) == "0"
	})
	name := fmt.Sprintf("ticker_session_closes_total{code=\"%d\"}", code)
	eventually(r.t, "the count of the ends", func() bool { return r.metric(name) == strconv.Itoa(count) })
	if got := r.metric("ticker_subscriptions"); got != "0" {
		r.t.Errorf("%s subscriptions are left", got)
	}
}

func TestAStreamEndsHoweverItsClientGoes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		leave func(conn *net.TCPConn) error
		code  wire.CloseCode
	}{
		"closes":      {(*net.TCPConn).Close, 1006},
		"half-closes": {(*net.TCPConn).CloseWrite, 1006},
		"resets": {func(conn *net.TCPConn) error {
			if err := conn.SetLinger(0); err != nil {
				return err
			}
			return conn.Close()
		}, 1006},
		"sends megabytes": {func(conn *net.TCPConn) error {
			waste := make([]byte, 4<<20)
			_, _ = conn.Write(waste) // until it is cut off
			return nil
		}, wire.ClosePolicy},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := overTCP(t)
			r.quote("A", 1)
			s := r.events("symbols=A")
			s.quotes()
			if err := c.leave(s.conn.(*net.TCPConn)); err != nil {
				t.Fatal(err)
			}
			r.streamsLeft(c.code, 1)
		})
	}
}

func TestAStreamThatSendsALittleBehindItsRequestLivesOn(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		s := r.events("symbols=A", "Content-Length", "60000")
		if _, err := s.conn.Write([]byte(strings.Repeat("x", 60_000))); err != nil {
			t.Fatal(err)
		}
		sleep(time.Minute)
		r.quote("A", 1)
		for e := s.next(); e.name != "quotes"; e = s.next() {
			if e.name != "heartbeat" {
				t.Fatalf("%+v", e)
			}
		}
	})
}

func TestStreamsThatComeAndGoLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		for range 50 {
			s := r.events("symbols=A,B-*&envelope=true")
			if err := s.conn.Close(); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		r.streamsLeft(1006, 50)
	})
}

func TestDrainTellsEveryStreamWhenToComeBackAndEndsIt(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		const sessions = 10
		streams := make([]*stream, sessions)
		for i := range streams {
			streams[i] = r.events("symbols=A")
		}
		r.srv.StopAccepting()
		r.quote("A", 1) // streams live on until Drain
		for _, s := range streams {
			s.quotes()
		}
		var draining sync.WaitGroup
		draining.Go(func() {
			if err := r.srv.Drain(context.WithoutCancel(r.t.Context())); err != nil {
				t.Error(err)
			}
		})
		waits := make(map[string]bool)
		for _, s := range streams {
			last := s.end()
			if len(last) != 2 || last[0].retry == "" || last[1].name != "draining" {
				t.Fatalf("the last events are %+v", last)
			}
			if err := s.conn.Close(); err != nil {
				t.Fatal(err)
			}
			told, ok := s.message(last[1]).(*wire.Draining)
			if !ok || last[0].retry != strconv.FormatInt(told.ReconnectAfter.Milliseconds(), 10) {
				t.Errorf("a browser is told %s ms, others %+v", last[0].retry, told)
			}
			waits[last[0].retry] = true
		}
		draining.Wait()
		if len(waits) < sessions/2 {
			t.Errorf("all are asked to come back together: %v", waits)
		}
		if err := <-r.served; err != nil {
			t.Errorf("Serve: %v", err)
		}
		r.streamsLeft(wire.CloseGoingAway, sessions)
	})
}

func TestAStreamThatIsBehindStillLearnsOfTheEnd(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		s := r.events("symbols=SYM*&interval=20ms")
		for range 10 {
			for i := range 300 { // more than a connection holds
				r.quote(symbolOf(i), 1)
			}
			sleep(20 * ms)
		}
		var draining sync.WaitGroup
		draining.Go(func() {
			if err := r.srv.Drain(context.WithoutCancel(r.t.Context())); err != nil {
				t.Error(err)
			}
		})
		sleep(500 * ms) // within the second that the end may take
		last := s.end()
		if err := s.conn.Close(); err != nil {
			t.Fatal(err)
		}
		draining.Wait()
		if n := len(last); n < 3 || last[n-2].retry == "" || last[n-1].name != "draining" {
			t.Errorf("%d events, and not the two that say so at the end", n)
		}
	})
}

func TestStreamsEndWithTheContextOfServe(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		s := r.events("symbols=A")
		r.stop()
		if err := <-r.served; err != nil {
			t.Errorf("Serve: %v", err)
		}
		if last := s.end(); len(last) != 0 {
			t.Errorf("%+v before the end", last)
		}
	})
}

func TestAStreamThatComesTooLateIsRefused(t *testing.T) {
	t.Parallel()
	for _, route := range []string{"sse", "poll"} {
		inBubble(t, func(r *rig) {
			conn := r.begin(t, "GET /v1/"+route+"?symbols=A HTTP/1.1\r\n")
			synctest.Wait()
			r.srv.StopAccepting()
			if _, err := conn.Write([]byte("Host: x\r\n\r\n")); err != nil {
				t.Fatal(err)
			}
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }()
			if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" || !resp.Close {
				t.Errorf("%s: %s %v", route, resp.Status, resp.Header)
			}
		})
	}
}

func TestStreamsOverTheRateOfHandshakesAreRefusedAndPassLater(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		for range 20 {
			r.events("symbols=A")
		}
		_, got := r.askEvents("symbols=A")
		if p := got.problem(t); p.Status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
			t.Errorf("%+v", got)
		}
		sleep(time.Second)
		r.events("symbols=A")
	}, func(_ testing.TB, cfg *server.Config) { cfg.Limits.Handshakes = 10 })
}

func TestWhatAStreamIsSentIsCounted(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.quote("A", 1)
		s := r.events("symbols=A,B-*")
		size := sizeOf(s.quotes())
		r.quote("B-1", 1)
		size += sizeOf(s.quotes())
		synctest.Wait()
		got := make(map[string]string)
		for _, name := range []string{
			`ticker_sessions{transport="sse"}`,
			`ticker_subscriptions`,
			`ticker_delivered_updates_total{transport="sse"}`,
			`ticker_delivered_frames_total{transport="sse"}`,
			`ticker_delivered_bytes_total{transport="sse"}`,
			`ticker_delivered_updates_total{transport="websocket"}`,
			`ticker_delivered_updates_total{transport="poll"}`,
		} {
			got[name] = r.metric(name)
		}
		want := map[string]string{
			`ticker_sessions{transport="sse"}`:                      "1",
			`ticker_subscriptions`:                                  "2",
			`ticker_delivered_updates_total{transport="sse"}`:       "2",
			`ticker_delivered_frames_total{transport="sse"}`:        "2",
			`ticker_delivered_bytes_total{transport="sse"}`:         strconv.Itoa(size),
			`ticker_delivered_updates_total{transport="websocket"}`: "0",
			`ticker_delivered_updates_total{transport="poll"}`:      "0",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error("metrics (-want +got):\n" + diff)
		}
	})
}

func TestStreamsWorkOverTLS(t *testing.T) {
	t.Parallel()
	r := overTLS(t)
	s := r.events("symbols=A&interval=20ms", "Origin", "https://"+r.addr)
	for i := range 20 {
		r.quote("A", int64(i+1))
		for s.quotes().Records[0].Seq != uint64(i+1) {
		}
	}
	var draining sync.WaitGroup
	draining.Go(func() {
		if err := r.srv.Drain(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	if last := s.end(); len(last) != 2 || last[1].name != "draining" {
		t.Errorf("the last events are %+v", last)
	}
	if err := s.conn.Close(); err != nil {
		t.Error(err)
	}
	draining.Wait()
}

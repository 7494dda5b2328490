package client_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ticker/client"
	"ticker/client/clienttest"
	"ticker/wire"
)

// counted counts the connections that are open.
type counted struct {
	net.Conn
	open   *atomic.Int32
	closed atomic.Bool
}

func (c *counted) Close() error {
	if !c.closed.Swap(true) {
		c.open.Add(-1)
	}
	return c.Conn.Close()
}

func TestEndLeavesNoConnectionOpen(t *testing.T) {
	t.Parallel()
	overEach(t, everyTransport(), func(t *testing.T, s *service, way client.Transport) {
		var open atomic.Int32
		f := s.follow(t, way, client.Config{NetDial: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := s.dial(ctx, network, address)
			if err != nil {
				return nil, err
			}
			open.Add(1)
			return &counted{Conn: conn, open: &open}, nil
		}})
		f.must(t, client.Subscription{Symbols: []string{"A"}})
		f.must(t, client.Subscription{Symbols: []string{"B"}, Interval: time.Second})
		if _, err := f.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
		if open.Load() == 0 {
			t.Error("no connection is open while the client runs")
		}
		if err := f.end(); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		expect(t, "open connections", open.Load(), int32(0))
		f.ended <- nil
	})
}

func TestNameThatIsRefusedLaterIsDroppedAndTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := startService(t)
		var barred atomic.Bool
		box := s.behind(t, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			if barred.Load() && strings.Contains(r.URL.RawQuery, "SECRET") {
				refuse(w, http.StatusForbidden, wire.CodeForbidden)
				return
			}
			next.ServeHTTP(w, r)
		})
		told := make(chan client.Granted, 9)
		f := s.follow(t, client.Poll, client.Config{NetDial: box.Dial, OnGranted: func(g client.Granted) { told <- g }})
		f.must(t, client.Subscription{Symbols: []string{"SECRET"}})
		f.must(t, client.Subscription{Symbols: []string{"A"}, Interval: time.Second})
		expect(t, "answers", len(told), 2)
		barred.Store(true)
		sleep(time.Minute)
		<-told
		<-told
		expect(t, "refusal", (<-told).Rejected, []wire.RejectedSymbol{{Symbol: "SECRET", Code: wire.CodeForbidden}})
		before := box.times("/v1/poll")
		s.quote("A", 1)
		sleep(time.Minute)
		expectBook(t, s, f.view, "A")
		if n := box.times("/v1/poll") - before; n > 4 {
			t.Errorf("%d polls in a quiet minute, want those for A", n)
		}
		expect(t, "further answers", len(told), 0)
		expect(t, "connections", f.Client.Stats().Connections, uint64(1))
	})
}

func TestCursorFromBeforeTheAnswerDoesNotCoverIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var since atomic.Value
		server := clienttest.StartHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !streams(r) {
				_, _ = io.WriteString(w, `{"symbols":[]}`)
				return
			}
			since.Store(r.Header.Get("Last-Event-Id"))
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(flushed{w}, welcomeEvent+
				"event: heartbeat\ndata: {\"type\":\"event\",\"channel\":\"system\",\"event\":\"heartbeat\",\"cursor\":\"early\"}\n\n"+
				"event: subscribed\ndata: {\"interval\":\"1s\",\"subscribed\":[\"A\"]}\n\n")
			time.Sleep(10 * time.Second)
		}))
		t.Cleanup(server.Close)
		r := run(t, client.Config{URL: server.URL, NetDial: server.Dial, Transports: []client.Transport{client.SSE}}, idle)
		subscribe(t, r, client.Subscription{Symbols: []string{"A"}})
		sleep(15 * time.Second)
		expect(t, "connections", len(r.in(client.Online)), 2)
		expect(t, "cursor", since.Load(), any(""))
	})
}

// runPolls runs a client against a script that answers polls, by their numbers.
func runPolls(t *testing.T, cfg client.Config, answer func(n int32, w http.ResponseWriter, r *http.Request)) *running {
	t.Helper()
	var polls atomic.Int32
	server := clienttest.StartHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/symbols" {
			_, _ = io.WriteString(w, `{"symbols":[]}`)
			return
		}
		w.Header().Set("Ticker-Cursor", "cursor")
		w.Header().Set("Ticker-Epoch", "epoch")
		answer(polls.Add(1), w, r)
	}))
	t.Cleanup(server.Close)
	cfg.URL, cfg.NetDial, cfg.Transports = server.URL, server.Dial, []client.Transport{client.Poll}
	r := run(t, cfg, idle)
	subscribe(t, r, client.Subscription{Symbols: []string{"A"}})
	return r
}

func TestPollWithoutAnAnswerIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := runPolls(t, client.Config{}, func(n int32, w http.ResponseWriter, r *http.Request) {
			if n > 1 {
				<-r.Context().Done()
				return
			}
			w.WriteHeader(http.StatusNoContent)
		})
		sleep(36 * time.Second)
		waits := r.in(client.Waiting)
		if len(waits) != 1 {
			t.Fatalf("%d connections ended, want 1", len(waits))
		}
		expectError(t, waits[0].state.Err, "nothing received for too long")
	})
}

func TestGarbageInPollsIsPassedOverAndTooMuchOfItGivenUp(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{"no JSON": "<html>", "no cursor": `{"quotes":[]}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := runPolls(t, client.Config{}, func(n int32, w http.ResponseWriter, _ *http.Request) {
					switch n {
					case 1:
						w.WriteHeader(http.StatusNoContent)
					case 5:
						time.Sleep(time.Second)
						w.WriteHeader(http.StatusNoContent)
					default:
						w.Header().Del("Ticker-Cursor")
						_, _ = io.WriteString(w, body)
					}
				})
				sleep(500 * ms)
				expect(t, "garbage at first", r.Stats().Garbage, uint64(3))
				expect(t, "ends at first", len(r.in(client.Waiting)), 0)
				sleep(time.Second)
				expectError(t, r.in(client.Waiting)[0].state.Err, "too many messages that make no sense")
			})
		})
	}
}

func TestAnswersWithoutAWaitArePaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var polls atomic.Int32
		runPolls(t, client.Config{}, func(n int32, w http.ResponseWriter, _ *http.Request) {
			polls.Store(n)
			w.WriteHeader(http.StatusNoContent)
		})
		sleep(time.Second)
		if n := polls.Load(); n < 40 || n > 51 {
			t.Errorf("%d polls in a second, want one in 20 ms", n)
		}
	})
}

func TestRecordThatAPollRepeatsIsPassedOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		batches := 0
		r := runPolls(t, client.Config{OnQuotes: func(client.Batch) { batches++ }}, func(n int32, w http.ResponseWriter, r *http.Request) {
			if n > 3 {
				<-r.Context().Done()
				return
			}
			_, _ = io.WriteString(w, `{"cursor":"c","quotes":[{"symbol":"A","seq":1,"bid":1}]}`)
		})
		sleep(time.Second)
		expect(t, "messages", r.Stats().Messages, uint64(3))
		expect(t, "batches", batches, 1)
	})
}

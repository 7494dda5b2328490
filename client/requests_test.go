package client_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ticker/client"
	"ticker/client/clienttest"
	"ticker/market"
	"ticker/wire"
)

// record keeps the addresses of the requests that a middlebox lets pass.
type record struct {
	mu   sync.Mutex
	seen []*http.Request
}

func (s *service) recorded(t *testing.T) (*middlebox, *record) {
	t.Helper()
	rec := new(record)
	return s.behind(t, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		rec.mu.Lock()
		rec.seen = append(rec.seen, r)
		rec.mu.Unlock()
		next.ServeHTTP(w, r)
	}), rec
}

// take returns the requests since it was called last.
func (r *record) take() []*http.Request {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := r.seen
	r.seen = nil
	return seen
}

func TestEachSubscribeIsARequestOfItsOwnThatDisturbsNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := startService(t)
		box, rec := s.recorded(t)
		f := s.follow(t, client.SSE, client.Config{NetDial: box.Dial})
		f.must(t, client.Subscription{
			Symbols: []string{"A", "B-*"}, Interval: time.Second, Delta: true, Envelope: true,
			Fields: market.Fields(0).With(market.Bid).With(market.LastSize),
		})
		f.must(t, client.Subscription{Symbols: []string{"C"}})
		seen := rec.take()
		if len(seen) != 2 {
			t.Fatalf("%d requests, want 2", len(seen))
		}
		expect(t, "first", seen[0].URL.Query(), url.Values{
			"symbols": {"A,B-*"}, "interval": {"1s"}, "mode": {"delta"}, "envelope": {"true"}, "fields": {"bid,lastSize"},
		})
		expect(t, "second", seen[1].URL.Query(), url.Values{"symbols": {"C"}})
	})
}

func TestUnsubscribeMakesTheRequestAgainFromItsCursor(t *testing.T) {
	t.Parallel()
	overEach(t, []client.Transport{client.SSE, client.Poll}, func(t *testing.T, s *service, way client.Transport) {
		s.quote("A", 1)
		s.quote("B", 1)
		s.quote("C", 1)
		box, rec := s.recorded(t)
		f := s.follow(t, way, client.Config{NetDial: box.Dial})
		f.must(t, client.Subscription{Symbols: []string{"A", "B", "C"}})
		sleep(time.Second)
		s.quote("A", 2)
		sleep(time.Second)
		s.quote("C", 2)
		sleep(time.Second)
		batches := f.taken()
		rec.take()
		if err := f.Unsubscribe(t.Context(), "B"); err != nil {
			t.Fatal(err)
		}
		s.quote("A", 3)
		s.quote("B", 3)
		sleep(time.Second)
		again := rec.take()
		expect(t, "names", again[0].URL.Query().Get("symbols"), "A,C")
		cursor := again[0].Header.Get("Last-Event-Id") + again[0].URL.Query().Get("cursor")
		expect(t, "cursor", cursor, batches[len(batches)-1].Cursor)
		for _, bid := range bids(f.taken()) {
			if bid == "B=0.03" || bid == "A=0.02" {
				t.Errorf("was sent %s afterwards", bid)
			}
		}
		q, _ := f.view.Quote("A")
		expect(t, "seq of A", q.Seq, uint64(3))
	})
}

func TestRequestsForTheSameOptionsArePutTogetherWhenTheyAreMany(t *testing.T) {
	t.Parallel()
	overEach(t, []client.Transport{client.SSE, client.Poll}, func(t *testing.T, s *service, way client.Transport) {
		f := s.follow(t, way, client.Config{})
		var symbols []market.Symbol
		for i := range 60 {
			symbol := "S" + strconv.Itoa(i)
			symbols = append(symbols, market.Symbol(symbol))
			s.quote(symbols[i], int64(i))
			f.must(t, client.Subscription{Symbols: []string{symbol}})
		}
		sleep(time.Second)
		s.mu.Lock()
		conns := len(s.conns)
		s.mu.Unlock()
		for i, symbol := range symbols {
			s.quote(symbol, int64(1000+i))
		}
		sleep(time.Second)
		expectBook(t, s, f.view, symbols...)
		expect(t, "out of order", f.view.Stats().OutOfOrder, uint64(0))
		if conns > 60+20 {
			t.Errorf("%d connections were made", conns)
		}
	})
}

func TestSetThatIsLongerThanAnAddressIsDivided(t *testing.T) {
	t.Parallel()
	overEach(t, []client.Transport{client.SSE, client.Poll}, func(t *testing.T, s *service, way client.Transport) {
		box, rec := s.recorded(t)
		f := s.follow(t, way, client.Config{NetDial: box.Dial})
		var all []string
		var symbols []market.Symbol
		for i := range 900 {
			all = append(all, "SYMBOL-OF-SOME-LENGTH:"+strconv.Itoa(1000+i))
			symbols = append(symbols, market.Symbol(all[i]))
			s.quote(symbols[i], int64(i))
		}
		granted := f.must(t, client.Subscription{Symbols: all, Fields: market.AllValues, Interval: 1234 * ms})
		expect(t, "symbols", len(granted.Symbols), 900)
		sleep(5 * time.Second)
		for _, r := range rec.take() {
			if n := len(r.URL.RequestURI()); n > 4096 {
				t.Errorf("address of %d bytes", n)
			}
		}
		if got := f.view.Stats().Symbols; got != 900 {
			t.Errorf("view holds %d symbols, want 900", got)
		}
	})
}

func TestSubscribeBeyondTheBoundOfRequestsIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := startService(t)
		f := s.follow(t, client.SSE, client.Config{})
		for i := range 32 {
			f.must(t, client.Subscription{Symbols: []string{"S" + strconv.Itoa(i)}, Interval: time.Duration(100+i) * ms})
		}
		_, err := f.Subscribe(t.Context(), client.Subscription{Symbols: []string{"S32"}, Interval: time.Second})
		expectError(t, err, "too_many_symbols")
		if err := f.Unsubscribe(t.Context(), "S5"); err != nil {
			t.Fatal(err)
		}
		f.must(t, client.Subscription{Symbols: []string{"S32"}, Interval: time.Second})
		s.quote("S0", 1)
		s.quote("S32", 1)
		sleep(time.Second)
		expectBook(t, s, f.view, "S0", "S32")
	})
}

// barring refuses what follows a symbol.
func (s *service) barring(t *testing.T, symbol string, answer func(w http.ResponseWriter)) *middlebox {
	t.Helper()
	return s.behind(t, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if strings.Contains(r.URL.Query().Get("symbols"), symbol) {
			answer(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func TestSubscribeThatTheServiceRefusesLeavesTheOthersAlone(t *testing.T) {
	t.Parallel()
	overEach(t, []client.Transport{client.SSE, client.Poll}, func(t *testing.T, s *service, way client.Transport) {
		box := s.barring(t, "SECRET", func(w http.ResponseWriter) { refuse(w, 403, wire.CodeForbidden) })
		told := make(chan client.Granted, 9)
		f := s.follow(t, way, client.Config{NetDial: box.Dial, OnGranted: func(g client.Granted) { told <- g }})
		_, err := f.Subscribe(t.Context(), client.Subscription{Symbols: []string{"SECRET"}})
		var refused *wire.Error
		if !errors.As(err, &refused) || refused.Code != wire.CodeForbidden {
			t.Errorf("error is %v, want forbidden", err)
		}
		expect(t, "OnGranted", (<-told).Rejected, []wire.RejectedSymbol{{Symbol: "SECRET", Code: wire.CodeForbidden}})
		f.must(t, client.Subscription{Symbols: []string{"A"}})
		s.quote("A", 1)
		sleep(time.Minute)
		expectBook(t, s, f.view, "A")
		expect(t, "connections", f.Client.Stats().Connections, uint64(1))
	})
}

func TestRefusedChangeOfOptionsLeavesTheRequestBefore(t *testing.T) {
	t.Parallel()
	overEach(t, []client.Transport{client.SSE, client.Poll}, func(t *testing.T, s *service, way client.Transport) {
		box := s.behind(t, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			if r.URL.Query().Get("interval") == "7s" {
				refuse(w, 400, wire.CodeBadRequest)
				return
			}
			next.ServeHTTP(w, r)
		})
		f := s.follow(t, way, client.Config{NetDial: box.Dial})
		f.must(t, client.Subscription{Symbols: []string{"A"}})
		_, err := f.Subscribe(t.Context(), client.Subscription{Symbols: []string{"A"}, Interval: 7 * time.Second})
		expectError(t, err, "bad_request")
		s.quote("A", 1)
		sleep(time.Second)
		expectBook(t, s, f.view, "A")
	})
}

func TestSubscribeThatFindsNoRoomIsMadeAgainLater(t *testing.T) {
	t.Parallel()
	overEach(t, []client.Transport{client.SSE, client.Poll}, func(t *testing.T, s *service, way client.Transport) {
		refusals := 2
		box := s.behind(t, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			if strings.Contains(r.URL.RawQuery, "LATE") && refusals > 0 {
				refusals--
				refuse(w, 503, wire.CodeUnavailable)
				return
			}
			next.ServeHTTP(w, r)
		})
		f := s.follow(t, way, client.Config{NetDial: box.Dial})
		f.must(t, client.Subscription{Symbols: []string{"A"}})
		start := time.Now()
		f.must(t, client.Subscription{Symbols: []string{"LATE"}})
		expect(t, "time", time.Since(start), 6*time.Second)
		expect(t, "connections", f.Client.Stats().Connections, uint64(1))
	})
}

func TestNewEpochIsNoticedOverEveryTransport(t *testing.T) {
	t.Parallel()
	overEach(t, everyTransport(), func(t *testing.T, s *service, way client.Transport) {
		after := startService(t)
		var mu sync.Mutex
		present := s
		box := func() *service {
			mu.Lock()
			defer mu.Unlock()
			return present
		}
		f := s.follow(t, way, client.Config{NetDial: func(ctx context.Context, network, address string) (net.Conn, error) {
			return box().dial(ctx, network, address)
		}})
		for i := range int64(5) {
			s.quote("A", i)
		}
		s.quote("B", 1)
		s.quote("GONE", 1)
		f.must(t, client.Subscription{Symbols: []string{"A", "B", "GONE"}})
		sleep(time.Second)
		after.quote("A", 100)
		after.quote("B", 100)
		mu.Lock()
		present = after
		mu.Unlock()
		s.cut()
		sleep(time.Minute)
		expectBook(t, after, f.view, "A", "B")
		online := f.in(client.Online)
		expect(t, "epoch", online[len(online)-1].state.Welcome.Epoch, after.book.Epoch())
	})
}

func TestSilentStreamIsGivenUpAfterTwoHeartbeats(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := runEvents(t, client.Config{}, func(w io.Writer) {
			_, _ = io.WriteString(w, strings.Replace(welcomeEvent, "15s", "10s", 1))
			time.Sleep(15 * time.Second)
			_, _ = io.WriteString(w, ":") // any byte is a sign of life
			time.Sleep(time.Hour)
		})
		subscribe(t, r, client.Subscription{Symbols: []string{"A"}})
		sleep(40 * time.Second)
		waits := r.in(client.Waiting)
		if len(waits) != 1 {
			t.Fatalf("%d connections ended, want 1", len(waits))
		}
		expect(t, "time of the end", waits[0].at, 35*time.Second)
		expectError(t, waits[0].state.Err, "nothing received for too long")
	})
}

const welcomeEvent = "event: welcome\ndata: {\"type\":\"event\",\"channel\":\"system\",\"event\":\"welcome\",\"epoch\":\"e\",\"heartbeat\":\"15s\"}\n\n"

// runEvents runs a client against a script that writes the body of event streams.
func runEvents(t *testing.T, cfg client.Config, script func(w io.Writer)) *running {
	t.Helper()
	cfg.Transports = []client.Transport{client.SSE}
	server := clienttest.StartHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !streams(r) {
			_, _ = io.WriteString(w, `{"symbols":[]}`)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		script(flushed{w})
	}))
	t.Cleanup(server.Close)
	cfg.URL, cfg.NetDial = server.URL, server.Dial
	return run(t, cfg, idle)
}

// flushed writes through.
type flushed struct{ http.ResponseWriter }

func (f flushed) Write(p []byte) (int, error) {
	n, err := f.ResponseWriter.Write(p)
	return n, errors.Join(err, http.NewResponseController(f.ResponseWriter).Flush())
}

func TestStreamOfGarbageIsGivenUp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body, want string
		garbage    uint64
	}{
		"that does not parse":   {welcomeEvent + strings.Repeat("data: {\n\n", 9), "too many messages that make no sense", 9},
		"without a welcome":     {strings.Repeat("data: {\"type\":\"pong\"}\n\n", 9), "no welcome", 0},
		"that is one long line": {welcomeEvent + "data: " + strings.Repeat("x", 5000), "event is too large", 0},
		"that is one long name": {welcomeEvent + strings.Repeat("x", 5000), "event is too large", 0},
		"that is a long event":  {welcomeEvent + strings.Repeat("data: "+strings.Repeat("x", 100)+"\n", 50), "event is too large", 0},
		"that ends":             {welcomeEvent + "data: {", "event stream ended", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := runEvents(t, client.Config{MaxMessageBytes: 4096, MinReconnectDelay: time.Hour, MaxReconnectDelay: time.Hour}, func(w io.Writer) {
					_, _ = io.WriteString(w, c.body)
				})
				subscribe(t, r, client.Subscription{Symbols: []string{"A"}})
				sleep(time.Second)
				expectError(t, r.in(client.Waiting)[0].state.Err, c.want)
				expect(t, "garbage", r.Stats().Garbage, c.garbage)
			})
		})
	}
}

func TestDrainingStreamSaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := runEvents(t, client.Config{}, func(w io.Writer) {
			_, _ = io.WriteString(w, welcomeEvent+"retry: 1700\n\nevent: draining\ndata: {\"type\":\"event\",\"channel\":\"system\",\"event\":\"draining\",\"reconnectAfter\":\"1.7s\"}\n\n")
		})
		subscribe(t, r, client.Subscription{Symbols: []string{"A"}})
		sleep(2 * time.Second)
		online := r.in(client.Online)
		if len(online) != 2 {
			t.Fatalf("%d connections, want 2", len(online))
		}
		expect(t, "time of the second", online[1].at, 1700*ms)
	})
}

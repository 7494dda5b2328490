package client_test

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ticker/client"
	"ticker/market"
	"ticker/wire"
)

// TestEveryTransportEndsInTheStateOfTheBook drives a client with random subscribes,
// unsubscribes and breaks while quotes come in. When all is quiet it must hold what
// the book has of what is subscribed, and nothing may have gone back on the way.
func TestEveryTransportEndsInTheStateOfTheBook(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		overEach(t, everyTransport(), func(t *testing.T, s *service, way client.Transport) {
			random := rand.New(rand.NewPCG(seed, 1))
			f := s.follow(t, way, client.Config{})
			wanted := make(map[string]bool)
			for range 150 {
				s.quote(drawSymbol(random), int64(random.IntN(1000)))
				name := string(drawSymbol(random))
				switch random.IntN(12) {
				case 0, 1:
					wanted[name] = true
					f.must(t, client.Subscription{Symbols: []string{name}, Interval: 20 * ms << random.IntN(3), Delta: random.IntN(2) == 0})
				case 2:
					delete(wanted, name)
					if err := f.Unsubscribe(t.Context(), name); err != nil {
						t.Fatal(err)
					}
					f.view.Forget(market.Symbol(name))
				case 3:
					s.cut()
				default:
					sleep(time.Duration(random.IntN(60)) * ms)
				}
			}
			sleep(2 * time.Minute)
			var symbols []market.Symbol
			for name := range wanted {
				symbols = append(symbols, market.Symbol(name))
			}
			expectBook(t, s, f.view, symbols...)
			expect(t, "out of order", f.view.Stats().OutOfOrder, uint64(0))
		})
	}
}

func drawSymbol(random *rand.Rand) market.Symbol {
	return market.Symbol("S" + strconv.Itoa(random.IntN(8)))
}

func TestQueriesAreAskedOverEveryTransport(t *testing.T) {
	t.Parallel()
	overEach(t, everyTransport(), func(t *testing.T, s *service, way client.Transport) {
		s.quote("A", 100)
		s.quote("B", 200)
		f := s.follow(t, way, client.Config{})
		list, err := f.Snapshot(t.Context(), wire.SnapshotQuery{Symbols: []string{"A", "Z"}})
		if err != nil || len(list.Records) != 1 || list.Records[0].Symbol != "A" {
			t.Errorf("snapshot is %v, %v", list.Records, err)
		}
		names, err := f.Symbols(t.Context(), wire.SymbolsQuery{Limit: 1})
		expect(t, "error", err, nil)
		expect(t, "symbols", names.Symbols, []string{"A"})
		more, err := f.Symbols(t.Context(), wire.SymbolsQuery{Page: names.Next, Limit: 5})
		expect(t, "error", err, nil)
		expect(t, "next page", more.Symbols, []string{"B"})
		_, err = f.Candles(t.Context(), wire.CandlesQuery{Span: wire.Span{Symbol: "A", To: 1}, Step: time.Minute})
		expectError(t, err, "candles: unavailable")
		_, err = f.History(t.Context(), wire.HistoryQuery{Span: wire.Span{Symbol: "A", From: 1}, Limit: 3})
		expectError(t, err, "history: unavailable")
		_, err = f.Ping(t.Context())
		expect(t, "error", err, nil)
		_, err = f.Authenticate(t.Context(), "token")
		expect(t, "error", err, nil)
		expect(t, "times online", len(f.in(client.Online)), 1)
	})
}

func TestQueryWithoutARouteIsUnavailable(t *testing.T) {
	t.Parallel()
	overEach(t, []client.Transport{client.SSE, client.Poll}, func(t *testing.T, s *service, way client.Transport) {
		f := s.follow(t, way, client.Config{})
		_, err := f.Session(t.Context())
		expectError(t, err, "session: unavailable")
		_, err = f.Publish(t.Context(), []byte(`{}`))
		expectError(t, err, "publish: unavailable")
	})
}

func TestQueryWithoutAnAnswerFailsOverEveryTransport(t *testing.T) {
	t.Parallel()
	overEach(t, []client.Transport{client.SSE, client.Poll}, func(t *testing.T, s *service, way client.Transport) {
		box := s.behind(t, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			if r.URL.Path == "/v1/snapshot" {
				<-r.Context().Done()
				return
			}
			next.ServeHTTP(w, r)
		})
		f := s.follow(t, way, client.Config{NetDial: box.Dial})
		start := time.Now()
		if _, err := f.Snapshot(t.Context(), wire.SnapshotQuery{Symbols: []string{"A"}}); !errors.Is(err, client.ErrTimeout) {
			t.Errorf("error is %v, want ErrTimeout", err)
		}
		expect(t, "time", time.Since(start), 10*time.Second)
	})
}

func TestQuestionsUnderWayAreBounded(t *testing.T) {
	t.Parallel()
	overEach(t, []client.Transport{client.SSE}, func(t *testing.T, s *service, way client.Transport) {
		release := make(chan struct{})
		box := s.behind(t, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			if r.URL.Path == "/v1/snapshot" {
				<-release
			}
			next.ServeHTTP(w, r)
		})
		f := s.follow(t, way, client.Config{NetDial: box.Dial})
		var calls sync.WaitGroup
		for range 100 {
			calls.Go(func() {
				if _, err := f.Snapshot(t.Context(), wire.SnapshotQuery{Symbols: []string{"A"}}); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		expect(t, "questions under way", box.times("/v1/snapshot"), 64)
		close(release)
		calls.Wait()
		expect(t, "questions in all", box.times("/v1/snapshot"), 100)
	})
}

func TestBandwidthOfPollIsUnavailableAndKept(t *testing.T) {
	t.Parallel()
	overEach(t, []client.Transport{client.Poll}, func(t *testing.T, s *service, way client.Transport) {
		f := s.follow(t, way, client.Config{})
		_, err := f.SetBandwidth(t.Context(), 1000)
		expectError(t, err, "set bandwidth: unavailable")
		_, err = f.SetBandwidth(t.Context(), -1)
		expectError(t, err, "must be 0 or more")
	})
}

func TestLaterTokenGoesWithLaterRequests(t *testing.T) {
	t.Parallel()
	overEach(t, []client.Transport{client.SSE, client.Poll}, func(t *testing.T, s *service, way client.Transport) {
		box, rec := s.recorded(t)
		f := s.follow(t, way, client.Config{Token: "first", NetDial: box.Dial})
		f.must(t, client.Subscription{Symbols: []string{"A"}})
		for _, r := range rec.take() {
			expect(t, "token", r.Header.Get("Authorization"), "Bearer first")
		}
		if _, err := f.Authenticate(t.Context(), "second"); err != nil {
			t.Fatal(err)
		}
		f.must(t, client.Subscription{Symbols: []string{"B"}})
		for _, r := range rec.take() {
			expect(t, "token", r.Header.Get("Authorization"), "Bearer second")
		}
	})
}

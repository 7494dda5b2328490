package client_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"ticker/client"
	"ticker/market"
)

const ms = time.Millisecond

// sleep lets time pass, and everything happen that is due.
func sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestPromise1SubscribeIsAnsweredFirstThenWithTheCurrentRecordsAtOnce(t *testing.T) {
	t.Parallel()
	overEach(t, everyTransport(), func(t *testing.T, s *service, way client.Transport) {
		s.quote("AAPL", 100)
		s.quote("AAPL", 101)
		s.quote("BTC-USD", 7)
		var order []string
		f := s.follow(t, way, client.Config{OnGranted: func(client.Granted) { order = append(order, "granted") }})
		start := time.Now()
		got := f.must(t, client.Subscription{Symbols: []string{"AAPL", "XYZ", "BTC-*", "no symbol"}, Interval: time.Second})
		expect(t, "symbols", got.Symbols, []string{"AAPL", "BTC-*", "XYZ"})
		expect(t, "pending", got.Pending, []string{"XYZ"})
		expect(t, "interval", got.Interval, time.Second)
		expect(t, "rejected", len(got.Rejected), 1)
		batches := f.taken()
		expect(t, "grants before the first batch", batches[0].Grants, uint64(1))
		expectBook(t, s, f.view, "AAPL", "BTC-USD")
		expect(t, "time", time.Since(start), time.Duration(0))
		sleep(2 * time.Second)
		s.quote("XYZ", 1)
		expect(t, "first quote", bids(f.taken()), []string{"XYZ=0.01"})
		expect(t, "transport", f.in(client.Online)[0].state.Transport, way)
		expect(t, "answers", order, []string{"granted"})
	})
}

func TestPromise2TheFirstChangeComesAtOnceAndTheLastWithinAnInterval(t *testing.T) {
	t.Parallel()
	overEach(t, everyTransport(), func(t *testing.T, s *service, way client.Transport) {
		const interval = 100 * ms
		f := s.follow(t, way, client.Config{})
		f.must(t, client.Subscription{Symbols: []string{"A", "B"}, Interval: interval})
		sleep(time.Second)
		start := time.Now()
		s.quote("A", 1)
		first := f.taken()
		if len(first) != 1 || !first[0].Received.Equal(start) {
			t.Errorf("the first change came as %v", bids(first))
		}
		for i := range int64(40) {
			s.quote("A", 100+i)
			s.quote("B", 200+i)
			sleep(7 * ms)
		}
		end := time.Now()
		sleep(time.Second)
		all := append(first, f.taken()...)
		for i, b := range all {
			if i > 0 && b.Received.Sub(all[i-1].Received) < interval {
				t.Errorf("two batches within %v", b.Received.Sub(all[i-1].Received))
			}
			seen := make(map[market.Symbol]bool)
			for _, r := range b.Records {
				if seen[r.Symbol] {
					t.Errorf("%s stands in one batch twice", r.Symbol)
				}
				seen[r.Symbol] = true
			}
		}
		if late := all[len(all)-1].Received.Sub(end); late > interval {
			t.Errorf("the last values came %v after the burst", late)
		}
		expectBook(t, s, f.view, "A", "B")
	})
}

func TestPromise3SeqRisesStrictlyAndCountsTheUpdates(t *testing.T) {
	t.Parallel()
	overEach(t, everyTransport(), func(t *testing.T, s *service, way client.Transport) {
		f := s.follow(t, way, client.Config{})
		f.must(t, client.Subscription{Symbols: []string{"S*"}, Interval: 20 * ms})
		random := rand.New(rand.NewPCG(1, 2))
		for range 300 {
			for range random.IntN(5) {
				s.quote(market.Symbol("S"+strconv.Itoa(random.IntN(4))), int64(random.IntN(100)))
			}
			sleep(5 * ms)
		}
		sleep(time.Second)
		seqs := make(map[market.Symbol]uint64)
		for _, b := range f.taken() {
			for _, r := range b.Records {
				if r.Seq <= seqs[r.Symbol] {
					t.Fatalf("%s went from %d to %d", r.Symbol, seqs[r.Symbol], r.Seq)
				}
				seqs[r.Symbol] = r.Seq
			}
		}
		expectBook(t, s, f.view, "S0", "S1", "S2", "S3")
		expect(t, "out of order", f.view.Stats().OutOfOrder, uint64(0))
	})
}

func TestPromise4SlowReaderGetsTheNewestAndDelaysNobody(t *testing.T) {
	t.Parallel()
	overEach(t, everyTransport(), func(t *testing.T, s *service, way client.Transport) {
		f := s.follow(t, way, client.Config{})
		other := s.follow(t, way, client.Config{})
		all := client.Subscription{Symbols: []string{"S*"}, Interval: 20 * ms}
		f.must(t, all)
		other.must(t, all)
		hold := make(chan struct{})
		f.mu.Lock()
		f.hold = hold
		f.mu.Unlock()
		start := time.Now()
		for i := range int64(2000) {
			s.quote(market.Symbol("S"+strconv.FormatInt(i%50, 10)), i)
			sleep(2 * ms)
		}
		expect(t, "time that the feed took", time.Since(start), 4*time.Second)
		sleep(time.Minute) // longer than a silence that ends a connection
		close(hold)
		sleep(time.Second)
		var symbols []market.Symbol
		for i := range 50 {
			symbols = append(symbols, market.Symbol("S"+strconv.Itoa(i)))
		}
		expectBook(t, s, f.view, symbols...)
		expectBook(t, s, other.view, symbols...)
		slow, quick := f.view.Stats().Records, other.view.Stats().Records
		if slow*2 > quick {
			t.Errorf("the slow one was sent %d records, the other %d", slow, quick)
		}
		expect(t, "connections", f.Client.Stats().Connections, uint64(1))
	})
}

func TestPromise5IntervalsLiveSideBySideAndOptionsChangeWithoutAGap(t *testing.T) {
	t.Parallel()
	overEach(t, everyTransport(), func(t *testing.T, s *service, way client.Transport) {
		f := s.follow(t, way, client.Config{})
		f.must(t, client.Subscription{Symbols: []string{"FAST"}, Interval: 50 * ms})
		f.must(t, client.Subscription{Symbols: []string{"OTHER", "SLOW"}, Interval: time.Second})
		sleep(2 * time.Second)
		f.taken()
		for i := range int64(100) {
			s.quote("FAST", i)
			s.quote("SLOW", i)
			sleep(20 * ms)
		}
		counts := make(map[market.Symbol]int)
		for _, b := range f.taken() {
			for _, r := range b.Records {
				counts[r.Symbol]++
			}
		}
		if counts["FAST"] < 30 || counts["SLOW"] < 2 || counts["SLOW"] > 3 {
			t.Errorf("records in two seconds: %v", counts)
		}
		sleep(3 * time.Second)
		f.taken()
		s.quote("SLOW", 500)
		sleep(10 * ms)
		s.quote("SLOW", 501)
		start := time.Now()
		f.must(t, client.Subscription{Symbols: []string{"SLOW"}, Interval: 50 * ms})
		got := bids(f.taken())
		if len(got) == 0 || got[len(got)-1] != "SLOW=5.01" || time.Since(start) != 0 {
			t.Errorf("with the new interval came %v after %v", got, time.Since(start))
		}
		s.quote("OTHER", 9)
		sleep(2 * time.Second)
		expectBook(t, s, f.view, "FAST", "SLOW", "OTHER")
		expect(t, "out of order", f.view.Stats().OutOfOrder, uint64(0))
	})
}

func TestPromise6MergedDifferencesAreTheFullRecordAndFieldsLimitIt(t *testing.T) {
	t.Parallel()
	overEach(t, everyTransport(), func(t *testing.T, s *service, way client.Transport) {
		f := s.follow(t, way, client.Config{})
		f.must(t, client.Subscription{Symbols: []string{"A"}, Interval: 20 * ms, Delta: true})
		f.must(t, client.Subscription{Symbols: []string{"B"}, Interval: 20 * ms, Fields: market.Fields(0).With(market.Ask)})
		random := rand.New(rand.NewPCG(3, 4))
		for range 200 {
			u := market.Update{Symbol: "A"}
			u.Put(market.Field(random.IntN(int(market.NumValues))), market.NewDecimal(int64(random.IntN(5)), 2))
			s.apply(&u)
			s.quote("B", int64(random.IntN(100)))
			sleep(7 * ms)
		}
		sleep(time.Second)
		merged, _ := f.view.Quote("A")
		expect(t, "merged record", readable(merged), readable(s.book.Find("A").Quote()))
		if b, _ := f.view.Quote("B"); b.Known != 0 {
			t.Errorf("B has fields that were not asked for: %v", b)
		}
	})
}

func TestPromise7WhoComesBackGetsWhatChangedAndEndsInTheSameState(t *testing.T) {
	t.Parallel()
	overEach(t, everyTransport(), func(t *testing.T, s *service, way client.Transport) {
		f := s.follow(t, way, client.Config{})
		s.quote("A", 1)
		s.quote("B", 1)
		s.quote("C", 1)
		f.must(t, client.Subscription{Symbols: []string{"A", "B", "C"}, Interval: 100 * ms})
		sleep(time.Second)
		s.quote("A", 2)
		sleep(time.Second)
		s.quote("C", 2) // and with it a cursor that covers A
		sleep(time.Second)
		f.taken()
		s.cut()
		s.quote("B", 2)
		sleep(5 * time.Second)
		got := bids(f.taken())
		if !slices.Contains(got, "B=0.02") || slices.Contains(got, "A=0.02") {
			t.Errorf("after the break came %v, want what changed", got)
		}
		if n := len(f.in(client.Online)); way != client.Poll && n != 2 { // a poll is made again by package net/http
			t.Errorf("%d connections, want 2", n)
		}
		expectBook(t, s, f.view, "A", "B", "C")
	})
}

func TestPromise9PatternsCoverSymbolsThatAppearLater(t *testing.T) {
	t.Parallel()
	overEach(t, everyTransport(), func(t *testing.T, s *service, way client.Transport) {
		f := s.follow(t, way, client.Config{})
		f.must(t, client.Subscription{Symbols: []string{"BTC-*"}})
		sleep(time.Second)
		s.quote("ETH-USD", 1)
		s.quote("BTC-USD", 2)
		expect(t, "records", bids(f.taken()), []string{"BTC-USD=0.02"})
		if err := f.Unsubscribe(t.Context(), "BTC-*", "NEVER"); err != nil {
			t.Fatal(err)
		}
		s.quote("BTC-EUR", 3)
		sleep(time.Second)
		expect(t, "records afterwards", len(f.taken()), 0)
	})
}

func TestPromise10BandwidthCapsTheConnectionAndHoldsAcrossConnections(t *testing.T) {
	t.Parallel()
	const limit = 2000
	overEach(t, []client.Transport{client.WebSocket, client.SSE}, func(t *testing.T, s *service, way client.Transport) {
		f := s.follow(t, way, client.Config{})
		granted, err := f.SetBandwidth(t.Context(), limit)
		if err != nil || granted != limit {
			t.Fatalf("granted %d, %v", granted, err)
		}
		f.must(t, client.Subscription{Symbols: []string{"S1*"}, Interval: 20 * ms})
		f.must(t, client.Subscription{Symbols: []string{"S2*"}, Interval: 20 * ms})
		f.must(t, client.Subscription{Symbols: []string{"S3*"}, Interval: 50 * ms})
		for range 2 {
			sleep(5 * time.Second)
			before := f.Client.Stats().Bytes
			const seconds = 20
			for i := range int64(seconds * 50) {
				for _, group := range []string{"S1", "S2", "S3"} {
					s.quote(market.Symbol(group+strconv.FormatInt(i%20, 10)), i)
				}
				sleep(20 * ms)
			}
			if got := int(f.Client.Stats().Bytes - before); got > limit*(seconds+5) || got < limit*seconds/3 {
				t.Errorf("%d bytes in %d seconds, the cap is %d a second", got, seconds, limit)
			}
			s.cut()
		}
		sleep(time.Minute)
		expect(t, "connections", f.Client.Stats().Connections, uint64(3))
		if _, err := f.SetBandwidth(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		sleep(time.Minute)
		var symbols []market.Symbol
		for i := range 60 {
			symbols = append(symbols, market.Symbol("S"+strconv.Itoa(1+i/20)+strconv.Itoa(i%20)))
		}
		expectBook(t, s, f.view, symbols...)
	})
}

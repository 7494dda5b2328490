package bench

import (
	"errors"
	"testing"

	"pgregory.net/rapid"
)

func TestSearchFindsTheLimitWithinASixteenth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		limit := rapid.IntRange(0, 100_000).Draw(rt, "limit")
		first, most := rapid.IntRange(1, 2000).Draw(rt, "first"), rapid.IntRange(1, 50_000).Draw(rt, "most")
		tried := 0
		held, err := search(first, most, func(n int) (bool, error) {
			if tried++; tried > 40 || n < 1 || n > most {
				rt.Fatalf("try %d is %d of at most %d", tried, n, most)
			}
			return n <= limit, nil
		})
		switch {
		case err != nil || held > limit || held > most:
			rt.Fatalf("found %d, %v", held, err)
		case first <= most && 2*limit <= most && held < limit-max(2*limit/16, 1):
			rt.Fatalf("found %d for a limit of %d", held, limit)
		case limit >= most && first <= most && 2*held <= most:
			rt.Fatalf("stopped at %d of at most %d without a failure", held, most)
		}
	})
}

func TestSearchEndsWithAnError(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	held, err := search(1, 8, func(n int) (bool, error) {
		if n == 4 {
			return false, broken
		}
		return true, nil
	})
	if held != 2 || !errors.Is(err, broken) {
		t.Errorf("%d, %v", held, err)
	}
}

func TestProductTellsWhereItServesInItsLog(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"", "text", `{"msg":"feed connected"}`} {
		if productReady([]byte(line)) != nil {
			t.Errorf("%q tells where it serves", line)
		}
	}
	at := productReady([]byte(`{"msg":"serving","websocket":"ws://127.0.0.1:1/v1/ws","admin":"http://127.0.0.1:2/metrics"}`))
	if at == nil || at.url != "ws://127.0.0.1:1/v1/ws" || at.quotes != "http://127.0.0.1:2/metrics" || at.collect != "http://127.0.0.1:2/debug/pprof/heap?gc=1" {
		t.Errorf("%+v", at)
	}
}

func TestOnlyAcceptedQuotesAreCounted(t *testing.T) {
	t.Parallel()
	const page = `# HELP ticker_feed_updates_total x
ticker_feed_updates_total{feed="sim",result="accepted"} 1.5e+06
ticker_feed_updates_total{feed="sim",result="late"} 7
ticker_feed_updates_total{feed="push",result="accepted"} 2
`
	if n, err := countAccepted([]byte(page)); err != nil || n != 1_500_002 {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := countAccepted([]byte(`ticker_feed_updates_total{result="accepted"} many`)); err == nil {
		t.Error("no error for a count that is no number")
	}
}

func TestLoadGoesToEveryServerWhole(t *testing.T) {
	t.Parallel()
	l := Standard()
	l.Active, l.Subscriptions = 10, 5000
	c := productCommand("ticker", &l)
	want := "sim:?active=10&rate=100000&seed=1&symbols=1000"
	if c.args[len(c.args)-1] != want {
		t.Errorf("feed %q", c.args)
	}
	peer := Peer("peers", "nats-conflated")
	got := peer.command(&l).args
	wantArgs := []string{
		"peers", "nats-conflated", "-with-stdin", "-symbols", "1000", "-active", "10", "-rate", "100000", "-seed", "1",
		"-interval", "100ms", "-fields", "bid,bidSize,ask,askSize",
	}
	if len(got) != len(wantArgs) || peer.Dialect != NATS {
		t.Fatalf("%q, %s", got, peer.Dialect)
	}
	for i := range got {
		if got[i] != wantArgs[i] {
			t.Errorf("argument %d is %q, want %q", i, got[i], wantArgs[i])
		}
	}
}

func TestInTimeWantsEveryClientServedAndTheWholeRate(t *testing.T) {
	t.Parallel()
	good := func() Result {
		r := Result{Load: Standard(), Window: Duration(1e9), Connected: 1000, Quotes: 100_000}
		r.Tally = Tally{Clients: 1000, Frames: 8000, Served: map[uint64]int{8: 1000}, Ages: NewAges()}
		r.Ages.Add(190_000)
		return r
	}
	if r := good(); !r.InTime() {
		t.Error("a good one is not in time")
	}
	for name, spoil := range map[string]func(*Result){
		"not connected": func(r *Result) { r.Connected-- },
		"lost":          func(r *Result) { r.Lost++ },
		"unserved":      func(r *Result) { r.Served = map[uint64]int{8: 999, 0: 1} },
		"behind":        func(r *Result) { r.Quotes = 94_000 },
		"old":           func(r *Result) { r.Ages.AddMany(210_000, 10) },
	} {
		r := good()
		spoil(&r)
		if r.InTime() {
			t.Errorf("%s, and in time", name)
		}
	}
}

package push_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"ticker/feed"
	"ticker/feed/push"
	"ticker/market"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// listSink remembers what it was told. It has no lock: calls that are not one
// at a time are a race.
type listSink struct {
	connected int
	updates   []market.Update
	refused   []string
	inside    atomic.Int32
}

func (s *listSink) Connected() { s.connected++ }

func (s *listSink) Update(u *market.Update) {
	if s.inside.Add(1) != 1 {
		panic("two calls at a time")
	}
	s.updates = append(s.updates, *u)
	s.inside.Add(-1)
}

func (s *listSink) Alive() {}

func (s *listSink) Reject(reason error, record []byte) {
	s.refused = append(s.refused, fmt.Sprintf("%s: %v", record, reason))
}

// running returns a source that runs onto a sink, and what stops it.
func running(t testing.TB, cfg push.Config, to feed.Sink) (*push.Source, func()) {
	t.Helper()
	source, err := push.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return source, run(source, opened{to, make(chan struct{})})
}

// opened tells when the source has opened onto the sink.
type opened struct {
	feed.Sink
	open chan struct{}
}

func (o opened) Connected() {
	o.Sink.Connected()
	close(o.open)
}

// run runs the source, returns when it is open, and returns what stops it.
func run(source *push.Source, to opened) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = source.Run(ctx, to) })
	<-to.open
	return func() {
		cancel()
		wg.Wait()
	}
}

func quote(symbol string, bid int) string {
	return fmt.Sprintf(`{"symbol":%q,"bid":%d}`, symbol, bid)
}

func TestConfigurationIsChecked(t *testing.T) {
	t.Parallel()
	if _, err := push.New(push.Config{Rejections: -1}); err == nil || !strings.Contains(err.Error(), "rejections") {
		t.Errorf("New: %v", err)
	}
}

func TestPublishedQuoteReachesTheSink(t *testing.T) {
	t.Parallel()
	var sink listSink
	source, stop := running(t, push.Config{}, &sink)
	if err := source.Publish([]byte(`{"symbol":"A","last":"1.50","ts":7}`), nil); err != nil {
		t.Errorf("Publish: %v", err)
	}
	stop()
	want := market.Update{Symbol: "A", TS: 7, Trade: true}
	want.Put(market.Last, market.NewDecimal(150, 2))
	if diff := cmp.Diff([]market.Update{want}, sink.updates); diff != "" {
		t.Errorf("updates (-want +got):\n%s", diff)
	}
	if sink.connected != 1 {
		t.Errorf("connected %d times", sink.connected)
	}
}

func TestRefusedQuoteIsToldToThePublisherAndTheSink(t *testing.T) {
	t.Parallel()
	for record, want := range map[string]struct {
		reason error
		code   string
	}{
		`{`:                       {feed.ErrMalformed, push.BadMessage},
		`[{"symbol":"A"}]`:        {feed.ErrMalformed, push.BadMessage},
		`{"symbol":"a","bid":1}`:  {feed.ErrSymbol, push.BadSymbol},
		`{"symbol":"A"}`:          {feed.ErrEmpty, push.BadRequest},
		`{"symbol":"A","bid":{}}`: {feed.ErrValue, push.BadRequest},
	} {
		t.Run(record, func(t *testing.T) {
			t.Parallel()
			var sink listSink
			source, stop := running(t, push.Config{}, &sink)
			err := source.Publish([]byte(record), nil)
			stop()
			if !errors.Is(err, want.reason) || push.Code(err) != want.code {
				t.Errorf("Publish: %v, code %s", err, push.Code(err))
			}
			if diff := cmp.Diff([]string{fmt.Sprintf("%s: %v", record, err)}, sink.refused); diff != "" || sink.updates != nil {
				t.Errorf("updates %v, refused (-want +got):\n%s", sink.updates, diff)
			}
		})
	}
}

func TestBodyIsAnsweredRecordByRecord(t *testing.T) {
	t.Parallel()
	type rejected = push.Rejected
	const (
		missing = "bad symbol: symbol is missing"
		below   = "bad value: bidSize -1 is below 0"
		noJSON  = "malformed: invalid JSON: "
	)
	for name, c := range map[string]struct {
		body     string
		accepted int
		rejected []rejected
	}{
		"nothing":           {"", 0, nil},
		"an object":         {" " + quote("A", 1) + "\n", 1, nil},
		"a bad object":      {`{"bid":1}`, 0, []rejected{{1, "bad_symbol", missing}}},
		"an empty array":    {"[]", 0, nil},
		"an array":          {"[" + quote("A", 1) + ",{}," + quote("B", 1) + ",7]", 2, []rejected{{2, "bad_symbol", missing}, {4, "bad_message", "malformed: unexpected kind of value: a number instead of an object at byte 0"}}},
		"a broken array":    {"[" + quote("A", 1) + ",", 0, []rejected{{1, "bad_message", "malformed: array: invalid JSON: "}}},
		"lines":             {quote("A", 1) + "\n\n{\"symbol\":\"A\",\"bidSize\":-1}\r\n" + quote("B", 2), 2, []rejected{{3, "bad_request", below}}},
		"lines without end": {"{\n" + quote("A", 1) + "\n{x", 1, []rejected{{1, "bad_message", noJSON}, {3, "bad_message", noJSON}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sink listSink
			source, stop := running(t, push.Config{}, &sink)
			accepted, got, err := source.PublishBody([]byte(c.body), nil)
			stop()
			if err != nil || accepted != c.accepted || len(sink.updates) != c.accepted || len(sink.refused) != len(c.rejected) {
				t.Errorf("accepted %d, want %d; err %v; sink got %d and %q", accepted, c.accepted, err, len(sink.updates), sink.refused)
			}
			// What is behind the beginnings above are words of the JSON scanner.
			for i := range min(len(got), len(c.rejected)) {
				got[i].Message = got[i].Message[:min(len(got[i].Message), len(c.rejected[i].Message))]
			}
			if diff := cmp.Diff(c.rejected, got); diff != "" {
				t.Errorf("rejected (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNothingIsTakenWhileTheFeedIsDown(t *testing.T) {
	t.Parallel()
	source, err := push.New(push.Config{})
	if err != nil {
		t.Fatal(err)
	}
	refused := func(when string) {
		if err := source.Publish([]byte(quote("A", 1)), nil); !errors.Is(err, push.ErrUnavailable) {
			t.Errorf("%s: Publish: %v", when, err)
		}
		for _, body := range []string{"", "[", quote("A", 1)} {
			accepted, rejected, err := source.PublishBody([]byte(body), nil)
			if accepted != 0 || rejected != nil || !errors.Is(err, push.ErrUnavailable) {
				t.Errorf("%s: PublishBody(%q) = %d, %v, %v", when, body, accepted, rejected, err)
			}
		}
	}
	refused("before Run")
	var sink listSink
	for range 2 {
		stop := run(source, opened{&sink, make(chan struct{})})
		if err := source.Publish([]byte(quote("A", 1)), nil); err != nil {
			t.Errorf("Publish: %v", err)
		}
		stop()
		refused("after Run")
	}
	if len(sink.updates) != 2 || sink.refused != nil {
		t.Errorf("the sink got %d updates and %q", len(sink.updates), sink.refused)
	}
}

func TestFeedThatEndsHalfWayLeavesAnHonestCount(t *testing.T) {
	t.Parallel()
	var sink listSink
	source, stop := running(t, push.Config{}, &sink)
	read := 0
	accepted, rejected, err := source.PublishBody([]byte("{}\n"+strings.Repeat(quote("A", 1)+"\n", 1000)), func(market.Symbol) bool {
		if read++; read == 100 {
			stop()
		}
		return true
	})
	if !errors.Is(err, push.ErrUnavailable) || accepted != len(sink.updates) || accepted == 0 || accepted >= 100 || len(rejected) != 1 {
		t.Errorf("accepted %d of %d in the sink, rejected %v, %v", accepted, len(sink.updates), rejected, err)
	}
}

func TestPublisherWritesOnlyWhatItMay(t *testing.T) {
	t.Parallel()
	var sink listSink
	source, stop := running(t, push.Config{}, &sink)
	defer stop()
	allow := func(s market.Symbol) bool { return strings.HasPrefix(string(s), "BTC-") }
	if err := source.Publish([]byte(quote("AAPL", 1)), allow); !errors.Is(err, push.ErrForbidden) || push.Code(err) != push.Forbidden {
		t.Errorf("Publish: %v", err)
	}
	body := quote("BTC-USD", 1) + "\n" + quote("AAPL", 1) + "\n" + quote("BTC-EUR", 1)
	accepted, rejected, err := source.PublishBody([]byte(body), allow)
	want := []push.Rejected{{Line: 2, Code: "forbidden", Message: "not allowed to publish this symbol: AAPL"}}
	if diff := cmp.Diff(want, rejected); diff != "" || accepted != 2 || err != nil {
		t.Errorf("accepted %d, %v, rejected (-want +got):\n%s", accepted, err, diff)
	}
	if len(sink.updates) != 2 || sink.refused != nil {
		t.Errorf("the sink got %d updates and %q", len(sink.updates), sink.refused)
	}
}

func TestBodyOfGarbageIsLeftUnreadAtTheLimit(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{1, 63, 64, 65, 200} {
		var sink listSink
		source, stop := running(t, push.Config{Rejections: limit}, &sink)
		body := quote("A", 1) + "\n" + strings.Repeat("?\n", limit)
		accepted, rejected, err := source.PublishBody([]byte(body), nil)
		if accepted != 1 || len(rejected) != limit || err != nil {
			t.Errorf("at the limit of %d: %d, %d, %v", limit, accepted, len(rejected), err)
		}
		accepted, rejected, err = source.PublishBody([]byte(body+quote("A", 2)), nil)
		if accepted != 1 || len(rejected) != limit+1 || err != nil {
			t.Fatalf("over the limit of %d: %d, %d, %v", limit, accepted, len(rejected), err)
		}
		want := push.Rejected{Line: limit + 2, Code: "bad_request", Message: fmt.Sprintf("%d records were refused; the body was not read from here on", limit)}
		if diff := cmp.Diff(want, rejected[limit]); diff != "" {
			t.Errorf("last rejection (-want +got):\n%s", diff)
		}
		stop()
	}
}

func TestManyPublishersKeepTheOrderOfTheirRecords(t *testing.T) {
	t.Parallel()
	const publishers, records = 8, 500
	var sink listSink
	source, stop := running(t, push.Config{}, &sink)
	var wg sync.WaitGroup
	for p := range publishers {
		wg.Go(func() {
			var body strings.Builder
			for i := range records {
				fmt.Fprintln(&body, quote(fmt.Sprintf("P%d", p), i))
			}
			if accepted, rejected, err := source.PublishBody([]byte(body.String()), nil); accepted != records || rejected != nil || err != nil {
				t.Errorf("publisher %d: %d, %v, %v", p, accepted, rejected, err)
			}
			if err := source.Publish([]byte(quote(fmt.Sprintf("P%d", p), records)), nil); err != nil {
				t.Errorf("publisher %d: %v", p, err)
			}
		})
	}
	wg.Wait()
	stop()
	next := map[market.Symbol]int64{}
	for _, u := range sink.updates {
		if want := market.NewDecimal(next[u.Symbol], 0); u.Values[market.Bid] != want {
			t.Fatalf("%s: bid %s, want %s", u.Symbol, u.Values[market.Bid], want)
		}
		next[u.Symbol]++
	}
	if len(sink.updates) != publishers*(records+1) {
		t.Errorf("%d updates", len(sink.updates))
	}
}

package live

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// counter is the venue at the other side of a desk: it has some streams and
// refuses the others, and answers when the test wants it to.
type counter struct {
	has     map[Stream]bool
	granted map[Stream]bool
	asked   []Request // not answered yet
}

func allStreams() []Stream {
	var all []Stream
	for _, channel := range []string{"quotes", "trades"} {
		for i := range 6 {
			all = append(all, Stream{channel, fmt.Sprint(i)})
		}
	}
	return all
}

// answer answers one request as a whole, or refuses it as a whole.
func (c *counter) answer(d *desk, r Request) {
	n := Notice{ID: r.ID}
	switch {
	case r.Drop:
		for _, s := range r.Streams {
			delete(c.granted, s)
		}
		d.end(d.about(n))
	case slices.ContainsFunc(r.Streams, func(s Stream) bool { return !c.has[s] }):
		d.refuse(d.about(n))
	default:
		for _, s := range r.Streams {
			c.granted[s] = true
		}
		d.grant(d.about(n))
	}
}

func TestTheVenueEndsWithWhatIsWantedAndItHas(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := newDesk(Limits{Batch: rapid.IntRange(1, 8).Draw(t, "batch"), Answer: 10 * time.Second})
		c := &counter{has: make(map[Stream]bool), granted: make(map[Stream]bool)}
		for _, s := range allStreams() {
			c.has[s] = rapid.IntRange(0, 3).Draw(t, "has") > 0
		}
		var now time.Duration
		var wanted []Stream
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now += time.Duration(rapid.IntRange(0, 2000).Draw(t, "passes")) * time.Millisecond
			switch rapid.IntRange(0, 5).Draw(t, "what") {
			case 0:
				wanted = rapid.SliceOfDistinct(rapid.SampledFrom(allStreams()), rapid.ID).Draw(t, "wanted")
				d.want(wanted)
			case 1, 2:
				if r, ok := d.next(now); ok {
					checkRequest(t, d, r)
					c.asked = append(c.asked, r)
				}
			case 3:
				if len(c.asked) > 0 {
					i := rapid.IntRange(0, len(c.asked)-1).Draw(t, "answers")
					c.answer(d, c.asked[i])
					c.asked = slices.Delete(c.asked, i, i+1)
				}
			case 4:
				if len(c.asked) > 0 && rapid.Bool().Draw(t, "throttles") {
					d.throttle(now)
					c.asked = nil
				}
			case 5:
				d.behind(d.about(Notice{Streams: wanted}))
			}
		}
		end(t, d, c, now)
		var want []Stream
		for _, s := range wanted {
			if c.has[s] {
				want = append(want, s)
			}
		}
		got := slices.Collect(maps.Keys(c.granted))
		if !sameStreams(got, want) || d.subscribed() != len(want) || !d.settled() {
			t.Fatalf("the venue has %v and the desk %d (settled: %t), want %v", got, d.subscribed(), d.settled(), want)
		}
		if len(d.order) != len(wanted) || len(d.accounts) != len(wanted) {
			t.Fatalf("%d accounts for %d streams", len(d.order), len(wanted))
		}
	})
}

// end lets the desk ask and the venue answer until there is nothing left to do.
func end(t *rapid.T, d *desk, c *counter, now time.Duration) {
	for range 200 {
		for _, r := range c.asked {
			c.answer(d, r)
		}
		c.asked = nil
		now += maxHold
		if err := d.overdue(now); err != nil {
			t.Fatal(err)
		}
		r, ok := d.next(now)
		if !ok {
			if at, due := d.due(); due {
				t.Fatalf("something is due at %s, and nothing is done at %s", at, now)
			}
			return
		}
		checkRequest(t, d, r)
		c.asked = append(c.asked, r)
	}
	t.Fatal("no end of requests")
}

func checkRequest(t *rapid.T, d *desk, r Request) {
	if len(r.Streams) == 0 || len(r.Streams) > d.batch || r.ID == 0 {
		t.Fatalf("request %+v", r)
	}
	for _, s := range r.Streams {
		if s.Channel != r.Streams[0].Channel {
			t.Fatalf("channels are mixed in %+v", r)
		}
	}
}

func sameStreams(a, b []Stream) bool {
	inA := make(map[Stream]bool)
	for _, s := range a {
		inA[s] = true
	}
	for _, s := range b {
		if !inA[s] {
			return false
		}
		delete(inA, s)
	}
	return len(inA) == 0
}

func TestWholeSetsAnswerAndEnd(t *testing.T) {
	t.Parallel()
	d := newDesk(Limits{Batch: 10, Answer: time.Second})
	a, b, other := Stream{"", "a"}, Stream{"", "b"}, Stream{"", "other"}
	d.want([]Stream{a, b})
	d.next(0)
	d.whole([]Stream{a, other})
	if d.subscribed() != 1 || d.settled() {
		t.Errorf("%d subscribed of one that is listed", d.subscribed())
	}
	d.whole([]Stream{a, b})
	if d.subscribed() != 2 || !d.settled() {
		t.Errorf("%d subscribed of two that are listed", d.subscribed())
	}
	d.want([]Stream{b})
	if r, ok := d.next(1); !ok || !r.Drop || len(r.Streams) != 1 || r.Streams[0] != a {
		t.Errorf("asked %+v", r)
	}
	d.whole([]Stream{b})
	if d.subscribed() != 1 || len(d.order) != 1 {
		t.Errorf("%d subscribed of one that is left", d.subscribed())
	}
	d.whole(nil)
	if r, ok := d.next(2); !ok || r.Drop || r.Streams[0] != b {
		t.Errorf("what the venue forgot is not asked for again: %+v", r)
	}
}

func TestUnansweredRequestsAreMadeAgainAndThenGivenUp(t *testing.T) {
	t.Parallel()
	d := newDesk(Limits{Batch: 10, Answer: 10 * time.Second})
	d.want([]Stream{{"", "a"}})
	now := time.Duration(0)
	for range maxTries {
		if _, ok := d.next(now); !ok {
			t.Fatal("not asked for")
		}
		if err := d.overdue(now + 9*time.Second); err != nil {
			t.Fatal(err)
		}
		if _, again := d.next(now + 9*time.Second); again {
			t.Fatal("asked for twice at once")
		}
		now += 10 * time.Second
		if err := d.overdue(now); (err != nil) != (now == maxTries*10*time.Second) {
			t.Fatalf("at %s: %v", now, err)
		}
	}
}

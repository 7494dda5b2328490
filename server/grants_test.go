package server_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ticker/auth"
	"ticker/wire"
)

// keyed makes an API key; the credential is its ID.
func keyed(id string, rights auth.Rights) auth.Key {
	sum := sha256.Sum256([]byte(id))
	return auth.Key{ID: id, SHA256: hex.EncodeToString(sum[:]), Rights: rights}
}

// newKeyDoorman makes a doorman that takes API keys, too.
func newKeyDoorman(t *testing.T, keys ...auth.Key) *doorman {
	t.Helper()
	d := newDoorman(t)
	if err := d.SetKeys(keys); err != nil {
		t.Fatal(err)
	}
	return d
}

// setKeys replaces the API keys, and waits until sessions follow.
func (d *doorman) setKeys(t *testing.T, keys ...auth.Key) {
	t.Helper()
	if err := d.SetKeys(keys); err != nil {
		t.Fatal(err)
	}
	sleep(3 * time.Second)
}

// reads is what may read symbols.
func reads(symbols ...string) auth.Rights { return auth.Rights{Symbols: symbols} }

// expectBids wants the next records of a session and of an event stream, in whatever frames,
// to be these.
func expectBids(t *testing.T, c *raw, s *tail, want ...string) {
	t.Helper()
	var got []string
	for len(got) < len(want) {
		got = append(got, bids(c.quotes())...)
	}
	if diff := cmp.Diff(want, got, cmpopts.SortSlices(strings.Compare)); diff != "" {
		t.Error(diff)
	}
	for told := 0; told < len(want); {
		event := s.until("quotes")
		for _, symbol := range roadSymbols() {
			if !strings.Contains(event, `"symbol":"`+string(symbol)+`"`) {
				continue
			}
			told++
			if !slices.ContainsFunc(want, func(bid string) bool { return strings.HasPrefix(bid, string(symbol)+"=") }) {
				t.Errorf("the event stream tells %s, want %v", event, want)
			}
		}
	}
}

func TestSessionsFollowWhatTheirKeyMayRead(t *testing.T) {
	t.Parallel()
	d := newKeyDoorman(t, keyed("desk", reads("A*", "B*")), keyed("other", reads("A1")))
	inBubble(t, func(r *rig) {
		quote := func(cents int64) {
			for _, symbol := range roadSymbols() {
				r.quote(symbol, cents)
			}
		}
		c, other := r.shakeAs("desk"), r.shakeAs("other")
		c.subscribe(20*ms, "A1", "A2", "B*", "*")
		other.subscribe(20*ms, "A1")
		s, _ := r.follow("/v1/sse?interval=20ms&symbols=A1,A2,B*,*", bearer("desk")...)
		quote(1)
		expectBids(t, c, s, "A1=0.01", "A2=0.01", "B1=0.01", "B2=0.01")

		d.setKeys(t, keyed("desk", reads("A1")), keyed("other", reads("A1")))
		want := &wire.Removed{Symbols: []string{"A2", "B*"}, Code: wire.CodeForbidden}
		if diff := cmp.Diff(want, c.next(), cmpopts.SortSlices(strings.Compare), cmp.Transformer("removed", func(m wire.Message) *wire.Removed {
			removed, _ := m.(*wire.Removed)
			return removed
		})); diff != "" {
			t.Fatal(diff)
		}
		if got := s.until("removed"); !strings.Contains(got, `"B*"`) || !strings.Contains(got, `"code":"forbidden"`) {
			t.Error(got)
		}
		quote(2)
		expectBids(t, c, s, "A1=0.02")

		d.setKeys(t, keyed("desk", reads("A*")), keyed("other", reads("A1")))
		expectBids(t, c, s, "A2=0.02") // the pattern is still there, and nothing else is told

		for _, want := range []string{"A1=0.01", "A1=0.02"} { // whose key is what it was
			if diff := cmp.Diff([]string{want}, bids(other.quotes())); diff != "" {
				t.Error(diff)
			}
		}
	}, guardedBy(d))
}

func TestSessionsFollowWhatTheirKeyMayPublish(t *testing.T) {
	t.Parallel()
	d := newKeyDoorman(t, keyed("desk", auth.Rights{}))
	inBubble(t, func(r *rig) {
		c := r.shakeAs("desk")
		publish := func() (published wire.Published) {
			c.ask("p", &wire.Publish{Quotes: [][]byte{[]byte(`{"symbol":"A","bid":1}`)}})
			c.result("p", &published)
			return published
		}
		if got := publish(); got.Accepted != 0 {
			t.Errorf("%+v", got)
		}
		d.setKeys(t, keyed("desk", auth.Rights{Publish: []string{"A"}}))
		if got := publish(); got.Accepted != 1 {
			t.Errorf("%+v", got)
		}
	}, guardedBy(d), withPush(true))
}

func TestSessionsOfAKeyThatIsGoneEnd(t *testing.T) {
	t.Parallel()
	d := newKeyDoorman(t, keyed("gone", auth.Rights{}), keyed("kept", auth.Rights{}))
	inBubble(t, func(r *rig) {
		gone, kept, renewed := r.shakeAs("gone"), r.shakeAs("kept"), r.shakeAs("gone")
		renewed.identify(reading(t))
		s, _ := r.follow("/v1/sse?symbols=A", bearer("gone")...)
		d.setKeys(t, keyed("kept", auth.Rights{}), keyed("new", auth.Rights{}))
		if got := gone.closed(); got.code != wire.CloseUnauthorized || got.reason != "the credential was revoked" {
			t.Errorf("closed with %+v", got)
		}
		for name := "x"; name != ""; name, _ = s.next() {
		}
		if got := r.get("/v1/symbols", bearer("gone")...); got.status != http.StatusUnauthorized {
			t.Errorf("%+v", got)
		}
		kept.subscribe(20*ms, "A")
		renewed.subscribe(20*ms, "A") // by another credential, since
		r.shakeAs("new")
	}, guardedBy(d))
}

func TestAPollIsAnsweredWhenItsKeyChanges(t *testing.T) {
	t.Parallel()
	d := newKeyDoorman(t, keyed("desk", reads("A", "B")))
	inBubble(t, func(r *rig) {
		start := time.Now()
		if err := d.SetKeys([]auth.Key{keyed("desk", reads("A"))}); err != nil {
			t.Fatal(err)
		}
		got := r.get("/v1/poll?symbols=A&wait=1m", bearer("desk")...)
		if took := time.Since(start); got.status != http.StatusNoContent || took != time.Minute {
			t.Errorf("with a key that was changed before: %+v after %v", got, took)
		}
		changed := time.AfterFunc(time.Second, func() {
			if err := d.SetKeys([]auth.Key{keyed("desk", reads("B"))}); err != nil {
				t.Error(err)
			}
		})
		defer changed.Stop()
		start = time.Now()
		got = r.get("/v1/poll?symbols=A&wait=1m", bearer("desk")...)
		if took := time.Since(start); got.status != http.StatusNoContent || took > 4*time.Second {
			t.Errorf("%+v after %v", got, took)
		}
		if got := r.get("/v1/poll?symbols=A&wait=1m", bearer("desk")...); got.status != http.StatusForbidden {
			t.Errorf("%+v", got)
		}
	}, guardedBy(d))
}

func TestAKeyThatGetsADelaySendsItsClientsToComeBack(t *testing.T) {
	t.Parallel()
	d := newKeyDoorman(t, keyed("desk", auth.Rights{}))
	inBubble(t, func(r *rig) {
		r.quote("A", 1)
		c := r.shakeAs("desk")
		c.subscribe(20*ms, "A")
		c.quotes()
		d.setKeys(t, keyed("desk", auth.Rights{Delay: time.Minute}))
		c.expectFarewell()
	}, guardedBy(d))
}

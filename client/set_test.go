package client

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ticker/wire"
)

// service is an obvious model of what answers the plans of a set: it refuses
// what it is told to refuse, and knows what it granted.
type service struct {
	granted map[string]options
	barred  map[string]bool
}

// answer carries out a plan and settles it.
func (m *service) answer(s *set, p *plan, refuse bool) {
	switch {
	case p.leave:
		for _, name := range p.names {
			delete(m.granted, name)
		}
		s.leave(p, nil)
	case refuse:
		s.refuse(p, &wire.Error{Code: wire.CodeForbidden})
	default:
		judged := make(map[string]verdict)
		for _, name := range p.names {
			if m.barred[name] {
				judged[name] = verdict{rejected: wire.CodeForbidden}
				delete(m.granted, name)
			} else {
				m.granted[name] = p.options
			}
		}
		s.grant(p, p.options.interval, judged, 0)
	}
}

// stateful drives a set with random calls, answers in between, and breaks.
type stateful struct {
	set     *set
	service service
	wanted  map[string]options
	tickets []*ticket
	flying  *plan
}

func newStateful() *stateful {
	return &stateful{
		set:     newSet(),
		service: service{granted: map[string]options{}, barred: map[string]bool{"N3": true}},
		wanted:  make(map[string]options),
	}
}

func drawNames(t *rapid.T) []string {
	name := rapid.Custom(func(t *rapid.T) string { return "N" + strconv.Itoa(rapid.IntRange(0, 5).Draw(t, "n")) })
	names := slices.Sorted(slices.Values(rapid.SliceOfN(name, 1, 4).Draw(t, "names")))
	return slices.Compact(names)
}

func (m *stateful) subscribe(t *rapid.T) {
	names := drawNames(t)
	o := options{interval: time.Duration(rapid.IntRange(1, 3).Draw(t, "interval"))}
	ticket, err := m.set.add(names, o)
	if err != nil {
		t.Fatal(err)
	}
	m.tickets = append(m.tickets, ticket)
	for _, name := range names {
		if m.service.barred[name] {
			delete(m.wanted, name)
		} else {
			m.wanted[name] = o
		}
	}
}

func (m *stateful) unsubscribe(t *rapid.T) {
	names := drawNames(t)
	m.tickets = append(m.tickets, m.set.remove(names))
	for _, name := range names {
		delete(m.wanted, name)
	}
}

func (m *stateful) send(t *rapid.T) {
	if m.flying != nil {
		m.service.answer(m.set, m.flying, false)
		m.flying = nil
		return
	}
	limits := wire.Limits{Symbols: rapid.IntRange(1, 4).Draw(t, "limit")}
	if p, ok := m.set.next(roomOf(limits)); ok {
		if len(p.names) > limits.Symbols {
			t.Fatalf("plan of %d names, the limit is %d", len(p.names), limits.Symbols)
		}
		m.flying = &p
	}
}

func (m *stateful) lose(*rapid.T) {
	m.flying = nil
	clear(m.service.granted)
	m.set.rewind("", 0)
}

// settle answers all that is left to do.
func (m *stateful) settle() {
	if m.flying != nil {
		m.service.answer(m.set, m.flying, false)
		m.flying = nil
	}
	for {
		p, ok := m.set.next(roomOf(wire.Limits{}))
		if !ok {
			return
		}
		m.service.answer(m.set, &p, false)
	}
}

func TestServiceEndsUpWithWhatIsWantedWhateverHappensInBetween(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := newStateful()
		t.Repeat(map[string]func(*rapid.T){
			"subscribe": m.subscribe, "unsubscribe": m.unsubscribe, "send": m.send, "lose": m.lose,
		})
		m.settle()
		if diff := cmp.Diff(m.wanted, m.service.granted, cmp.AllowUnexported(options{})); diff != "" {
			t.Fatalf("subscriptions (-wanted +granted):\n%s", diff)
		}
		if diff := cmp.Diff(slices.Sorted(maps.Keys(m.wanted)), slices.Sorted(maps.Keys(m.set.entries))); diff != "" {
			t.Fatalf("entries (-wanted +kept):\n%s", diff)
		}
		for i, ticket := range m.tickets {
			select {
			case <-ticket.done:
			default:
				t.Fatalf("call %d was never answered", i)
			}
		}
	})
}

// planOf returns the only plan that a set has.
func planOf(t *testing.T, s *set) plan {
	t.Helper()
	p, ok := s.next(roomOf(wire.Limits{}))
	if !ok {
		t.Fatal("the set has no plan")
	}
	return p
}

func mustAdd(t *testing.T, s *set, o options, names ...string) *ticket {
	t.Helper()
	ticket, err := s.add(names, o)
	if err != nil {
		t.Fatal(err)
	}
	return ticket
}

func TestEntryResumesOnlyFromACursorThatCameAfterItsGrant(t *testing.T) {
	t.Parallel()
	s := newSet()
	mustAdd(t, s, options{}, "EARLY")
	p := planOf(t, s)
	s.grant(&p, 0, nil, 3)
	mustAdd(t, s, options{}, "LATE")
	p = planOf(t, s)
	s.grant(&p, 0, nil, 4)
	s.rewind("cursor-4", 4)

	var got []plan
	for {
		p, ok := s.next(roomOf(wire.Limits{}))
		if !ok {
			break
		}
		got = append(got, plan{names: p.names, since: p.since})
		s.grant(&p, 0, nil, 0)
	}
	want := []plan{{names: []string{"EARLY"}, since: "cursor-4"}, {names: []string{"LATE"}}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(plan{}, options{})); diff != "" {
		t.Errorf("plans (-want +got):\n%s", diff)
	}
}

func TestEntryKeepsAnOlderCursorUntilANewOneCoversIt(t *testing.T) {
	t.Parallel()
	s := newSet()
	mustAdd(t, s, options{}, "A")
	p := planOf(t, s)
	s.grant(&p, 0, nil, 0)
	s.rewind("first", 1)
	p = planOf(t, s) // sent, and never answered
	s.rewind("second", 5)
	if p = planOf(t, s); p.since != "first" {
		t.Errorf("resumes from %q, want the cursor that covers it", p.since)
	}
}

func TestNewOptionsBeginWithAFullRecord(t *testing.T) {
	t.Parallel()
	s := newSet()
	mustAdd(t, s, options{}, "A")
	p := planOf(t, s)
	s.grant(&p, 0, nil, 0)
	s.rewind("cursor", 1)
	mustAdd(t, s, options{delta: true}, "A")
	if p = planOf(t, s); p.since != "" {
		t.Errorf("resumes from %q, want no cursor", p.since)
	}
}

func TestRefusedChangeLeavesTheOldOptionsInForce(t *testing.T) {
	t.Parallel()
	s := newSet()
	mustAdd(t, s, options{interval: 1}, "A")
	p := planOf(t, s)
	s.grant(&p, 0, nil, 0)
	changed := mustAdd(t, s, options{interval: 2}, "A")
	p = planOf(t, s)
	s.refuse(&p, &wire.Error{Code: wire.CodeForbidden})
	<-changed.done
	if changed.err == nil || changed.err.Code != wire.CodeForbidden {
		t.Errorf("error is %v, want forbidden", changed.err)
	}
	s.rewind("", 0)
	if p = planOf(t, s); p.options.interval != 1 {
		t.Errorf("comes back with interval %d, want the old one", p.options.interval)
	}
}

func TestSetHasABound(t *testing.T) {
	t.Parallel()
	s := newSet()
	names := make([]string, maxEntries)
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	mustAdd(t, s, options{}, names...)
	if _, err := s.add([]string{"ONE-MORE"}, options{}); err == nil {
		t.Error("an entry beyond the bound was taken")
	}
	mustAdd(t, s, options{delta: true}, names[0])
}

func TestCommandsFitTheMessagesThatTheServiceTakes(t *testing.T) {
	t.Parallel()
	s := newSet()
	names := make([]string, 900)
	for i := range names {
		names[i] = "SYMBOL-OF-THE-GREATEST-LENGTH" + strconv.Itoa(100+i)
	}
	mustAdd(t, s, options{interval: time.Minute, fields: 1<<10 - 1, delta: true, envelope: true}, names...)
	limits := wire.Limits{MessageBytes: 4096}
	sent := 0
	for {
		p, ok := s.next(roomOf(limits))
		if !ok {
			break
		}
		for codec := range wire.NumCodecs {
			request := wire.Request{ID: "zzzzzzzzzzzzz", Body: p.body()}
			if n := len(codec.AppendRequest(nil, request)); n > limits.MessageBytes {
				t.Fatalf("command of %d bytes, the limit is %d", n, limits.MessageBytes)
			}
		}
		sent += len(p.names)
		s.grant(&p, 0, nil, 0)
	}
	if sent != len(names) {
		t.Errorf("%d names were sent, want %d", sent, len(names))
	}
}

func TestRenewedNamesResumeAndOthersDoNot(t *testing.T) {
	t.Parallel()
	s := newSet()
	mustAdd(t, s, options{}, "A", "B")
	p := planOf(t, s)
	s.grant(&p, 0, nil, 0)
	mustAdd(t, s, options{delta: true}, "B")
	changed := planOf(t, s)
	s.renew([]string{"A", "B", "GONE"}, "cursor")
	if p = planOf(t, s); p.since != "cursor" || len(p.names) != 1 || p.names[0] != "A" {
		t.Errorf("asks for %v from %q, want A from the cursor", p.names, p.since)
	}
	s.again(&changed)
	if changed = planOf(t, s); changed.since != "" {
		t.Errorf("asks for B with other options from %q, want a full record", changed.since)
	}
	s.refuse(&changed, &wire.Error{Code: wire.CodeForbidden})
	if len(s.entries) != 1 {
		t.Errorf("%d entries, want none for what is followed no more", len(s.entries))
	}
	s.again(&p)
	if again := planOf(t, s); again.since != "cursor" {
		t.Errorf("asks from %q, want the cursor", again.since)
	}
}

func TestPlanUnderWayIsNotMadeTwice(t *testing.T) {
	t.Parallel()
	s := newSet()
	mustAdd(t, s, options{}, "A")
	s.limit(1000)
	for _, want := range []string{"configure", "subscribe"} {
		if p := planOf(t, s); p.body().Verb() != want {
			t.Errorf("asks to %s, want %s", p.body().Verb(), want)
		}
	}
	if p, ok := s.next(roomOf(wire.Limits{})); ok {
		t.Errorf("asks to %s once more", p.body().Verb())
	}
}

func TestCursorIsWhatAServiceTakesBack(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"ABC.1f": true, strings.Repeat("x", 256): true, "": false, strings.Repeat("x", 257): false,
		"a b": false, "a\nb": false, "\x7f": false, "é": false,
	} {
		if got := isCursor(text); got != want {
			t.Errorf("%q is a cursor: %v, want %v", text, got, want)
		}
	}
}

func TestBandwidthIsSettledWhateverHappens(t *testing.T) {
	t.Parallel()
	s := newSet()
	superseded, lifted := s.limit(1000), s.limit(0)
	<-superseded.done
	s.rewind("", 0)
	<-lifted.done
	if _, ok := s.next(roomOf(wire.Limits{})); ok {
		t.Error("asks for no cap on a connection that has none")
	}
	capped := s.limit(2000)
	p := planOf(t, s)
	s.again(&p)
	p = planOf(t, s)
	s.capped(&p, 2000, nil)
	<-capped.done
	s.rewind("", 0)
	if p = planOf(t, s); p.configure == nil || p.configure.Bandwidth != 2000 {
		t.Errorf("asks for %v on the next connection, want the cap", p.body())
	}
}

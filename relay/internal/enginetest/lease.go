package enginetest

import (
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"ticker/relay"
)

const (
	long  = time.Minute
	short = time.Second
)

func oneHolder(t *testing.T, k Kit) {
	server := k.Start(t)
	nodes := []*node{k.join(t, server.Addr()), k.join(t, server.Addr()), k.join(t, server.Addr()), k.join(t, server.Addr())}
	for round := range 5 {
		terms := make([]uint64, 20)
		errs := make([]error, len(terms))
		start := make(chan struct{})
		var candidates sync.WaitGroup
		for i := range terms {
			candidates.Go(func() {
				<-start
				terms[i], errs[i] = nodes[i%len(nodes)].Acquire(t.Context(), strconv.Itoa(i), 0, long)
			})
		}
		close(start)
		candidates.Wait()
		winner := -1
		for i, err := range errs {
			switch {
			case err == nil && winner < 0:
				winner = i
			case err == nil:
				t.Fatalf("round %d: %d and %d both have the lease", round, winner, i)
			case !errors.Is(err, relay.ErrHeld):
				t.Fatalf("round %d: candidate %d: %v", round, i, err)
			}
		}
		if winner < 0 {
			t.Fatalf("round %d: nobody has the lease", round)
		}
		must(t, nodes[0].Release(deadline(t), strconv.Itoa(winner), terms[winner]))
	}
}

func termsRise(t *testing.T, k Kit) {
	server := k.Start(t)
	a, b := k.join(t, server.Addr()), k.join(t, server.Addr())
	last := uint64(0)
	for i, above := range []uint64{0, 0, 41, 5, 1 << 60, 0} {
		n := []*node{a, b}[i%2]
		term, err := n.Acquire(deadline(t), "h", above, long)
		must(t, err)
		if term <= last || term <= above {
			t.Errorf("term %d: want one above %d and %d", term, last, above)
		}
		last = term
		must(t, n.Release(deadline(t), "h", term))
	}
}

func termsSurvive(t *testing.T, k Kit) {
	server := k.Start(t)
	n := k.join(t, server.Addr())
	first, err := n.Acquire(deadline(t), "h", 6, long)
	must(t, err)
	server.Kill(t)
	await(t, "the end of the connection", func() bool { return !n.Connected() })
	server.Restart(t)
	await(t, "a new connection", n.Connected)
	if err := n.Renew(deadline(t), "h", first, long); err != nil {
		t.Errorf("renew after a restart: %v", err)
	}
	must(t, n.Release(deadline(t), "h", first))
	if second, err := n.Acquire(deadline(t), "h", 0, long); err != nil || second <= first {
		t.Errorf("term %d after %d and a restart: %v", second, first, err)
	}
}

func expiry(t *testing.T, k Kit) {
	server := k.Start(t)
	a, b := k.join(t, server.Addr()), k.join(t, server.Addr())
	since := time.Now()
	first, err := a.Acquire(deadline(t), "a", 0, short)
	must(t, err)
	second := takeOver(t, b)
	if took := time.Since(since); took < short {
		t.Errorf("the lease ended after %v, before its time of %v", took, short)
	} else {
		t.Logf("ended %v after its time", (took - short).Round(time.Millisecond))
	}
	if second <= first {
		t.Errorf("term %d follows %d", second, first)
	}
}

// takeOver makes b the holder as soon as nobody else is.
func takeOver(t *testing.T, n *node) (term uint64) {
	t.Helper()
	await(t, "the end of a lease", func() bool {
		var err error
		term, err = n.Acquire(deadline(t), "b", 0, short)
		if err != nil && !errors.Is(err, relay.ErrHeld) {
			t.Fatal(err)
		}
		return err == nil
	})
	return term
}

func renew(t *testing.T, k Kit) {
	server := k.Start(t)
	a, b := k.join(t, server.Addr()), k.join(t, server.Addr())
	const ttl = 3 * short
	began := time.Now()
	term, err := a.Acquire(deadline(t), "a", 0, ttl)
	must(t, err)
	await(t, "a renewed lease to outlive its first time", func() bool {
		must(t, a.Renew(deadline(t), "a", term, ttl))
		if _, err := b.Acquire(deadline(t), "b", 0, ttl); !errors.Is(err, relay.ErrHeld) {
			t.Fatalf("error %v for a lease that was just renewed, want ErrHeld", err)
		}
		return time.Since(began) > ttl+short
	})
}

func takeover(t *testing.T, k Kit) {
	server := k.Start(t)
	a, b := k.join(t, server.Addr()), k.join(t, server.Addr())
	first, err := a.Acquire(deadline(t), "a", 0, short)
	must(t, err)
	must(t, a.Release(deadline(t), "a", first))
	second, err := b.Acquire(deadline(t), "b", 0, long)
	must(t, err)
	if err := a.Renew(deadline(t), "a", first, long); !errors.Is(err, relay.ErrHeld) {
		t.Errorf("renew after a takeover: %v, want ErrHeld", err)
	}
	if err := a.Renew(deadline(t), "a", second, long); !errors.Is(err, relay.ErrHeld) {
		t.Errorf("renew of another's term: %v, want ErrHeld", err)
	}
	must(t, a.Release(deadline(t), "a", first))
	if err := b.Renew(deadline(t), "b", second, long); err != nil {
		t.Errorf("the holder cannot renew: %v", err)
	}
	if _, err := a.Acquire(deadline(t), "a", 0, long); !errors.Is(err, relay.ErrHeld) {
		t.Errorf("error %v for a lease that is held, want ErrHeld", err)
	}
}

func notRevived(t *testing.T, k Kit) {
	server := k.Start(t)
	n := k.join(t, server.Addr())
	term, err := n.Acquire(deadline(t), "a", 0, short)
	must(t, err)
	// Whoever takes it over and gives it back shows that it has ended.
	must(t, n.Release(deadline(t), "b", takeOver(t, n)))
	if err := n.Renew(deadline(t), "a", term, short); !errors.Is(err, relay.ErrHeld) {
		t.Errorf("renew of a lease that ended: %v, want ErrHeld", err)
	}
}

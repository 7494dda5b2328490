package client

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"ticker/market"
	"ticker/wire"
)

// request follows the names of one plan.
type request struct {
	plan
	cancel    context.CancelFunc // nil before it is started
	bandwidth int64              // its share
	welcome   wire.Welcome
	granted   bool
	cursor    string // that came after the grant
}

// place is where another request goes on.
func (q *request) place() string { return cmp.Or(q.cursor, q.since) }

// passed notes a cursor, if it covers the first records of the names.
func (q *request) passed(cursor string) {
	if q.granted && isCursor(cursor) {
		q.cursor = cursor
	}
}

// align brings the requests in line with the set.
func (r *requests) align(ctx context.Context) {
	if r.pause != nil {
		return
	}
	for r.advance() || r.merge() || r.share() {
	}
	for _, q := range r.open {
		if q.cancel == nil {
			r.start(ctx, q)
		}
	}
}

// advance carries out the next plan of the set, and reports whether there was one.
// What is new has a request of its own, so that it does not disturb the others, nor
// share their fate if it is refused.
func (r *requests) advance() bool {
	p, ok := r.set.next(r.room)
	switch {
	case !ok:
		return false
	case p.configure != nil:
		r.limit(&p)
	case p.leave:
		r.drop(p.names, r.open)
		r.set.leave(&p, nil)
	case len(r.open) == maxRequests:
		r.refused(&p, &wire.Error{Code: wire.CodeTooManySymbols, Message: "too many requests without a WebSocket"})
	default:
		p.plain = r.way == Poll && p.options.envelope
		r.open = append(r.open, &request{plan: p})
	}
	return true
}

func (r *requests) limit(p *plan) {
	if r.way == Poll {
		r.set.capped(p, 0, &wire.Error{Code: wire.CodeUnavailable, Message: "polls have no bandwidth"})
		return
	}
	r.bandwidth = p.configure.Bandwidth
	r.set.capped(p, r.bandwidth, nil)
}

// drop takes names, which are sorted, away from some requests. What else those had
// is asked for anew.
func (r *requests) drop(names []string, among []*request) {
	for _, q := range slices.Clone(among) {
		rest := slices.DeleteFunc(slices.Clone(q.names), func(name string) bool {
			_, found := slices.BinarySearch(names, name)
			return found
		})
		if len(rest) < len(q.names) {
			r.release(q, rest, q.place())
		}
	}
}

// release gives a request up and has names of it asked for anew, from a cursor.
func (r *requests) release(q *request, names []string, since string) {
	r.open = slices.DeleteFunc(r.open, func(other *request) bool { return other == q })
	if q.cancel != nil {
		q.cancel()
	}
	if q.granted {
		r.set.renew(names, since)
	} else {
		r.set.again(&q.plan)
	}
}

// merge puts requests for the same options together if that makes many into few,
// and reports whether it did. Their cursors cannot be compared, so the new ones
// begin with full records.
func (r *requests) merge() bool {
	alike := make(map[options][]*request)
	for _, q := range r.open {
		if q.granted {
			alike[q.options] = append(alike[q.options], q)
		}
	}
	merged := false
	for same := range maps.Values(alike) {
		if len(same) <= maxAlike || 2*r.requestsFor(same) > len(same) {
			continue
		}
		for _, q := range same {
			r.release(q, q.names, "")
		}
		merged = true
	}
	return merged
}

// requestsFor estimates from above how many requests all names of some need.
func (r *requests) requestsFor(some []*request) int {
	names, bytes := 0, 0
	for _, q := range some {
		names += len(q.names)
		bytes += len(strings.Join(q.names, ",")) + r.room.mark
	}
	// What a request has no room for is at most the longest name.
	room := max(r.room.bytes-market.MaxSymbolBytes, 1)
	return max(names/r.room.names, bytes/room) + 1
}

// share gives every request the same part of the bandwidth, and reports whether some
// must be made anew for that.
func (r *requests) share() bool {
	part, changed := r.part(), false
	for _, q := range slices.Clone(r.open) {
		if q.cancel != nil && q.bandwidth != part {
			r.release(q, q.names, q.place())
			changed = true
		}
	}
	return changed
}

// part is the part of the bandwidth that each request has; 0 without a cap.
func (r *requests) part() int64 {
	if r.bandwidth == 0 || len(r.open) == 0 {
		return 0
	}
	return max(r.bandwidth/int64(len(r.open)), 1)
}

func (r *requests) start(ctx context.Context, q *request) {
	ctx, q.cancel = context.WithCancel(ctx)
	q.bandwidth = r.part()
	follow := r.readEvents
	if r.way == Poll {
		follow = r.pollOn
	}
	tell := func(m wire.Message, size int) error {
		return r.hand(ctx, arrival{from: q, message: m, size: size})
	}
	wish := wish{plan: q.plan, bandwidth: q.bandwidth}
	r.workers.Go(func() {
		err := follow(ctx, &wish, tell)
		_ = r.hand(ctx, arrival{from: q, err: err}) // or nobody wants to know
	})
}

// hand gives what a request brought to the goroutine that runs all, and waits until
// that has taken it.
func (r *requests) hand(ctx context.Context, a arrival) error {
	select {
	case r.incoming <- a:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

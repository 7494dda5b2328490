package server

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"ticker/auth"
	"ticker/market"
	"ticker/wire"
)

// The parameters of a subscription in a URL, and those that only some ways take.
var (
	subscriptionKeys = []string{"symbols", "interval", "fields", "mode", "envelope"}
	eventsKeys       = append([]string{"since", "bandwidth"}, subscriptionKeys...)
	pollKeys         = append([]string{"cursor", "wait"}, subscriptionKeys...)
)

// maxWait is the longest that a poll may wait.
const maxWait = time.Minute

// subscription reads what a subscribe command says, from parameters. A name that
// is none, or may not be read, is refused: over HTTP nobody reads a list of what was
// left out.
func (s *Server) subscription(q query, g *auth.Grant) (*wire.Subscribe, *wire.Error) {
	symbols, refusal := q.symbols()
	if refusal != nil {
		return nil, refusal
	}
	if refusal = s.checkCount(symbols, g); refusal != nil {
		return nil, refusal
	}
	for _, text := range symbols {
		if _, err := market.ParsePattern(text); err != nil {
			return nil, refuse(wire.CodeBadSymbol, "%.64q: %v", text, err)
		}
	}
	if refusal = checkReadable(g, symbols...); refusal != nil {
		return nil, refusal
	}
	b := &wire.Subscribe{Symbols: symbols}
	interval, refusal := q.duration("interval")
	if refusal != nil {
		return nil, refusal
	}
	if b.Interval = interval; q.has("interval") {
		b.Interval = max(interval, 1)
	}
	if b.Fields, refusal = q.fields(); refusal != nil {
		return nil, refusal
	}
	if b.Delta, refusal = q.choice("mode", "full", "delta"); refusal != nil {
		return nil, refusal
	}
	b.Envelope, refusal = q.choice("envelope", "false", "true")
	return b, refusal
}

// duration reads a duration, 0 if there is none.
func (q query) duration(name string) (time.Duration, *wire.Error) {
	if !q.has(name) {
		return 0, nil
	}
	d, err := wire.ParseDuration(q.get(name))
	if err != nil {
		return 0, refuse(wire.CodeBadRequest, "%s must be %s", name, wire.DurationForm)
	}
	return d, nil
}

// fields reads a set of value fields, none for all.
func (q query) fields() (market.Fields, *wire.Error) {
	var set market.Fields
	if !q.has("fields") {
		return set, nil
	}
	for name := range strings.SplitSeq(q.get("fields"), ",") {
		f, ok := market.ParseField(name)
		if !ok || f >= market.NumValues {
			return 0, refuse(wire.CodeBadRequest, "fields: %.64q is no value field", name)
		}
		set = set.With(f)
	}
	return set, nil
}

// choice reads one of two words, and tells whether it is the second. The first is
// what a missing one means.
func (q query) choice(name, first, second string) (bool, *wire.Error) {
	text := q.get(name)
	if text != second && text != first && q.has(name) {
		return false, refuse(wire.CodeBadRequest, "%s must be %s or %s", name, first, second)
	}
	return text == second, nil
}

// cursor reads a cursor, empty if there is none.
func (q query) cursor(name string) (string, *wire.Error) {
	text := q.get(name)
	if len(text) > wire.MaxCursorBytes {
		return "", refuse(wire.CodeBadRequest, "%s has at most %d bytes", name, wire.MaxCursorBytes)
	}
	return text, nil
}

// bandwidth reads a cap in bytes a second, 0 for none.
func (q query) bandwidth() (int64, *wire.Error) {
	if !q.has("bandwidth") {
		return 0, nil
	}
	n, err := strconv.ParseInt(q.get("bandwidth"), 10, 64)
	if err != nil || n < 0 || n == math.MaxInt64 {
		return 0, refuse(wire.CodeBadRequest, "bandwidth must be an integer of 0 or more")
	}
	return n, nil
}

// wait reads how long a poll may wait.
func (q query) wait() (time.Duration, *wire.Error) {
	const otherwise = 25 * time.Second
	if !q.has("wait") {
		return otherwise, nil
	}
	d, refusal := q.duration("wait")
	if refusal == nil && (d < 0 || d > maxWait) {
		refusal = refuse(wire.CodeBadRequest, "wait must be 0s to %v", maxWait)
	}
	return d, refusal
}

// lastEventID is where a returning EventSource wants to go on. One that is too
// long is no cursor of ours.
func lastEventID(r *http.Request) string {
	if id := r.Header.Get("Last-Event-ID"); len(id) <= wire.MaxCursorBytes {
		return id
	}
	return ""
}

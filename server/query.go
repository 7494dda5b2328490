package server

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"ticker/wire"
)

// query is the parameters of a request.
type query url.Values

// queryOf reads the parameters of a request: each at most once, and no others
// than those that are known and, where it may stand there, the credential. One that
// is misspelt would be a question that nobody asked.
func (s *Server) queryOf(r *http.Request, known ...string) (query, *wire.Error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, refuse(wire.CodeBadRequest, "the query is not well formed")
	}
	for name, given := range values {
		switch {
		case name == tokenKey && s.cfg.AllowQuery:
		case !slices.Contains(known, name):
			return nil, refuse(wire.CodeBadRequest, "no parameter %.64q here", name)
		case len(given) > 1:
			return nil, refuse(wire.CodeBadRequest, "parameter %s stands there twice", name)
		}
	}
	return query(values), nil
}

func (q query) get(name string) string { return url.Values(q).Get(name) }

func (q query) has(name string) bool { return url.Values(q).Has(name) }

// symbols reads a list of names and patterns, which must be there.
func (q query) symbols() ([]string, *wire.Error) {
	text := q.get("symbols")
	if text == "" {
		return nil, refuse(wire.CodeBadRequest, "symbols must be names or patterns, with commas between them")
	}
	return strings.Split(text, ","), nil
}

// limit reads how many entries a page may have, 0 if that is left to us.
func (q query) limit() (int, *wire.Error) {
	text := q.get("limit")
	if !q.has("limit") {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > wire.MaxLimit {
		return 0, refuse(wire.CodeBadRequest, "limit must be an integer of 1 to %d", wire.MaxLimit)
	}
	return n, nil
}

// time reads a time no earlier than the given one, 0 if there is none.
func (q query) time(name string, earliest int64) (int64, *wire.Error) {
	if !q.has(name) {
		return 0, nil
	}
	micros, err := wire.ParseTime(q.get(name))
	if err != nil || micros < earliest {
		return 0, refuse(wire.CodeBadRequest, "%s must be %s", name, wire.TimeForm)
	}
	return micros, nil
}

// span reads the times between which a symbol is asked for.
func (q query) span(symbol string) (wire.Span, *wire.Error) {
	from, refusal := q.time("from", 0)
	if refusal != nil {
		return wire.Span{}, refusal
	}
	to, refusal := q.time("to", 1)
	if refusal != nil {
		return wire.Span{}, refusal
	}
	if to != 0 && from >= to {
		return wire.Span{}, refuse(wire.CodeBadRequest, "from must be before to")
	}
	return wire.Span{Symbol: symbol, From: from, To: to}, nil
}

// step reads the width of a candle, 0 if that is left to us.
func (q query) step() (time.Duration, *wire.Error) {
	if !q.has("step") {
		return 0, nil
	}
	step, err := wire.ParseDuration(q.get("step"))
	switch {
	case err != nil:
		return 0, refuse(wire.CodeBadRequest, "step must be %s", wire.DurationForm)
	case step <= 0:
		return 0, refuse(wire.CodeBadRequest, "step must be a duration above 0")
	}
	return step, nil
}

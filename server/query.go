package server

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"ticker/wire"
)

// query is the parameters of a request.
type query url.Values

// queryOf reads the parameters of a request: each at most once, and no others
// than those that are known. One that is misspelt would be a question that
// nobody asked.
func queryOf(r *http.Request, known ...string) (query, *wire.Error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, refuse(wire.CodeBadRequest, "the query is not well formed")
	}
	for name, given := range values {
		switch {
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

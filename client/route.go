package client

import (
	"net/url"
	"strconv"
	"strings"

	"ticker/wire"
)

// routeOf returns where a question is asked over plain HTTP, and its parameters;
// false for what has no route.
func routeOf(question wire.Body) (route string, params url.Values, ok bool) {
	params = url.Values{}
	switch q := question.(type) {
	case *wire.SnapshotQuery:
		params.Set("symbols", strings.Join(q.Symbols, ","))
		addNumber(params, "at", q.At)
		return pathSnapshot, params, true
	case *wire.HistoryQuery:
		addSpan(params, &q.Span)
		addNumber(params, "limit", int64(q.Limit))
		addText(params, "page", q.Page)
		return pathHistory + q.Symbol, params, true
	case *wire.CandlesQuery:
		addSpan(params, &q.Span)
		if q.Step != 0 {
			params.Set("step", wire.FormatDuration(q.Step))
		}
		return pathCandles + q.Symbol, params, true
	case *wire.SymbolsQuery:
		addText(params, "prefix", q.Prefix)
		addNumber(params, "limit", int64(q.Limit))
		addText(params, "page", q.Page)
		return pathSymbols, params, true
	case *wire.Ping, *wire.Auth:
		// What costs the service least shows that it is there, and takes the token.
		params.Set("limit", "1")
		return pathSymbols, params, true
	}
	return "", nil, false
}

// addSpan adds the times of a span; its symbol is in the path.
func addSpan(params url.Values, s *wire.Span) {
	addNumber(params, "from", s.From)
	addNumber(params, "to", s.To)
}

// addNumber adds a parameter that is left out when it is 0.
func addNumber(params url.Values, name string, value int64) {
	if value != 0 {
		params.Set(name, strconv.FormatInt(value, 10))
	}
}

// addText adds a parameter that is left out when it is empty.
func addText(params url.Values, name, value string) {
	if value != "" {
		params.Set(name, value)
	}
}

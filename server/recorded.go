package server

import (
	"net/http"
	"strings"

	"ticker/auth"
	"ticker/market"
	"ticker/wire"
)

// The routes that have a symbol behind them, which may hold slashes.
const (
	historyPath = "/v1/history/"
	candlesPath = "/v1/candles/"
)

// getPastSnapshot serves GET /v1/snapshot with a time.
func (s *Server) getPastSnapshot(w http.ResponseWriter, r *http.Request, g *auth.Grant, q *wire.SnapshotQuery) *wire.Problem {
	if refusal := s.checkCount(q.Symbols, g); refusal != nil {
		return problemOf(refusal)
	}
	past := s.view(g).past
	quotes, refusal := past.asOf(r.Context(), g, q)
	if refusal != nil {
		return past.problem(w, refusal)
	}
	writeQuotes(w, quotes, "")
	return nil
}

// getHistory serves GET /v1/history/{symbol}.
func (s *Server) getHistory(w http.ResponseWriter, r *http.Request, g *auth.Grant) *wire.Problem {
	q, refusal := s.queryOf(r, "from", "to", "limit", "page")
	if refusal != nil {
		return problemOf(refusal)
	}
	span, refusal := q.span(strings.TrimPrefix(r.URL.Path, historyPath))
	if refusal != nil {
		return problemOf(refusal)
	}
	limit, refusal := q.limit()
	if refusal != nil {
		return problemOf(refusal)
	}
	past := s.view(g).past
	quotes, next, refusal := past.quotes(r.Context(), g, &wire.HistoryQuery{Span: span, Limit: limit, Page: q.get("page")})
	if refusal != nil {
		return past.problem(w, refusal)
	}
	writeQuotes(w, quotes, next)
	return nil
}

// getCandles serves GET /v1/candles/{symbol}.
func (s *Server) getCandles(w http.ResponseWriter, r *http.Request, g *auth.Grant) *wire.Problem {
	q, refusal := s.queryOf(r, "from", "to", "step")
	if refusal != nil {
		return problemOf(refusal)
	}
	span, refusal := q.span(strings.TrimPrefix(r.URL.Path, candlesPath))
	if refusal != nil {
		return problemOf(refusal)
	}
	step, refusal := q.step()
	if refusal != nil {
		return problemOf(refusal)
	}
	past := s.view(g).past
	candles, refusal := past.candles(r.Context(), g, &wire.CandlesQuery{Span: span, Step: step})
	if refusal != nil {
		return past.problem(w, refusal)
	}
	writeList(w, `{"candles":[`, len(candles), "]}", func(dst []byte, i int) []byte {
		return wire.JSON.AppendCandle(dst, &candles[i])
	})
	return nil
}

// problem is what a refusal becomes over HTTP. Where history is on, one that it
// could not answer may be asked again.
func (p *past) problem(w http.ResponseWriter, refusal *wire.Error) *wire.Problem {
	if refusal.Code == wire.CodeUnavailable && p.history != nil {
		return later(w, refusal.Message)
	}
	return problemOf(refusal)
}

// writeQuotes writes a list of records that has no cursor.
func writeQuotes(w http.ResponseWriter, quotes []market.Quote, next string) {
	end := "]}"
	if next != "" {
		end = `],"next":"` + next + `"}`
	}
	writeList(w, `{"quotes":[`, len(quotes), end, func(dst []byte, i int) []byte {
		return wire.JSON.AppendQuote(dst, &quotes[i], fullSet(&quotes[i]), nil)
	})
}

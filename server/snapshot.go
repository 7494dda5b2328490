package server

import (
	"math"
	"net/http"

	"ticker/wire"
)

// pieceBytes is how much of an answer is made before it is written.
const pieceBytes = 64 << 10

// getSnapshot serves GET /v1/snapshot. The answer is made and written piece by
// piece, so that all symbols of a large book cost one piece of memory.
func (s *Server) getSnapshot(w http.ResponseWriter, r *http.Request) *wire.Problem {
	q, refusal := queryOf(r, "symbols", "at")
	if refusal != nil {
		return problemOf(refusal)
	}
	symbols, refusal := q.symbols()
	if refusal != nil {
		return problemOf(refusal)
	}
	if q.has("at") {
		if _, err := wire.ParseTime(q.get("at")); err != nil {
			return wire.NewProblem(wire.CodeBadRequest, "at "+err.Error())
		}
		return problemOf(errHistoryOff())
	}
	// The cursor is read before the cells: what it covers, they show.
	cursor := s.cfg.Hub.Cursor()
	cells, refusal := s.cells(symbols, math.MaxInt-1)
	if refusal != nil {
		return problemOf(refusal)
	}
	w.Header().Set("Content-Type", "application/json")
	piece := []byte(`{"cursor":"` + cursor + `","quotes":[`)
	for i, c := range cells {
		if i > 0 {
			piece = wire.JSON.AppendSeparator(piece)
		}
		piece, _ = c.AppendQuote(piece, uint8(wire.JSON)) // has a record: see cells
		if len(piece) > pieceBytes {
			write(w, piece)
			piece = piece[:0]
		}
	}
	write(w, append(piece, "]}"...))
	return nil
}

// getSymbols serves GET /v1/symbols.
func (s *Server) getSymbols(w http.ResponseWriter, r *http.Request) *wire.Problem {
	q, refusal := queryOf(r, "prefix", "limit", "page")
	if refusal != nil {
		return problemOf(refusal)
	}
	limit, refusal := q.limit()
	if refusal != nil {
		return problemOf(refusal)
	}
	result, refusal := s.listSymbols(&wire.SymbolsQuery{Prefix: q.get("prefix"), Limit: limit, Page: q.get("page")})
	if refusal != nil {
		return problemOf(refusal)
	}
	writeJSON(w, wire.JSON.AppendResult(nil, result))
	return nil
}

// getHistory refuses what only history could answer.
func getHistory(http.ResponseWriter, *http.Request) *wire.Problem { return problemOf(errHistoryOff()) }

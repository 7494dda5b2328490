package server

import (
	"math"
	"net/http"

	"ticker/auth"
	"ticker/wire"
)

// pieceBytes is how much of an answer is made before it is written.
const pieceBytes = 64 << 10

// getSnapshot serves GET /v1/snapshot. The answer is made and written piece by
// piece, so that all symbols of a large book cost one piece of memory.
func (s *Server) getSnapshot(w http.ResponseWriter, r *http.Request, g *auth.Grant) *wire.Problem {
	q, refusal := s.queryOf(r, "symbols", "at")
	if refusal != nil {
		return problemOf(refusal)
	}
	symbols, refusal := q.symbols()
	if refusal != nil {
		return problemOf(refusal)
	}
	at, refusal := q.time("at", 1)
	switch {
	case refusal != nil:
		return problemOf(refusal)
	case at != 0:
		return s.getPastSnapshot(w, r, g, &wire.SnapshotQuery{Symbols: symbols, At: at})
	}
	if p := s.lookOverHTTP(w, g); p != nil {
		return p
	}
	if refusal = s.reach(r.Context(), g, symbols...); refusal != nil {
		return problemOf(refusal)
	}
	// The cursor is read before the cells: what it covers, they show.
	cursor := s.view(g).hub.Cursor()
	cells, refusal := s.cells(symbols, g, math.MaxInt-1)
	if refusal != nil {
		return problemOf(refusal)
	}
	writeList(w, `{"cursor":"`+cursor+`","quotes":[`, len(cells), "]}", func(dst []byte, i int) []byte {
		dst, _ = cells[i].AppendQuote(dst, uint8(wire.JSON)) // has a record: see cells
		return dst
	})
	return nil
}

// writeList writes an answer that is mostly a list of n entries: what stands
// before them, each of them, and what stands behind.
func writeList(w http.ResponseWriter, head string, n int, tail string, entry func(dst []byte, i int) []byte) {
	w.Header().Set("Content-Type", "application/json")
	piece := []byte(head)
	for i := range n {
		if i > 0 {
			piece = wire.JSON.AppendSeparator(piece)
		}
		piece = entry(piece, i)
		if len(piece) > pieceBytes {
			write(w, piece)
			piece = piece[:0]
		}
	}
	write(w, append(piece, tail...))
}

// getSymbols serves GET /v1/symbols.
func (s *Server) getSymbols(w http.ResponseWriter, r *http.Request, g *auth.Grant) *wire.Problem {
	q, refusal := s.queryOf(r, "prefix", "limit", "page")
	if refusal != nil {
		return problemOf(refusal)
	}
	limit, refusal := q.limit()
	if refusal != nil {
		return problemOf(refusal)
	}
	result, refusal := s.listSymbols(&wire.SymbolsQuery{Prefix: q.get("prefix"), Limit: limit, Page: q.get("page")}, g)
	if refusal != nil {
		return problemOf(refusal)
	}
	writeJSON(w, wire.JSON.AppendResult(nil, result))
	return nil
}

package server

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"

	"ticker/auth"
	"ticker/book"
	"ticker/fanout"
	"ticker/market"
	"ticker/wire"
)

const (
	// defaultPage is how many symbols a page has unless told.
	defaultPage = 500
	// maxRecords is the most records of one snapshot over WebSocket, where an
	// answer is made in one piece.
	maxRecords = wire.MaxLimit
)

// codeOfSymbol returns the code of a name that was not accepted.
func codeOfSymbol(err error) wire.Code {
	switch {
	case errors.Is(err, book.ErrFull):
		return wire.CodeUnavailable
	case errors.Is(err, fanout.ErrForbidden):
		return wire.CodeForbidden
	}
	return wire.CodeBadSymbol
}

// checkCount refuses more names and patterns than one request may have.
func (s *Server) checkCount(texts []string, g *auth.Grant) *wire.Error {
	if most := s.symbolLimit(g); len(texts) > most {
		return refuse(wire.CodeTooManySymbols, "a request has at most %d names and patterns", most)
	}
	return nil
}

// cells finds the cells that have a record under the given names and patterns, as far
// as they may be read: in the order asked for, those of a pattern by name, each once.
func (s *Server) cells(texts []string, g *auth.Grant, limit int) ([]*book.Cell, *wire.Error) {
	if refusal := s.checkCount(texts, g); refusal != nil {
		return nil, refusal
	}
	if refusal := checkReadable(g, texts...); refusal != nil {
		return nil, refusal
	}
	bk, found := s.view(g).book, make([]*book.Cell, 0, len(texts))
	seen := make(map[*book.Cell]bool, len(texts))
	for _, text := range texts {
		p, err := market.ParsePattern(text)
		if err != nil {
			return nil, refuse(wire.CodeBadSymbol, "%.64q: %v", text, err)
		}
		for _, symbol := range s.covered(p, g, limit+1) {
			if c := bk.Find(symbol); c != nil && c.Seq() > 0 && !seen[c] {
				seen[c] = true
				found = append(found, c)
			}
		}
		if len(found) > limit {
			return nil, refuse(wire.CodeTooLarge, "more than %d symbols: ask for fewer, or over HTTP", limit)
		}
	}
	return found, nil
}

// covered lists the symbols under a name or pattern that may be read, at most limit of
// them.
func (s *Server) covered(p market.Pattern, g *auth.Grant, limit int) []market.Symbol {
	stem, prefix := strings.CutSuffix(p.String(), "*")
	if !prefix {
		return []market.Symbol{market.Symbol(stem)}
	}
	symbols, _ := s.readable(g, stem, "", limit)
	return symbols
}

// snapshot answers a snapshot query of what is newest. The cursor is read before the
// cells: what it covers, they show.
func (c *client) snapshot(q *wire.SnapshotQuery) (wire.Result, *wire.Error) {
	if q.At != 0 {
		return nil, errHistoryOff()
	}
	s, g := c.srv, c.granted()
	if refusal := c.look(g); refusal != nil {
		return nil, refusal
	}
	if refusal := s.reach(context.Background(), g, q.Symbols...); refusal != nil {
		return nil, refusal
	}
	answer := &wire.QuoteList{Cursor: s.view(g).hub.Cursor()}
	cells, refusal := s.cells(q.Symbols, g, maxRecords)
	if refusal != nil {
		return nil, refusal
	}
	answer.Records = make([]wire.Record, len(cells))
	for i, c := range cells {
		q := c.Quote()
		answer.Records[i] = wire.Record{Quote: q, Set: fullSet(&q)}
	}
	return answer, nil
}

// fullSet is the fields of a record with all that is known. Its status is named
// when it is not live.
func fullSet(q *market.Quote) market.Fields {
	set := q.Known.With(market.SourceField)
	if q.Status != market.Live {
		set = set.With(market.StatusField)
	}
	return set
}

// listSymbols answers a symbols query. The token of a page is the last symbol
// of the one before.
func (s *Server) listSymbols(q *wire.SymbolsQuery, g *auth.Grant) (wire.Result, *wire.Error) {
	limit := q.Limit
	if limit == 0 {
		limit = defaultPage
	}
	after, err := base64.RawURLEncoding.DecodeString(q.Page)
	if _, bad := market.ParseSymbol(string(after)); err != nil || q.Page != "" && bad != nil {
		return nil, refuse(wire.CodeBadRequest, "page is no token of this server")
	}
	if refusal := s.reach(context.Background(), g, q.Prefix+"*"); refusal != nil {
		return nil, refusal
	}
	symbols, more := s.readable(g, q.Prefix, market.Symbol(after), limit)
	answer := &wire.SymbolList{Symbols: make([]string, len(symbols))}
	for i, symbol := range symbols {
		answer.Symbols[i] = string(symbol)
	}
	if more {
		answer.Next = base64.RawURLEncoding.EncodeToString([]byte(symbols[len(symbols)-1]))
	}
	return answer, nil
}

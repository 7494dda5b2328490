package main

import (
	"time"

	"ticker/market"
	"ticker/wire"
)

// belief is how far one line can be believed, and why not further.
type belief struct {
	mark   string // one character, which is there in the narrowest window
	status string
	reason string
	style  style // of these three
	dim    bool  // the numbers stand back
}

// believe judges a line. Whatever a record says of itself, without a connection
// it is old.
func (s *scene) believe(l *line) belief {
	code, refused := s.refused[l.name]
	trust := s.link.trust(s.now)
	switch {
	case refused:
		return belief{"x", "refused", narrow(string(code)), bad, true}
	case trust != trusted:
		return belief{"?", trust.rowWord(), "", doubtful, true}
	case l.row == nil:
		return belief{"…", "pending", "", dim, true}
	}
	switch q := &l.row.quote; q.Status {
	case market.Live:
		return belief{status: "live"}
	case market.Stale:
		return belief{"~", "stale", q.Reason.String(), doubtful, true}
	case market.Halted:
		return belief{"x", "halted", "", bad, false}
	}
	return belief{"?", l.row.quote.Status.String(), "", doubtful, true}
}

// cells returns the fields of one line. mixed says that changes of this table
// count from different prices.
func (s *scene) cells(l *line, mixed bool) (cells [numColumns]span) {
	b := s.believe(l)
	cells[markColumn] = span{b.mark, b.style}
	cells[symbolColumn] = span{l.name, bold}
	if l.row != nil {
		s.numbers(&cells, l.row, mixed)
	}
	if b.dim {
		for c := range cells {
			cells[c].style = dim
		}
		cells[markColumn].style = b.style
	}
	cells[statusColumn] = span{b.status, b.style}
	cells[reasonColumn] = span{b.reason, b.style}
	return cells
}

func (s *scene) numbers(cells *[numColumns]span, r *row, mixed bool) {
	for _, p := range [...]struct {
		column int
		field  market.Field
	}{{bidColumn, market.Bid}, {askColumn, market.Ask}, {lastColumn, market.Last}} {
		if value, known := r.quote.Value(p.field); known {
			cells[p.column] = span{fit(padded(value, r.places), maxNumber), flash(r.moves[p.field], s.now)}
		}
	}
	for _, p := range [...]struct {
		column int
		field  market.Field
	}{{bidSizeColumn, market.BidSize}, {askSizeColumn, market.AskSize}, {volumeColumn, market.Volume}} {
		if value, known := r.quote.Value(p.field); known {
			cells[p.column].text = fit(group(value.String()), maxNumber)
		}
	}
	if spread := r.spread(); spread != nil {
		cells[spreadColumn].text = fit(spread.FloatString(r.places), maxNumber)
	}
	cells[moveColumn] = arrow(r.moves[market.Last].direction)
	cells[trendColumn].text = r.trendText()
	cells[ageColumn].text = age(s.age(r))
	s.changes(cells, r, mixed)
}

// changes writes how the price moved since the open. One that counts from the
// first price instead, in a table that has both, is marked.
func (s *scene) changes(cells *[numColumns]span, r *row, mixed bool) {
	amount, part := r.change()
	base, open, _ := r.base()
	if amount == nil {
		return
	}
	text := signed(amount, max(r.places, places(base.String())))
	if mixed && !open {
		text = "*" + text
	}
	look := moved(amount.Sign())
	cells[changeColumn] = span{fit(text, maxNumber), look}
	if part != nil {
		cells[percentColumn] = span{fit(signed(part, 2), maxNumber), look}
	}
}

// flash returns the style of a number that changed just now.
func flash(m move, now time.Time) style {
	switch {
	case !m.flashes(now):
		return normal
	case m.direction > 0:
		return upFlash
	}
	return downFlash
}

// arrow shows which way a price went last, to those who see no colours too.
func arrow(direction int) span {
	switch {
	case direction > 0:
		return span{"▲", up}
	case direction < 0:
		return span{"▼", down}
	}
	return span{}
}

// age returns how long ago a record was accepted. The clocks of two machines
// differ: where that of the service is ahead of ours, as records from the future
// tell, ages count from its. One that is behind makes records look older, and
// never younger, than they are.
func (s *scene) age(r *row) time.Duration {
	return s.now.Sub(time.UnixMicro(r.quote.Recv)) + s.behind
}

// scene is all that a picture is made of besides the board.
type scene struct {
	link      link
	url       string
	refused   map[string]wire.Code // of what was asked for
	ledger    *wire.Ledger         // nil if it is not known
	perSecond uint64               // records
	conflated uint64               // updates that no record was seen of
	now       time.Time
	behind    time.Duration // how far our clock is at least
	columns   int           // of the window
	rows      int
	ink       ink
	keyboard  bool
}

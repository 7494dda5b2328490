package main

import (
	"strings"
	"time"

	"ticker/client"
	"ticker/market"
	"ticker/wire"
)

// The columns of the table, in order.
const (
	symbolColumn = iota
	bidSizeColumn
	bidColumn
	askColumn
	askSizeColumn
	lastColumn
	changeColumn
	volumeColumn
	ageColumn
	statusColumn
	reasonColumn
	numColumns
)

// columnNames are their titles.
var columnNames = [numColumns]string{
	"symbol", "bid size", "bid", "ask", "ask size", "last", "change", "volume", "age", "status", "reason",
}

// dispensableNames are the columns that go, in this order, when a window is too
// narrow for all.
var dispensableNames = [...]int{
	reasonColumn, volumeColumn, askSizeColumn, bidSizeColumn, ageColumn, changeColumn, askColumn, bidColumn,
}

// columnGap is what stands between two columns.
const columnGap = "  "

// scene is all that the table shows at one moment.
type scene struct {
	url       string
	state     client.State
	retry     time.Duration        // to the next connection, while waiting
	quotes    []market.Quote       // sorted by symbol
	refused   map[string]wire.Code // of what was asked for
	perSecond uint64               // records
	conflated uint64               // updates that no record was seen of
	now       int64                // microseconds since the Unix epoch
	columns   int                  // of the window
	rows      int
	colour    bool
}

// table turns scenes into lines. It remembers what one scene cannot tell: the
// prices at the start, which way they moved, and how wide the columns were, so
// that they do not move with every digit.
type table struct {
	symbols []string // names and patterns, as they were asked for
	trends  map[market.Symbol]trend
	widths  [numColumns]int
}

// trend is how the last price of a symbol went.
type trend struct {
	first, last market.Decimal
	direction   int // of its last move: -1, 0, 1
}

func newTable(symbols []string) *table {
	t := &table{symbols: symbols, trends: make(map[market.Symbol]trend)}
	for c, name := range columnNames {
		if c != reasonColumn { // which is mostly empty
			t.widths[c] = len(name)
		}
	}
	return t
}

// render returns the lines of a scene, at most as many as it has rows.
func (t *table) render(s *scene) []string {
	for i := range s.quotes {
		t.follow(&s.quotes[i])
	}
	all := t.lines(s.quotes)
	room := max(s.rows-3, 0) // below the headlines and the titles
	shown := all
	if len(all) > room {
		shown = all[:max(room-1, 0)]
	}
	rows := make([][numColumns]span, len(shown))
	for i := range shown {
		rows[i] = t.cells(&shown[i], s)
		t.widen(&rows[i])
	}
	visible := fitColumns(t.widths, s.columns)
	first, second := headlines(s)
	painted := []string{paint(first, s), paint(second, s), paint(t.titles(visible), s)}
	for i := range rows {
		painted = append(painted, paint(t.arrange(&rows[i], visible), s))
	}
	if hidden := len(all) - len(shown); hidden > 0 {
		painted = append(painted, paint([]span{{text: "… and " + group(uint64(hidden)) + " more", style: dim}}, s))
	}
	return painted[:min(len(painted), s.rows)]
}

// follow notes how the last price moved.
func (t *table) follow(q *market.Quote) {
	last, known := q.Value(market.Last)
	if !known {
		return
	}
	was, seen := t.trends[q.Symbol]
	if !seen {
		was = trend{first: last, last: last}
	}
	if direction := last.Cmp(was.last); direction != 0 {
		was.direction = direction
	}
	was.last = last
	t.trends[q.Symbol] = was
}

// line is one line of the table: a quote, or a name that has none.
type line struct {
	name  string
	quote *market.Quote
}

// lines returns what there is to show, in the order in which it was asked for;
// what a pattern covers is sorted by name.
func (t *table) lines(quotes []market.Quote) []line {
	bySymbol := make(map[market.Symbol]*market.Quote, len(quotes))
	for i := range quotes {
		bySymbol[quotes[i].Symbol] = &quotes[i]
	}
	var lines []line
	shown := make(map[string]bool, len(quotes))
	show := func(l line) {
		if !shown[l.name] {
			shown[l.name] = true
			lines = append(lines, l)
		}
	}
	for _, asked := range t.symbols {
		pattern, err := market.ParsePattern(asked)
		if err != nil || !pattern.Prefix() {
			show(line{asked, bySymbol[market.Symbol(asked)]})
			continue
		}
		found := false
		for i := range quotes {
			if pattern.Match(quotes[i].Symbol) {
				found = true
				show(line{string(quotes[i].Symbol), &quotes[i]})
			}
		}
		if !found {
			show(line{name: asked})
		}
	}
	return lines
}

// cells returns the fields of one line.
func (t *table) cells(l *line, s *scene) (cells [numColumns]span) {
	cells[symbolColumn] = span{text: l.name, style: bold}
	cells[statusColumn], cells[reasonColumn] = statusOf(l, s)
	if l.quote == nil {
		return cells
	}
	put := func(column int, field market.Field) {
		if value, known := l.quote.Value(field); known {
			cells[column].text = value.String()
		}
	}
	put(bidSizeColumn, market.BidSize)
	put(bidColumn, market.Bid)
	put(askColumn, market.Ask)
	put(askSizeColumn, market.AskSize)
	put(lastColumn, market.Last)
	put(volumeColumn, market.Volume)
	if trend, seen := t.trends[l.quote.Symbol]; seen {
		cells[lastColumn].style = moved(trend.direction)
		cells[changeColumn] = span{difference(trend.last, trend.first), moved(trend.last.Cmp(trend.first))}
	}
	cells[ageColumn].text = age(s.now - l.quote.Recv)
	return cells
}

// statusOf tells how far a line can be believed. Without a connection, not at
// all: whatever the record says, it is old.
func statusOf(l *line, s *scene) (status, reason span) {
	code, refused := s.refused[l.name]
	switch {
	case refused:
		return span{"refused", bad}, span{printable(string(code)), bad}
	case s.state.Phase != client.Online:
		return span{"offline", doubtful}, span{}
	case l.quote == nil:
		return span{"pending", dim}, span{}
	}
	switch l.quote.Status {
	case market.Live:
		return span{text: "live"}, span{}
	case market.Stale:
		return span{"stale", doubtful}, span{l.quote.Reason.String(), doubtful}
	case market.Halted:
		return span{"halted", bad}, span{}
	}
	return span{l.quote.Status.String(), doubtful}, span{}
}

// widen makes the columns wide enough for a line.
func (t *table) widen(cells *[numColumns]span) {
	for c := range cells {
		t.widths[c] = max(t.widths[c], cells[c].width())
		if c == reasonColumn && cells[c].text != "" {
			t.widths[c] = max(t.widths[c], len(columnNames[c]))
		}
	}
}

// fitColumns returns which columns fit a window.
func fitColumns(widths [numColumns]int, columns int) (visible [numColumns]bool) {
	total := -len(columnGap)
	for c, width := range widths {
		if width > 0 {
			visible[c] = true
			total += width + len(columnGap)
		}
	}
	for _, c := range dispensableNames {
		if total <= columns {
			break
		}
		if visible[c] {
			visible[c] = false
			total -= widths[c] + len(columnGap)
		}
	}
	return visible
}

func (t *table) titles(visible [numColumns]bool) []span {
	var titles [numColumns]span
	for c, name := range columnNames {
		titles[c] = span{name, dim}
	}
	return t.arrange(&titles, visible)
}

// arrange puts the visible cells side by side: words to the left, numbers to
// the right.
func (t *table) arrange(cells *[numColumns]span, visible [numColumns]bool) []span {
	var spans []span
	for c, cell := range cells {
		if !visible[c] {
			continue
		}
		if len(spans) > 0 {
			spans = append(spans, span{text: columnGap})
		}
		padding := span{text: strings.Repeat(" ", max(t.widths[c]-cell.width(), 0))}
		switch c {
		case symbolColumn, statusColumn, reasonColumn:
			spans = append(spans, cell, padding)
		default:
			spans = append(spans, padding, cell)
		}
	}
	return spans
}

package main

import (
	"strings"

	"ticker/market"
)

// The columns of the table, from left to right.
const (
	markColumn = iota
	symbolColumn
	bidSizeColumn
	bidColumn
	askColumn
	askSizeColumn
	spreadColumn
	lastColumn
	moveColumn
	changeColumn
	percentColumn
	volumeColumn
	trendColumn
	ageColumn
	statusColumn
	reasonColumn
	numColumns
)

// columnNames are their titles. That of the change tells what it counts from.
var columnNames = [numColumns]string{
	"", "symbol", "bid size", "bid", "ask", "ask size", "spread", "last", "", openTitle, "%",
	"volume", "1 min", "age", "status", "reason",
}

// What the change counts from.
const (
	openTitle  = "vs open"
	startTitle = "vs start"
)

// dispensableNames are the columns that go, in this order, when a window is too
// narrow for all. Symbol, last and change stay, with the marks beside them that
// tell how far they can be believed.
var dispensableNames = [...]int{
	trendColumn, volumeColumn, askSizeColumn, bidSizeColumn, percentColumn, spreadColumn, reasonColumn,
	askColumn, bidColumn, statusColumn, ageColumn,
}

const (
	columnGap = "  "
	// maxNumber is the widest that a number may be; the rest is cut, and said so.
	maxNumber = 20
	// minSymbol is what a narrow window leaves of long names.
	minSymbol = 8
)

// needs returns the fields that a column is made of.
func needs(column int) (fields market.Fields) {
	switch column {
	case bidSizeColumn:
		return 1 << market.BidSize
	case bidColumn:
		return 1 << market.Bid
	case askColumn:
		return 1 << market.Ask
	case askSizeColumn:
		return 1 << market.AskSize
	case spreadColumn:
		return 1<<market.Bid | 1<<market.Ask
	case lastColumn, moveColumn, changeColumn, percentColumn, trendColumn:
		return 1 << market.Last
	case volumeColumn:
		return 1 << market.Volume
	}
	return 0
}

// offers reports whether there is anything to show in a column.
func (b *board) offers(column int) bool {
	if b.still && (column == moveColumn || column == trendColumn) {
		return false
	}
	return b.fields&needs(column) == needs(column)
}

// leftBound reports whether a column holds words, which begin on the left.
func leftBound(column int) bool {
	switch column {
	case markColumn, symbolColumn, moveColumn, trendColumn, statusColumn, reasonColumn:
		return true
	}
	return false
}

// gapBefore returns what stands before a column: marks stand beside what they
// are about.
func gapBefore(column int) string {
	switch column {
	case markColumn:
		return ""
	case symbolColumn, moveColumn:
		return " "
	}
	return columnGap
}

// layout is which columns there are, and how wide.
type layout [numColumns]int // 0 for one that is not there

// fitted returns what fits a window.
func (b *board) fitted(columns int) layout {
	fitted := layout(b.widths)
	for _, c := range dispensableNames {
		if fitted.total() <= columns {
			return fitted
		}
		fitted[c] = 0
	}
	if over := fitted.total() - columns; over > 0 {
		fitted[symbolColumn] = max(fitted[symbolColumn]-over, min(fitted[symbolColumn], minSymbol))
	}
	return fitted
}

func (l *layout) total() int {
	total := 0
	for c, width := range l {
		if width > 0 {
			total += len(gapBefore(c)) + width
		}
	}
	return total
}

// widen makes the columns wide enough for cells. They never grow narrower, or
// they would move with every digit.
func (b *board) widen(cells *[numColumns]span) {
	for c := range cells {
		if b.offers(c) {
			b.widths[c] = max(b.widths[c], cells[c].width())
		}
	}
}

// arrange puts the cells side by side.
func (l *layout) arrange(cells *[numColumns]span) []span {
	var spans []span
	for c, cell := range cells {
		if l[c] == 0 {
			continue
		}
		cell.text = fit(cell.text, l[c])
		padding := span{text: strings.Repeat(" ", l[c]-cell.width())}
		spans = append(spans, span{text: gapBefore(c)})
		if leftBound(c) {
			spans = append(spans, cell, padding)
		} else {
			spans = append(spans, padding, cell)
		}
	}
	return spans
}

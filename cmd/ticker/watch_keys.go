package main

import (
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"ticker/market"
)

// quits reports whether a key ends the watch.
func (b *board) quits(k stroke) bool {
	return k == keyCtrlC || k == keyCtrlD || !b.typing && (k == 'q' || k == 'Q')
}

// press does what a key asks for.
func (b *board) press(k stroke, now time.Time) {
	switch {
	case b.typing:
		b.edit(k)
	case b.helping:
		b.helping = false
	default:
		b.command(k, now)
	}
}

func (b *board) command(k stroke, now time.Time) {
	switch k {
	case 's':
		b.nextOrder()
	case 'S':
		b.previousOrder()
	case 'r', 'R':
		b.turned, b.untidy = !b.turned, true
	case '/':
		b.typing = true
	case keyEscape:
		b.choose("")
	case 'p', 'P':
		b.pause(now)
	case 'l', 'L':
		b.noLedger = !b.noLedger
	case '?', 'h':
		b.helping = true
	default:
		b.scroll(k)
	}
}

// pause makes the quotes stand still, or go on.
func (b *board) pause(now time.Time) {
	if b.paused.IsZero() {
		b.paused = now
	} else {
		b.paused = time.Time{}
	}
}

// scroll moves the view. Where it ends is known when the picture is made.
func (b *board) scroll(k stroke) {
	switch k {
	case keyUp, 'k':
		b.top--
	case keyDown, 'j':
		b.top++
	case keyPageUp:
		b.top -= b.page
	case keyPageDown, ' ':
		b.top += b.page
	case keyHome, 'g':
		b.top = 0
	case keyEnd, 'G':
		b.top = math.MaxInt32
	default:
	}
	b.top = max(b.top, 0)
}

// edit changes the filter while it is typed. It takes what can be in a symbol,
// in either case.
func (b *board) edit(k stroke) {
	switch k {
	case keyEnter:
		b.typing = false
	case keyEscape:
		b.typing = false
		b.choose("")
	case keyBackspace:
		_, last := utf8.DecodeLastRuneInString(b.filter)
		b.choose(b.filter[:len(b.filter)-last])
	case keyCtrlU:
		b.choose("")
	default:
		if k < 0 || k > utf8.RuneSelf {
			return
		}
		text := b.filter + strings.ToUpper(string(rune(k)))
		if _, err := market.ParseSymbol(text); err == nil {
			b.choose(text)
		}
	}
}

// choose sets the filter, and begins at the first that passes.
func (b *board) choose(filter string) {
	if b.filter != filter {
		b.filter, b.top, b.untidy = filter, 0, true
	}
}

// nextOrder goes on to the next order whose column is there, and previousOrder
// back to the one before.
func (b *board) nextOrder() { b.turnTo(orderNames[:]) }

func (b *board) previousOrder() {
	names := slices.Clone(orderNames[:])
	slices.Reverse(names)
	b.turnTo(names)
}

func (b *board) turnTo(orders []int) {
	at := slices.Index(orders, b.order) // -1 for askedOrder, before all others
	b.order, b.turned, b.untidy = askedOrder, false, true
	for _, c := range orders[at+1:] {
		if b.offers(c) {
			b.order = c
			return
		}
	}
}

package feed

import (
	"fmt"
	"runtime/debug"

	"ticker/market"
)

// guardedBook is the Book of a Feed, with panics that end the process: what it holds
// is unknown then, and its locks may be held for good. A panic that went up the stack
// might not end it. There a session or net/http recovers whatever comes, and a
// deferred call may wait for such a lock.
type guardedBook struct {
	feed string
	book Book
}

// Line implements Book.
func (g *guardedBook) Line(name string) market.SourceID {
	defer func() { g.guard(recover(), "") }()
	return g.book.Line(name)
}

// Apply implements Book.
func (g *guardedBook) Apply(u *market.Update) market.Outcome {
	defer func() { g.guard(recover(), u.Symbol) }()
	return g.book.Apply(u)
}

// MarkStale implements Book.
func (g *guardedBook) MarkStale(source market.SourceID, reason market.Reason) int {
	defer func() { g.guard(recover(), "") }()
	return g.book.MarkStale(source, reason)
}

// guard ends the process if there is a cause. It is inlined: every update passes it.
func (g *guardedBook) guard(cause any, symbol market.Symbol) {
	if cause != nil {
		g.end(cause, symbol)
	}
}

// end ends the process by a panic that nobody can recover: it has a goroutine of its
// own, and this one goes no further. What it says has the stack of the panic in the
// book, and is not left to the log, whose lines may wait while the process ends.
func (g *guardedBook) end(cause any, symbol market.Symbol) {
	go panic(fmt.Errorf("book panicked, called by feed %q, symbol %q: %v\n\n%s", g.feed, symbol, cause, debug.Stack()))
	select {}
}

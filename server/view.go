package server

import (
	"log/slog"
	"time"

	"ticker/auth"
	"ticker/book"
	"ticker/fanout"
	"ticker/market"
)

// View is what clients of a delayed plan see in place of what is newest.
type View struct {
	// Book holds what was newest a while ago, and Hub runs the sessions that see it.
	Book *book.Book
	Hub  *fanout.Hub
	// History answers for the past; nil if none is kept. It tells of nothing that is
	// newer than the delay.
	History History
}

// view is the quotes of one age, as they are served.
type view struct {
	book *book.Book
	hub  *fanout.Hub
	past *past
}

// newViews makes the views of a server by their delay, 0 for what is newest.
func newViews(cfg *Config) map[time.Duration]*view {
	views := map[time.Duration]*view{0: newView(View{cfg.Book, cfg.Hub, cfg.History}, cfg.Logger)}
	for delay, v := range cfg.Delayed {
		views[delay] = newView(v, cfg.Logger)
		views[delay].past.delayed = true
	}
	return views
}

func newView(v View, log *slog.Logger) *view {
	made := &view{book: v.Book, hub: v.Hub}
	made.past = newPast(v.History, made.has, log)
	return made
}

// view returns what a client with a grant sees. There is one for each grant that judge
// let pass.
func (s *Server) view(g *auth.Grant) *view { return s.views[delayOf(g)] }

// delayOf is how late a client sees quotes.
func delayOf(g *auth.Grant) time.Duration {
	if g == nil {
		return 0
	}
	return g.Delay
}

// has reports whether there is a record of a symbol.
func (v *view) has(symbol market.Symbol) bool {
	c := v.book.Find(symbol)
	return c != nil && c.Seq() > 0
}

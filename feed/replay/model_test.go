package replay

import (
	"ticker/feed"
	"ticker/market"
)

// model is a feed.Sink that folds updates the slow and obvious way: one quote
// a symbol, in order by channel.
type model struct {
	symbols   map[market.Symbol]*state
	connected int
	alive     int
	rejected  []error
	updates   []market.Update // all, in the order they came
}

func newModel() *model {
	return &model{symbols: make(map[market.Symbol]*state)}
}

// state is what the model knows of one symbol.
type state struct {
	quote      market.Quote
	accepted   []market.Update
	late       int
	duplicates int
	newest     map[market.Channel]market.Update
	envelope   market.Envelope
}

func (m *model) Connected() { m.connected++ }
func (m *model) Alive()     { m.alive++ }

func (m *model) Reject(reason error, _ []byte) { m.rejected = append(m.rejected, reason) }

func (m *model) Update(u *market.Update) {
	m.updates = append(m.updates, *u)
	s := m.symbols[u.Symbol]
	if s == nil {
		s = &state{newest: make(map[market.Channel]market.Update)}
		m.symbols[u.Symbol] = s
	}
	s.apply(u)
}

func (s *state) apply(u *market.Update) {
	newest, known := s.newest[u.Channel]
	switch {
	case known && older(u, &newest):
		s.late++
		return
	case known && u.Trade && u.Seq != 0 && u.Seq == newest.Seq:
		s.duplicates++
		return
	}
	s.newest[u.Channel] = *u
	s.accepted = append(s.accepted, *u)
	s.fold(u)
}

// older reports whether u is older than what came before it on its channel: by
// sequence, or by time where the channel has none.
func older(u, newest *market.Update) bool {
	if u.Seq != 0 {
		return u.Seq < newest.Seq
	}
	return u.TS != 0 && u.TS < newest.TS
}

func (s *state) fold(u *market.Update) {
	q := &s.quote
	for f := range market.NumValues {
		if u.Set.Has(f) {
			q.Values[f] = u.Values[f]
		}
	}
	q.Known |= u.Set
	q.Recv = u.Recv
	if u.TS != 0 {
		q.TS = u.TS
	}
	if u.Trade {
		s.envelope.Trade(u.Values[market.Last], u.Values[market.LastSize])
	}
}

// stateAt folds only what was received at a time or before it.
func (s *state) stateAt(recv int64) *state {
	past := &state{}
	for i := range s.accepted {
		if u := &s.accepted[i]; u.Recv <= recv {
			past.fold(u)
		}
	}
	return past
}

var _ feed.Sink = (*model)(nil)

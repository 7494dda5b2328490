package fanout

import (
	"math/bits"

	"ticker/market"
)

// patterns are the prefix subscriptions of one session. The longest that covers
// a symbol is found by looking its stems up, so that it takes as long with a
// thousand patterns as with one for each length.
type patterns struct {
	byStem  map[string]*subscription
	lengths uint64 // bit n is set if a stem has n bytes
}

func stemOf(p market.Pattern) string {
	text := p.String()
	return text[:len(text)-1]
}

func (p *patterns) len() int { return len(p.byStem) }

// get returns the subscription of a pattern, or nil.
func (p *patterns) get(pattern market.Pattern) *subscription { return p.byStem[stemOf(pattern)] }

// put adds a subscription, in the place of one with the same pattern.
func (p *patterns) put(sub *subscription) {
	if p.byStem == nil {
		p.byStem = make(map[string]*subscription)
	}
	stem := stemOf(sub.pattern)
	p.byStem[stem] = sub
	p.lengths |= 1 << len(stem)
}

func (p *patterns) remove(pattern market.Pattern) {
	delete(p.byStem, stemOf(pattern))
	p.lengths = 0
	for stem := range p.byStem {
		p.lengths |= 1 << len(stem)
	}
}

// covering returns the longest pattern that covers a symbol, or nil.
func (p *patterns) covering(symbol market.Symbol) *subscription {
	left := p.lengths & (1<<(len(symbol)+1) - 1)
	for left != 0 {
		n := bits.Len64(left) - 1
		if sub := p.byStem[string(symbol[:n])]; sub != nil {
			return sub
		}
		left &^= 1 << n
	}
	return nil
}

package relay

import "ticker/market"

// sums count the trades of one symbol since its leader began to lead.
type sums struct {
	trades uint64
	volume market.Total
}

func (s *sums) add(bar *market.Bar) {
	s.trades += bar.Trades
	s.volume.Merge(&bar.Volume)
}

// behind returns the trades that r stands for, for one who has heard of those in
// s. The bar of the record holds those since the leader last knew it to be
// delivered. That is the same, unless messages got lost or came although the leader
// heard of an error. Number and volume are always exact; the prices of trades that
// no message told of are not known, and if there is nothing else the last one stands
// for them.
func (s *sums) behind(r *record) market.Bar {
	if r.sums.trades <= s.trades {
		return market.Bar{}
	}
	bar := r.Bar
	if missing := r.sums.trades - s.trades; missing != bar.Trades {
		if bar.Trades == 0 {
			price := r.Values[market.Last]
			bar.Open, bar.High, bar.Low, bar.Close = price, price, price, price
		}
		bar.Trades, bar.Volume = missing, minus(r.sums.volume, s.volume)
	}
	return bar
}

// minus subtracts. It goes by way of the digits, which takes a microsecond; it is
// rare, and a Total only adds.
func minus(a, b market.Total) market.Total {
	text := b.String()
	if text[0] == '-' {
		text = text[1:]
	} else {
		text = "-" + text
	}
	negative, err := market.ParseTotal(text)
	if err != nil {
		return market.Total{}
	}
	a.Merge(&negative)
	difference, err := market.ParseTotal(a.String())
	if err != nil {
		return a
	}
	return difference
}

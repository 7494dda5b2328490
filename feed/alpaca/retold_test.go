package alpaca

import (
	"fmt"
	"strings"
	"testing"

	"ticker/feed/internal/live/livetest"
)

// frameOf is a frame of trades that differ in nothing but what is given: the id, the
// exchange, the price.
func (s stock) frameOf(trades ...string) string {
	var events []string
	for _, trade := range trades {
		var id, exchange, price string
		if _, err := fmt.Sscan(trade, &id, &exchange, &price); err != nil {
			s.tb.Error(err)
		}
		events = append(events, fmt.Sprintf(`{"T":"t","S":"AAPL","i":%s,"x":%q,"p":%s,"s":100,"t":"2023-11-14T22:13:21.000001Z"}`, id, exchange, price))
	}
	return s.frame("[%s]", strings.Join(events, ","))
}

func TestTradesOfOneInstantAreToldApartByTheIDsOfTheirExchanges(t *testing.T) {
	t.Parallel()
	for _, packed := range []bool{false, true} {
		t.Run(fmt.Sprintf("packed %t", packed), func(t *testing.T) {
			t.Parallel()
			exchange(t, packed).Run(t, func(r *livetest.Rig) {
				s := stock{t, packed}
				told := func(trades ...string) {
					r.Tell("trades AAPL", s.frameOf(trades...))
					r.Pass(0)
				}
				told("1 N 5", "1 N 5", "2 N 5")
				told("52983525033527 K 5", "52983525033526 K 5", "52983525033527 D 5")
				r.WantTrades("told", "5", "5", "5", "5", "5")
				told("52983525033527 K 5", "2 N 5", "1 N 5", "1 N 5")
				r.WantTrades("told again", "5", "5", "5", "5", "5")
				r.Clients()[0].Drop()
				r.Settle()
				told("52983525033527 D 5", "1 N 5", "3 N 5", "2 N 6", "1 N 5")
				r.WantTrades("told again with what is new", "5", "5", "5", "5", "5", "5", "6")
			})
		})
	}
}

func TestTradesWithoutAnIDAreSeveralInOneFrameAndTheSameInAnother(t *testing.T) {
	t.Parallel()
	exchange(t, false).Run(t, func(r *livetest.Rig) {
		for range 2 {
			r.Tell("trades AAPL", stock{tb: t}.frameOf("0 N 5", "0 K 5", "null N 6"))
			r.Pass(0)
			r.WantTrades("told", "5", "5", "6")
		}
	})
}

func TestMarksTellIDsAndExchangesApart(t *testing.T) {
	t.Parallel()
	marks := make(map[uint64]string)
	for _, trade := range []event{
		{id: []byte("1"), exchange: []byte("N")},
		{id: []byte("1"), exchange: []byte("K")},
		{id: []byte("2"), exchange: []byte("N")},
		{id: []byte("99999999999999"), exchange: []byte("N")},
		{id: []byte("9999999999999"), exchange: []byte("N")},
	} {
		mark := trade.mark()
		if other, taken := marks[mark]; taken || mark == 0 {
			t.Errorf("%s of %s has the mark %d of %s", trade.id, trade.exchange, mark, other)
		}
		marks[mark] = string(trade.id)
	}
	for _, trade := range []event{
		{}, {id: []byte("1")}, {exchange: []byte("N")}, {id: []byte("0"), exchange: []byte("N")}, {id: []byte("soon"), exchange: []byte("N")},
	} {
		if mark := trade.mark(); mark != 0 {
			t.Errorf("%q of %q has the mark %d", trade.id, trade.exchange, mark)
		}
	}
}

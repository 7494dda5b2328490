package market

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

type trade struct{ price, size string }

func trades() *rapid.Generator[[]trade] {
	one := rapid.Custom(func(t *rapid.T) trade {
		return trade{price: decimals().Draw(t, "price"), size: sizes().Draw(t, "size")}
	})
	return rapid.SliceOfN(one, 0, 8)
}

func envelopeOf(t rapid.TB, trades []trade) Envelope {
	t.Helper()
	var e Envelope
	for _, one := range trades {
		e.Trade(mustDecimal(t, one.price), mustDecimal(t, one.size))
	}
	return e
}

// checkEnvelope compares an envelope with the rational extremes and sum.
func checkEnvelope(t rapid.TB, e Envelope, trades []trade) {
	t.Helper()
	if e.Trades != uint64(len(trades)) {
		t.Fatalf("the envelope counts %d trades of %d", e.Trades, len(trades))
	}
	var volume []string
	var high, low *big.Rat
	for _, one := range trades {
		price := rat(t, one.price)
		if high == nil || price.Cmp(high) > 0 {
			high = price
		}
		if low == nil || price.Cmp(low) < 0 {
			low = price
		}
		volume = append(volume, one.size)
	}
	checkTotal(t, e.Volume, volume...)
	if high == nil {
		return
	}
	if rat(t, e.High.String()).Cmp(high) != 0 || rat(t, e.Low.String()).Cmp(low) != 0 {
		t.Fatalf("the envelope of %v spans %s to %s", trades, e.Low, e.High)
	}
}

func merged(a, b Envelope) Envelope {
	a.Merge(&b)
	return a
}

func TestEnvelopeHoldsExtremesCountAndVolume(t *testing.T) {
	t.Parallel()
	e := envelopeOf(t, []trade{{"189.98", "100"}, {"190.5", "0.25"}, {"-1", "0"}, {"190.50", "7"}})
	if e.High.String() != "190.5" || e.Low.String() != "-1" || e.Trades != 4 || e.Volume.String() != "107.25" {
		t.Errorf("the envelope is %s to %s, %d trades, volume %s", e.Low, e.High, e.Trades, e.Volume)
	}
}

func TestTheFirstTradeSetsBothExtremesWhateverItsSign(t *testing.T) {
	t.Parallel()
	for _, price := range []string{"5", "0", "-5"} {
		e := envelopeOf(t, []trade{{price, "1"}})
		if e.High.String() != price || e.Low.String() != price {
			t.Errorf("one trade at %s gives %s to %s", price, e.Low, e.High)
		}
	}
}

func TestMergingAnEmptyEnvelopeChangesNothing(t *testing.T) {
	t.Parallel()
	full := []trade{{"-2", "1"}, {"3", "2"}}
	checkEnvelope(t, merged(envelopeOf(t, full), Envelope{}), full)
	checkEnvelope(t, merged(Envelope{}, envelopeOf(t, full)), full)
	checkEnvelope(t, merged(Envelope{}, Envelope{}), nil)
}

func TestMergedEnvelopesEqualTheFoldOfAllTrades(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		left, right := trades().Draw(t, "left"), trades().Draw(t, "right")
		a, b := envelopeOf(t, left), envelopeOf(t, right)
		all := append(append([]trade(nil), left...), right...)
		checkEnvelope(t, merged(a, b), all)
		checkEnvelope(t, envelopeOf(t, all), all)
		checkEnvelope(t, a, left)
		checkEnvelope(t, b, right)
	})
}

func TestMergeIsAssociative(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		first, second, third := trades().Draw(t, "first"), trades().Draw(t, "second"), trades().Draw(t, "third")
		a, b, c := envelopeOf(t, first), envelopeOf(t, second), envelopeOf(t, third)
		x, y := merged(merged(a, b), c), merged(a, merged(b, c))
		if x.High != y.High || x.Low != y.Low || x.Trades != y.Trades {
			t.Fatalf("grouped left: %v, grouped right: %v", x, y)
		}
		if rat(t, x.Volume.String()).Cmp(rat(t, y.Volume.String())) != 0 {
			t.Fatalf("grouped left the volume is %s, grouped right %s", x.Volume, y.Volume)
		}
	})
}

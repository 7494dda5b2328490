package market_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ticker/market"
)

type trade struct{ price, size int64 }

func barOf(trades []trade) market.Bar {
	var b market.Bar
	for _, p := range trades {
		b.Trade(market.NewDecimal(p.price, 2), market.NewDecimal(p.size, 0))
	}
	return b
}

// shown is a bar as its parts would be shown.
func shown(b market.Bar) []string {
	return []string{
		b.Open.String(), b.High.String(), b.Low.String(), b.Close.String(), b.Volume.String(),
		market.NewDecimal(int64(b.Trades), 0).String(),
	}
}

func TestABarKeepsFirstHighestLowestLastAndTheSumOfItsTrades(t *testing.T) {
	t.Parallel()
	got := shown(barOf([]trade{{1012, 5}, {1030, 1}, {-7, 2}, {1001, 3}}))
	if diff := cmp.Diff([]string{"10.12", "10.30", "-0.07", "10.01", "11", "4"}, got); diff != "" {
		t.Errorf("bar (-want +got):\n%s", diff)
	}
}

func TestMergedBarsAreTheBarOfAllTrades(t *testing.T) {
	t.Parallel()
	some := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) trade {
		return trade{rapid.Int64Range(-9, 9).Draw(t, "price"), rapid.Int64Range(0, 9).Draw(t, "size")}
	}), 0, 6)
	rapid.Check(t, func(t *rapid.T) {
		first, second := some.Draw(t, "first"), some.Draw(t, "second")
		merged, later := barOf(first), barOf(second)
		merged.Merge(&later)
		if diff := cmp.Diff(shown(barOf(append(first, second...))), shown(merged)); diff != "" {
			t.Errorf("merged bar (-want +got):\n%s", diff)
		}
	})
}

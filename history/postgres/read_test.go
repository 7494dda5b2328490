package postgres

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/market"
)

func TestAPatternCoversEveryCharacterBehindItsStem(t *testing.T) {
	t.Parallel()
	s := openStore(t, server.Server(t).NewDatabase(t))
	want := make(map[market.Symbol]uint64)
	b := batch("e", trade("A", noon, 1), trade("C", noon, 1))
	for _, symbol := range []market.Symbol{"B", "B-", "B.", "B/", "B0", "B:", "BA", "BZ", "BZZ", "B_"} {
		b.Samples = append(b.Samples, trade(symbol, noon, 1))
		want[symbol] = 1
	}
	appendAll(t, s, b)
	if diff := cmp.Diff(want, asOf(t, s, "B*", noon)); diff != "" {
		t.Errorf("B* covers (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[market.Symbol]uint64{"B": 1}, asOf(t, s, "B", noon)); diff != "" {
		t.Errorf("B covers (-want +got):\n%s", diff)
	}
}

func TestADayThatIsOnlyMadeReadyHidesNothing(t *testing.T) {
	t.Parallel()
	s := openStore(t, server.Server(t).NewDatabase(t))
	appendAll(t, s, batch("e", trade("A", noon, 1)))
	if err := s.Maintain(t.Context(), time.UnixMicro(noon), 0); err != nil {
		t.Fatal(err)
	}
	if got := asOf(t, s, "A", noon+dayMicros)["A"]; got != 1 {
		t.Errorf("as of the day after it is %d", got)
	}
}

func TestSessionsPlanForTheDaysThatAreAskedFor(t *testing.T) {
	t.Parallel()
	s := openStore(t, server.Server(t).NewDatabase(t))
	for setting, want := range map[string]string{
		"plan_cache_mode": "force_custom_plan", "jit": "off", "idle_in_transaction_session_timeout": "1min",
		"application_name": "ticker",
	} {
		err := s.read(t.Context(), func(on db) error {
			return each(t.Context(), on, func(row [][]byte) error {
				if string(row[0]) != want {
					t.Errorf("%s is %s, not %s", setting, row[0], want)
				}
				return nil
			}, `select current_setting($1)`, setting)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

package live_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"ticker/feed/internal/live"
	"ticker/feed/internal/live/livetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func plainCase(limits live.Limits) *livetest.Case {
	return &livetest.Case{
		Exchange: plainExchange(), Venue: plainVenue(limits),
		Symbol: "AB", Native: "ab", Other: "CD", OtherNative: "cd",
	}
}

func TestFaultsOfAnExchangeAreMet(t *testing.T) {
	t.Parallel()
	livetest.Faults(t, plainCase(live.Limits{Lifetime: 10 * time.Hour}))
}

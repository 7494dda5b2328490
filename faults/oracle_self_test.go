package faults_test

import (
	"strings"
	"testing"
	"time"

	"ticker/client"
	"ticker/market"
	"ticker/wire"
)

// sent is a record of one symbol as it is sent: the round in it, and the trades of
// its envelope, none if there are none.
func sent(seq uint64, round int64, low, high int64) wire.Record {
	r := wire.Record{Quote: market.Quote{Symbol: "A", Seq: seq}}
	for field, value := range map[market.Field]int64{market.Bid: round, market.Last: round, market.LastSize: 1} {
		r.Values[field] = market.NewDecimal(value, 0)
		r.Known, r.Set = r.Known.With(field), r.Set.With(field)
	}
	if high > 0 {
		r.Envelope = new(market.Envelope)
		for k := low; k <= high; k++ {
			r.Envelope.Trade(market.NewDecimal(k, 0), market.NewDecimal(1, 0))
		}
	}
	return r
}

func TestTheOracleFindsEveryFaultOfASession(t *testing.T) {
	t.Parallel()
	torn := sent(3, 3, 0, 0)
	torn.Values[market.Last] = market.NewDecimal(2, 0)
	const tried = 9
	for name, c := range map[string]struct {
		records []wire.Record
		fault   string
	}{
		"sound":               {[]wire.Record{sent(1, 1, 1, 1), sent(4, 4, 2, 4), sent(9, 9, 5, 9)}, ""},
		"sound from the mid":  {[]wire.Record{sent(5, 5, 0, 0), sent(9, 9, 6, 9)}, ""},
		"seq goes back":       {[]wire.Record{sent(2, 2, 1, 2), sent(1, 2, 0, 0)}, "seq 1 came after 2"},
		"seq repeats":         {[]wire.Record{sent(9, 9, 1, 9), sent(9, 9, 0, 0)}, "seq 9 came after 9"},
		"a round goes back":   {[]wire.Record{sent(2, 2, 1, 2), sent(3, 1, 3, 9)}, "round 1 came after 2"},
		"a round is made up":  {[]wire.Record{sent(1, 10, 1, 9)}, "round 10 was sent"},
		"two rounds in one":   {[]wire.Record{sent(1, 1, 1, 9), torn}, "round -1 came after 1"},
		"a trade is missing":  {[]wire.Record{sent(1, 1, 1, 1), sent(9, 9, 2, 8)}, "8 trades in envelopes, 9"},
		"a trade is twice":    {[]wire.Record{sent(4, 4, 1, 4), sent(9, 9, 4, 9)}, "trades to 4, then from 4"},
		"a stretch is hidden": {[]wire.Record{sent(4, 4, 1, 4), sent(9, 9, 6, 9)}, "trades to 4, then from 6"},
		"the end is missing":  {[]wire.Record{sent(8, 8, 1, 8)}, "8 trades in envelopes, 9"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount()
			for _, r := range c.records {
				a.note(client.Batch{Epoch: "e", Records: []wire.Record{r}}, tried)
			}
			a.expectWhole(tried, 0)
			got := strings.Join(a.faults, "; ")
			if c.fault == "" && got != "" || !strings.Contains(got, c.fault) {
				t.Errorf("it finds %q, want %q", got, c.fault)
			}
			if whole := a.ends([]string{"A"}, tried); c.fault == "" && !whole || a.ends([]string{"B"}, tried) {
				t.Errorf("at the end: %v", whole)
			}
		})
	}
}

func TestTheOracleFindsTradesThatCountTwiceOrAreGoneBehindAnEngine(t *testing.T) {
	t.Parallel()
	const tried, lost = 9, 2
	unpriced := sent(9, 9, 0, 0)
	unpriced.Envelope = new(market.Envelope)
	for range 5 {
		unpriced.Envelope.Trade(market.NewDecimal(9, 0), market.NewDecimal(1, 0))
	}
	for name, c := range map[string]struct {
		records []wire.Record
		fault   string
	}{
		"sound":             {[]wire.Record{sent(1, 1, 1, 1), sent(9, 9, 2, 9)}, ""},
		"prices not known":  {[]wire.Record{sent(4, 4, 1, 4), unpriced}, ""},
		"some are lost":     {[]wire.Record{sent(4, 4, 1, 4), sent(9, 9, 7, 9)}, ""},
		"more are lost":     {[]wire.Record{sent(4, 4, 1, 4), sent(9, 9, 8, 9)}, "6 trades in envelopes, 9 were made"},
		"a trade is twice":  {[]wire.Record{sent(4, 4, 1, 4), sent(9, 9, 4, 9)}, "10 trades in envelopes by round 9, 9"},
		"twice on the way":  {[]wire.Record{sent(4, 4, 1, 4), sent(5, 5, 4, 5), sent(9, 9, 7, 9)}, "6 trades in envelopes by round 5, 5"},
		"a round goes back": {[]wire.Record{sent(4, 4, 1, 4), sent(5, 3, 0, 0), sent(9, 9, 5, 9)}, "round 3 came after 4"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount()
			a.relayed = true
			for _, r := range c.records {
				a.note(client.Batch{Epoch: "e", Records: []wire.Record{r}}, tried)
			}
			a.expectWhole(tried, lost)
			got := strings.Join(a.faults, "; ")
			if c.fault == "" && got != "" || !strings.Contains(got, c.fault) {
				t.Errorf("it finds %q, want %q", got, c.fault)
			}
		})
	}
}

func TestTheOracleTellsWhatIsStale(t *testing.T) {
	t.Parallel()
	a := newAccount()
	r := sent(1, 1, 1, 1)
	for _, want := range []market.Status{market.Live, market.Stale, market.Live} {
		r.Seq++
		r.Status = want
		a.note(client.Batch{Epoch: "e", Records: []wire.Record{r}}, 1)
		if got := a.stale([]string{"A"}); got != (want == market.Stale) {
			t.Errorf("stale: %v behind %v", got, want)
		}
	}
	if a.stales != 1 || a.stale([]string{"A", "B"}) {
		t.Errorf("%d records were stale", a.stales)
	}
}

func TestTheOracleFindsEveryFaultOfAHistory(t *testing.T) {
	t.Parallel()
	end := time.Unix(100, 0)
	at := func(second int64, accepted bool) round { return round{time.Unix(second, 0), accepted} }
	// The last is not due yet, and of the third nobody knows.
	rounds := []round{at(90, true), at(91, true), at(92, false), at(93, true), at(99, true)}
	for name, c := range map[string]struct {
		checked int
		found   []int
		fault   string
	}{
		"whole":             {0, []int{1, 2, 3, 4, 5}, ""},
		"what has to be":    {0, []int{1, 2, 4}, ""},
		"gone on":           {2, []int{4, 5}, ""},
		"one is missing":    {0, []int{1, 4}, "round 2, accepted 9s before the end, is not there"},
		"one is twice":      {0, []int{1, 2, 2, 4}, "round 2 stands behind 2"},
		"two are exchanged": {0, []int{2, 1, 4}, "round 1 stands behind 2"},
		"one is made up":    {0, []int{1, 2, 4, 6}, "round 6 stands behind 4; 5 were pushed"},
		"one comes again":   {2, []int{2, 4}, "round 2 stands behind 2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := strings.Join(judge(rounds, c.checked, c.found, end), "; ")
			if c.fault == "" && got != "" || !strings.Contains(got, c.fault) {
				t.Errorf("it finds %q, want %q", got, c.fault)
			}
		})
	}
}

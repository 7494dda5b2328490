package postgres

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ticker/history"
	"ticker/market"
)

const (
	partitions = `select c.relname::text from pg_inherits i join pg_class c on c.oid = i.inhrelid
		where i.inhparent in ('ticker.quotes'::regclass, 'ticker.candles'::regclass) order by 1`
	carriedRows = `select format('%s %s %s', day, symbol, seq) from ticker.carried order by day, symbol`
	writtenDays = `select day::text from ticker.days where written is not null order by day`
)

func TestADayIsCountedFromMidnight(t *testing.T) {
	t.Parallel()
	for at, want := range map[int64]string{
		0: "19700101", dayMicros - 1: "19700101", dayMicros: "19700102", -1: "19691231", -dayMicros: "19691231",
		-dayMicros - 1: "19691230", noon: "20240301", minTime: "00010101", maxTime: "99991231",
	} {
		if got := dayOf(at).String(); got != want {
			t.Errorf("%d is in day %s, not %s", at, got, want)
		}
	}
}

func TestEachDayHasPartitionsOfItsOwn(t *testing.T) {
	t.Parallel()
	url := server.Server(t).NewDatabase(t)
	s := openStore(t, url)
	appendAll(t, s, batch("e", trade("A", noon, 1, 100)), batch("e", trade("A", noon-1000*dayMicros, 2)))
	if err := s.Maintain(t.Context(), time.UnixMicro(noon+dayMicros), 0); err != nil {
		t.Fatal(err)
	}
	conn := connect(t, url)
	expect(t, conn, partitions, "candles_20210605", "candles_20240301", "candles_20240302", "candles_20240303",
		"quotes_20210605", "quotes_20240301", "quotes_20240302", "quotes_20240303")
	expect(t, conn, `select tableoid::regclass::text from ticker.quotes order by recv`,
		"ticker.quotes_20210605", "ticker.quotes_20240301")
	expect(t, conn, writtenDays, "2021-06-05", "2024-03-01")
}

func TestADayCarriesTheNewestRecordsBeforeIt(t *testing.T) {
	t.Parallel()
	url := server.Server(t).NewDatabase(t)
	s := openStore(t, url)
	conn := connect(t, url)
	appendAll(t, s,
		batch("e", trade("QUIET", noon, 1), trade("BUSY", noon, 1), trade("BUSY", noon+hour, 2)),
		// A batch over midnight: the day that it opens carries its own records too.
		batch("e", trade("BUSY", noon+11*hour, 3), trade("BUSY", noon+13*hour, 4)),
	)
	expect(t, conn, carriedRows, "2024-03-02 BUSY 3", "2024-03-02 QUIET 1")
	appendAll(t, s, batch("e", trade("BUSY", noon+3*dayMicros, 5)))
	expect(t, conn, carriedRows, "2024-03-02 BUSY 3", "2024-03-02 QUIET 1", "2024-03-04 BUSY 4", "2024-03-04 QUIET 1")
}

func TestALateSampleIsCarriedOnAsFarAsItIsTheNewest(t *testing.T) {
	t.Parallel()
	url := server.Server(t).NewDatabase(t)
	s := openStore(t, url)
	for d := range int64(4) {
		appendAll(t, s, batch("e", trade("STEADY", noon+d*dayMicros, uint64(d+1))))
	}
	appendAll(t, s, batch("e", trade("LATER", noon+2*dayMicros, 7)))
	// The first has newer records in each day behind it, the second in that of
	// the third, the last nowhere.
	appendAll(t, s, batch("e", trade("STEADY", noon+hour, 9), trade("LATER", noon, 6), trade("LATEST", noon, 1)))
	expect(t, connect(t, url), carriedRows,
		"2024-03-02 LATER 6", "2024-03-02 LATEST 1", "2024-03-02 STEADY 9",
		"2024-03-03 LATER 6", "2024-03-03 LATEST 1", "2024-03-03 STEADY 2",
		"2024-03-04 LATER 7", "2024-03-04 LATEST 1", "2024-03-04 STEADY 3")
	want := map[market.Symbol]uint64{"LATER": 6, "LATEST": 1, "STEADY": 9}
	if diff := cmp.Diff(want, asOf(t, s, "*", noon+dayMicros-hour)); diff != "" {
		t.Errorf("before noon of the second day (-want +got):\n%s", diff)
	}
}

func TestALateBatchOfManyDaysIsCarriedFromEachOfThem(t *testing.T) {
	t.Parallel()
	url := server.Server(t).NewDatabase(t)
	s := openStore(t, url)
	for d := range int64(4) {
		appendAll(t, s, batch("e", trade("A", noon+d*dayMicros, uint64(d+1))))
	}
	// The first day's sample changes nothing, the third's does.
	appendAll(t, s, batch("e", trade("A", noon-hour, 8), trade("A", noon+2*dayMicros+hour, 9)))
	expect(t, connect(t, url), carriedRows, "2024-03-02 A 1", "2024-03-03 A 2", "2024-03-04 A 9")
}

func TestADayBetweenOthersCarriesAndIsCarried(t *testing.T) {
	t.Parallel()
	url := server.Server(t).NewDatabase(t)
	s := openStore(t, url)
	appendAll(t, s,
		batch("e", trade("A", noon, 1), trade("B", noon, 1)),
		batch("e", trade("C", noon+4*dayMicros, 1)),
		batch("e", trade("A", noon+2*dayMicros, 2), trade("A", noon+3*dayMicros, 3)),
	)
	expect(t, connect(t, url), carriedRows, "2024-03-03 A 1", "2024-03-03 B 1", "2024-03-04 A 2", "2024-03-04 B 1",
		"2024-03-05 A 3", "2024-03-05 B 1")
}

// TestAsOfReadsOneDay asks the server how it would answer.
func TestAsOfReadsOneDay(t *testing.T) {
	t.Parallel()
	url := server.Server(t).NewDatabase(t)
	s := openStore(t, url)
	for d := range int64(20) {
		appendAll(t, s, batch("e", trade("A", noon+d*dayMicros, uint64(d+1), 100)))
	}
	var plan []string
	err := s.read(t.Context(), func(on db) error {
		d := dayOf(noon).time().AddDate(0, 0, 7)
		rows, err := on.Query(t.Context(), `explain `+newest+` limit $5`, []string{"A"}, d, d.Add(time.Hour), d, 10)
		if err != nil {
			return err
		}
		plan, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(plan, "\n")
	if strings.Count(text, "quotes_") != strings.Count(text, "quotes_20240308") || !strings.Contains(text, "quotes_20240308") {
		t.Errorf("it does not read one day:\n%s", text)
	}
	if !strings.Contains(text, "Index Scan Backward using quotes_20240308") || strings.Contains(text, "Seq Scan") {
		t.Errorf("it does not go by the index:\n%s", text)
	}
}

func TestADroppedDayTakesAllOfItselfAlong(t *testing.T) {
	t.Parallel()
	url := server.Server(t).NewDatabase(t)
	s := openStore(t, url)
	for d := range int64(3) {
		appendAll(t, s, batch("e", trade("A", noon+d*dayMicros, uint64(d+1), 100)))
	}
	conn := connect(t, url)
	execute(t, conn, `update ticker.days set written = day + time '12:00'`)
	// At noon of the fifth day, the second ended two days and a half ago.
	now := time.UnixMicro(noon + 4*dayMicros)
	if err := s.Maintain(t.Context(), now, 36*time.Hour+time.Hour); err != nil {
		t.Fatal(err)
	}
	expect(t, conn, partitions, "candles_20240303", "candles_20240305", "candles_20240306",
		"quotes_20240303", "quotes_20240305", "quotes_20240306")
	expect(t, conn, carriedRows, "2024-03-03 A 2")
	expect(t, conn, `select minute::date::text from ticker.candles`, "2024-03-03")
}

func TestWhatADroppedDayLeftBehindIsNotReplacedByOlder(t *testing.T) {
	t.Parallel()
	url := server.Server(t).NewDatabase(t)
	s := openStore(t, url)
	for d := range int64(3) {
		appendAll(t, s, batch("e", trade("A", noon+d*dayMicros, uint64(d+1))))
	}
	conn := connect(t, url)
	execute(t, conn, `update ticker.days set written = day where day = '2024-03-02'`)
	if err := s.Maintain(t.Context(), time.UnixMicro(noon+4*dayMicros), 24*time.Hour); err != nil {
		t.Fatal(err)
	}
	appendAll(t, s, batch("e", trade("A", noon+hour, 9)))
	expect(t, conn, carriedRows, "2024-03-03 A 2")
}

func TestADayGoesOnlyOnceItIsOlderThanItIsKept(t *testing.T) {
	t.Parallel()
	url := server.Server(t).NewDatabase(t)
	s := openStore(t, url)
	appendAll(t, s, batch("e", trade("A", noon, 1), trade("A", noon+20*dayMicros, 2)))
	conn := connect(t, url)
	end := time.UnixMicro(noon + 12*hour)
	for _, c := range []struct {
		written string
		now     time.Time
		want    []string
	}{
		{"2024-03-01 12:00+00", end.Add(time.Hour), []string{"2024-03-01", "2024-03-21"}}, // ended just as long ago
		{"2024-03-02 12:00+00", end.Add(13 * time.Hour), []string{"2024-03-01", "2024-03-21"}},
		{"2024-03-02 12:00:01+00", end.Add(13 * time.Hour), []string{"2024-03-01", "2024-03-21"}},
		{"2024-03-02 11:59:59.999999+00", end.Add(13 * time.Hour), []string{"2024-03-21"}},
	} {
		execute(t, conn, `update ticker.days set written = '`+c.written+`' where written is not null`)
		if err := s.Maintain(t.Context(), c.now, time.Hour); err != nil {
			t.Fatal(err)
		}
		expect(t, conn, writtenDays, c.want...)
	}
}

func TestDaysThatNobodyWroteToAreDroppedToo(t *testing.T) {
	t.Parallel()
	url := server.Server(t).NewDatabase(t)
	s := openStore(t, url)
	for _, at := range []int64{noon, noon + 9*dayMicros} {
		if err := s.Maintain(t.Context(), time.UnixMicro(at), 24*time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	expect(t, connect(t, url), `select day::text from ticker.days order by day`, "2024-03-10", "2024-03-11")
}

func TestWritersAndUpkeepDoNotStopEachOther(t *testing.T) {
	t.Parallel()
	url := server.Server(t).NewDatabase(t)
	const writers, rounds = 3, 12
	var working sync.WaitGroup
	for w := range writers {
		s := openStore(t, url)
		working.Go(func() {
			for i := range int64(rounds) {
				// Each opens days, comes late to those of others, and shares symbols.
				at := noon + (i*5%7)*dayMicros + int64(w)
				b := batch(fmt.Sprintf("e%d", w), trade("SHARED", at, uint64(i+1), 100+i), trade("OTHER", at+second, uint64(i+1), i))
				if err := s.Append(t.Context(), b); err != nil {
					t.Errorf("append: %v", err)
				}
			}
		})
	}
	keeper := openStore(t, url)
	working.Go(func() {
		for i := range int64(rounds) {
			if err := keeper.Maintain(t.Context(), time.UnixMicro(noon+i*dayMicros), 1000*time.Hour); err != nil {
				t.Errorf("maintain: %v", err)
			}
			asOf(t, keeper, "*", noon+i*dayMicros)
		}
	})
	working.Wait()
	conn := connect(t, url)
	expect(t, conn, `select count(*)::text from ticker.quotes`, fmt.Sprint(2*writers*rounds))
	expectWholeCandles(t, conn)
	expectWholeCarries(t, conn)
}

// expectWholeCandles compares the stored candles with what the samples add up to.
func expectWholeCandles(t testing.TB, conn *pgx.Conn) {
	t.Helper()
	expect(t, conn, `with bars as (
			select symbol, date_trunc('minute', recv) as minute,
				(array_agg(bar_open order by recv, seq, epoch))[1] as open, max(bar_high) as high, min(bar_low) as low,
				(array_agg(bar_close order by recv desc, seq desc, epoch desc))[1] as close,
				sum(bar_volume) as volume, sum(bar_trades) as trades
			from ticker.quotes where bar_trades is not null group by 1, 2),
		stored as (select symbol, minute, open, high, low, close, volume, trades from ticker.candles)
		select 'extra ' || e::text from (table stored except table bars) e
		union all select 'missing ' || m::text from (table bars except table stored) m`)
}

// expectWholeCarries compares what days carry with the newest samples before.
func expectWholeCarries(t testing.TB, conn *pgx.Conn) {
	t.Helper()
	expect(t, conn, `with newest as (
			select distinct on (d.day, q.symbol) d.day, q.symbol, q.recv, q.seq, q.epoch, q.last
			from ticker.days d join ticker.quotes q on q.recv < d.day::timestamp at time zone 'UTC'
			where d.written is not null order by d.day, q.symbol, q.recv desc, q.seq desc, q.epoch desc),
		carried as (select day, symbol, recv, seq, epoch, last from ticker.carried)
		select 'extra ' || e::text from (table carried except table newest) e
		union all select 'missing ' || m::text from (table newest except table carried) m`)
}

func TestAskingForASymbolOfManyDaysKeepsTheOrder(t *testing.T) {
	t.Parallel()
	s := openStore(t, server.Server(t).NewDatabase(t))
	for _, d := range []int64{3, 0, 4, 1, 2} {
		appendAll(t, s, batch("e", trade("A", noon+d*dayMicros, uint64(d+1))))
	}
	quotes, next, err := s.Quotes(t.Context(), &history.QuotesQuery{
		Symbol: "A", Span: history.Span{From: noon, To: noon + 5*dayMicros}, Limit: 4,
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range quotes {
		if quotes[i].Seq != uint64(i+1) {
			t.Errorf("record %d is of day %d", i, quotes[i].Seq)
		}
	}
	if want := (history.Position{Recv: noon + 3*dayMicros, Seq: 4, Epoch: "e"}); next != want {
		t.Errorf("goes on behind %+v, not %+v", next, want)
	}
}

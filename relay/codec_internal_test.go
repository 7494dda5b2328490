package relay

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ticker/market"
)

// sameRecords compares records digit by digit.
func sameRecords() cmp.Options {
	return cmp.Options{
		cmp.AllowUnexported(record{}, sums{}, header{}),
		cmp.Comparer(func(a, b market.Decimal) bool { return a == b }),
		cmp.Comparer(func(a, b market.Total) bool { return a.String() == b.String() }),
	}
}

func decimalOf(t rapid.TB, text string) market.Decimal {
	t.Helper()
	d, err := market.ParseDecimal(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// drawNumber draws any decimal, often a short one, with zeros anywhere.
func drawNumber(t *rapid.T) market.Decimal {
	coef := rapid.StringMatching(`-?(0|[1-9][0-9]{0,37}|[1-9][0-9]{0,8}0{0,9})`).Draw(t, "coefficient")
	for {
		d, err := market.ParseDecimal(fmt.Sprintf("%se%d", coef, rapid.IntRange(-38, 38).Draw(t, "exponent")))
		if err == nil {
			return d
		}
	}
}

func drawRecord(t *rapid.T) record {
	r := record{Sample: market.Sample{Quote: market.Quote{
		Symbol: market.Symbol(rapid.StringMatching(`[A-Z0-9._:/-]{1,32}`).Draw(t, "symbol")),
		Seq:    rapid.Uint64().Draw(t, "seq"), TS: rapid.Int64().Draw(t, "ts"), Recv: rapid.Int64().Draw(t, "recv"),
		Known:  market.Fields(rapid.IntRange(0, int(market.AllValues)).Draw(t, "known")),
		Status: market.Status(rapid.IntRange(0, int(market.Halted)).Draw(t, "status")),
		Reason: market.Reason(rapid.IntRange(0, int(market.Silent)).Draw(t, "reason")),
		Source: rapid.SampledFrom([]string{"", "sim", "kraken", strings.Repeat("s", 300)}).Draw(t, "source"),
	}}}
	for f := range market.NumValues {
		if r.Known.Has(f) {
			r.Values[f] = drawNumber(t)
		}
	}
	for range rapid.IntRange(0, 3).Draw(t, "trades") {
		r.Bar.Trade(drawNumber(t), drawNumber(t))
	}
	for range rapid.IntRange(0, 2).Draw(t, "more") {
		r.sums.add(&r.Bar)
	}
	return r
}

func drawHeader(t *rapid.T) header {
	h := header{
		kind: kindBatch, reign: rapid.Uint64Range(0, 100).Draw(t, "reign"),
		epoch: rapid.StringMatching(`[!-~]{1,64}`).Draw(t, "epoch"), number: rapid.Uint64().Draw(t, "number"),
	}
	h.term = rapid.Uint64Range(h.reign, maxTerm).Draw(t, "term")
	h.tick = tickOf(h.term, rapid.Uint64Range(0, maxCount).Draw(t, "tick"))
	return h
}

func encode(h header, records []record) []byte {
	data, b := appendHeader(nil, &h), before{}
	for i := range records {
		data = appendRecord(data, &records[i], &b)
	}
	return data
}

func decode(data []byte) (header, []record, error) {
	h, r, err := open(make(names), data)
	if err != nil {
		return h, nil, err
	}
	var records []record
	for rec := (record{}); r.next(&rec); {
		records = append(records, rec)
	}
	return h, records, r.err()
}

func TestABatchComesBackDigitByDigit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		wantHeader, want := drawHeader(t), rapid.SliceOfN(rapid.Custom(drawRecord), 0, 5).Draw(t, "records")
		gotHeader, got, err := decode(encode(wantHeader, want))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(wantHeader, gotHeader, sameRecords()); diff != "" {
			t.Fatalf("header (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(want, got, sameRecords()); len(want) > 0 && diff != "" {
			t.Fatalf("records (-want +got):\n%s", diff)
		}
	})
}

func TestExtremesComeBack(t *testing.T) {
	t.Parallel()
	nines := strings.Repeat("9", 38)
	r := record{Sample: market.Sample{Quote: market.Quote{Symbol: "A", Seq: math.MaxUint64, Recv: math.MaxInt64, TS: math.MinInt64}}}
	for f, text := range map[market.Field]string{
		market.Bid: nines + "0", market.Ask: "-0." + strings.Repeat("0", 37) + nines, market.Last: "1e38", market.Open: "0.00",
		market.High: "0", market.Low: "-1.50", market.BidSize: "999999999999999999", market.AskSize: "1000000000000000000",
	} {
		r.Known = r.Known.With(f)
		r.Values[f] = decimalOf(t, text)
	}
	large, tiny := decimalOf(t, nines+"0"), decimalOf(t, "1e-38")
	r.Bar.Trade(large, large)
	r.Bar.Trade(tiny, large)
	r.Bar.Trade(tiny, tiny)
	r.sums.add(&r.Bar)
	_, got, err := decode(encode(header{kind: kindBatch, epoch: "e"}, []record{r, r}))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]record{r, r}, got, sameRecords()); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

// goldenMessages are messages whose bytes stand in testdata: nodes of one version
// of the protocol have to understand each other.
func goldenMessages(t testing.TB) map[string][]byte {
	t.Helper()
	h := header{kind: kindBatch, term: 3, reign: 2, epoch: "e1", tick: tickOf(3, 300), number: 7}
	s := record{Sample: market.Sample{Quote: market.Quote{
		Symbol: "BTC-USD", Seq: 300, Recv: 1_000_000, TS: 999_000, Source: "sim", Status: market.Stale, Reason: market.Silent,
	}}}
	s.Known = s.Known.With(market.Bid).With(market.Last)
	s.Values[market.Bid], s.Values[market.Last] = decimalOf(t, "-12.50"), decimalOf(t, "7")
	quiet := s
	quiet.Recv++
	quiet.Known, quiet.Values[market.Ask] = s.Known.With(market.Ask), decimalOf(t, "12345678901234567890.5")
	s.Bar.Trade(decimalOf(t, "1.5"), decimalOf(t, "20"))
	s.sums.add(&s.Bar)
	quiet.sums = s.sums
	snapshot, tick := h, h
	snapshot.kind, tick.kind = kindSnapshot, kindTick
	var numbers [Partitions]uint64
	numbers[0], numbers[255] = 7, 300
	return map[string][]byte{
		"batch":    encode(h, []record{s, quiet}),
		"snapshot": encode(snapshot, nil),
		"tick":     appendTick(nil, &tick, &numbers),
	}
}

func TestMessagesStayReadable(t *testing.T) {
	t.Parallel()
	for name, got := range goldenMessages(t) {
		text, err := os.ReadFile(filepath.Join("testdata", name+".hex"))
		if err != nil {
			t.Fatal(err)
		}
		want, err := hex.DecodeString(strings.Join(strings.Fields(string(text)), ""))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(hex.Dump(want), hex.Dump(got)); diff != "" {
			t.Errorf("%s is written otherwise (-want +got):\n%s", name, diff)
		}
	}
}

func TestATickTellsTheNumbersOfAllPartitions(t *testing.T) {
	t.Parallel()
	h, r, err := open(make(names), goldenMessages(t)["tick"])
	if err != nil {
		t.Fatal(err)
	}
	var got, want [Partitions]uint64
	want[0], want[255] = 7, 300
	if err := r.tick(&got); err != nil || got != want {
		t.Errorf("numbers %v, %v", got, err)
	}
	if h.tick != tickOf(3, 300) || h.reign != 2 || h.epoch != "e1" {
		t.Errorf("header %+v", h)
	}
}

func TestBytesThatAreNoMessageAreRefused(t *testing.T) {
	t.Parallel()
	for name, good := range goldenMessages(t) {
		if _, _, err := decode(append([]byte{2}, good[1:]...)); !errors.Is(err, errVersion) {
			t.Errorf("%s of another version: %v", name, err)
		}
	}
	good := goldenMessages(t)["batch"]
	short := encode(header{kind: kindBatch, term: 1, epoch: "e"}, nil)
	for name, data := range map[string][]byte{
		"nothing": {}, "no kind": {1}, "an unknown kind": append([]byte{1, 9}, good[2:]...), "no epoch": {1, 1, 1, 1, 0, 1, 1},
		"a reign after the term": {1, 1, 1, 2, 1, 'e', 1, 1}, "a number that never ends": append([]byte{1, 1}, strings.Repeat("\xff", 20)...),
		"a symbol of no name":  append(short[:len(short):len(short)], 1, 'a', 1, 0, 0, 0, 0, 0, 0, 0),
		"an unknown field":     append(short[:len(short):len(short)], 1, 'A', 1, 0, 0, 0xff, 0xff, 3, 0, 0, 0, 0),
		"an unknown status":    append(short[:len(short):len(short)], 1, 'A', 1, 0, 0, 0, 3, 0, 0, 0),
		"a scale out of range": append(short[:len(short):len(short)], 1, 'A', 1, 0, 0, 1, 0, 0, 39, 1, 0, 0),
		"a negative zero":      append(short[:len(short):len(short)], 1, 'A', 1, 0, 0, 1, 0, 0, 0x40, 0, 0, 0),
		"a word as a number":   append(short[:len(short):len(short)], 1, 'A', 1, 0, 0, 1, 0, 0, wideNumber, 1, 'x', 0, 0),
	} {
		if _, _, err := decode(data); !errors.Is(err, errMessage) {
			t.Errorf("%s: %v", name, err)
		}
	}
	tick := goldenMessages(t)["tick"]
	for cut := range tick {
		var numbers [Partitions]uint64
		_, r, err := open(make(names), tick[:cut])
		if err == nil {
			err = r.tick(&numbers)
		}
		if !errors.Is(err, errMessage) {
			t.Errorf("a tick cut at %d: %v", cut, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, data := range goldenMessages(f) {
		f.Add(data)
	}
	f.Add([]byte{})
	f.Add([]byte{1, 1, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, data []byte) {
		h, records, err := decode(data)
		if err != nil {
			if !errors.Is(err, errMessage) && !errors.Is(err, errVersion) {
				t.Fatalf("decode = %v", err)
			}
			return
		}
		if h.kind == kindTick {
			return
		}
		againHeader, again, err := decode(encode(h, records))
		if err != nil {
			t.Fatalf("what was read cannot be read again: %v", err)
		}
		if diff := cmp.Diff(h, againHeader, sameRecords()); diff != "" {
			t.Fatalf("header (-first +again):\n%s", diff)
		}
		if diff := cmp.Diff(records, again, sameRecords()); diff != "" {
			t.Fatalf("records (-first +again):\n%s", diff)
		}
	})
}

func FuzzDecodeTick(f *testing.F) {
	f.Add(goldenMessages(f)["tick"])
	f.Add([]byte{1, 0, 1, 1, 1, 'e', 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		h, r, err := open(make(names), data)
		var numbers, again [Partitions]uint64
		if err != nil || h.kind != kindTick || r.tick(&numbers) != nil {
			return
		}
		_, r, err = open(make(names), appendTick(nil, &h, &numbers))
		if err != nil || r.tick(&again) != nil || again != numbers {
			t.Fatalf("a tick that was read cannot be read again: %v", err)
		}
	})
}

// marketRecords is records as a market makes them.
func marketRecords(n int) []record {
	records := make([]record, n)
	for i := range records {
		r := &records[i]
		k := int64(i)
		r.Quote = market.Quote{
			Symbol: market.Symbol(fmt.Sprintf("SYM%04d", i)), Seq: uint64(1000 + i), Recv: 1_763_740_800_000_000 + 200*k,
			TS: 1_763_740_800_000_000 + 200*k - 412, Source: "sim", Known: market.AllValues,
		}
		for f := range market.NumValues {
			r.Values[f] = market.NewDecimal(18_998+37*k+int64(f), 2)
		}
		r.Bar.Trade(r.Values[market.Last], market.NewDecimal(100+k, 0))
		r.sums.add(&r.Bar)
	}
	return records
}

func TestTheCodecAllocatesNothingForARecordOfAKnownSymbol(t *testing.T) {
	records := marketRecords(100)
	h, known := header{kind: kindBatch, term: 1, epoch: "e"}, make(names)
	buf := encode(h, records)
	read := func() {
		_, r, err := open(known, buf)
		if err != nil {
			t.Fatal(err)
		}
		for rec := (record{}); r.next(&rec); {
		}
	}
	read()
	for name, do := range map[string]func(){
		"decode": read,
		"encode": func() {
			buf = appendHeader(buf[:0], &h)
			for i, b := 0, (before{}); i < len(records); i++ {
				buf = appendRecord(buf, &records[i], &b)
			}
		},
	} {
		if got := testing.AllocsPerRun(10, do); got > 0 && !raceEnabled {
			t.Errorf("%s allocates %v times", name, got)
		}
	}
	if got := len(buf) / len(records); got > 110 {
		t.Errorf("a record of 10 values takes %d bytes", got)
	}
}

// BenchmarkEncodeBatch watches what a leader's round takes for 1,000 records.
func BenchmarkEncodeBatch(b *testing.B) {
	records, buf := marketRecords(1000), []byte(nil)
	b.ReportAllocs()
	for b.Loop() {
		buf = buf[:0]
		for i, at := 0, (before{}); i < len(records); i++ {
			buf = appendRecord(buf, &records[i], &at)
		}
	}
	b.ReportMetric(float64(len(buf))/1000, "B/record")
}

// BenchmarkDecodeBatch watches what an edge's reading takes for 1,000 records.
func BenchmarkDecodeBatch(b *testing.B) {
	data, known := encode(header{kind: kindBatch, term: 1, epoch: "e"}, marketRecords(1000)), make(names)
	b.ReportAllocs()
	for b.Loop() {
		_, r, err := open(known, data)
		if err != nil {
			b.Fatal(err)
		}
		for rec := (record{}); r.next(&rec); {
		}
	}
}

package history

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ticker/market"
)

// sameBatch compares batches digit by digit.
func sameBatch() cmp.Options {
	return cmp.Options{
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

// drawDecimal draws any decimal: of up to 38 digits, with a point or zeros
// anywhere.
func drawDecimal(t *rapid.T) market.Decimal {
	coef := rapid.StringMatching(`-?[1-9][0-9]{0,37}`).Draw(t, "coefficient")
	for {
		text := fmt.Sprintf("%se%d", coef, rapid.IntRange(-38, 38).Draw(t, "exponent"))
		if d, err := market.ParseDecimal(text); err == nil {
			return d
		}
	}
}

func drawSample(t *rapid.T) market.Sample {
	s := market.Sample{Quote: market.Quote{
		Symbol: market.Symbol(rapid.StringMatching(`[A-Z0-9._:/-]{1,32}`).Draw(t, "symbol")),
		Seq:    rapid.Uint64().Draw(t, "seq"), TS: rapid.Int64().Draw(t, "ts"), Recv: rapid.Int64().Draw(t, "recv"),
		Known:  market.Fields(rapid.IntRange(0, int(market.AllFields)).Draw(t, "known")),
		Status: market.Status(rapid.IntRange(0, int(market.Halted)).Draw(t, "status")),
		Reason: market.Reason(rapid.IntRange(0, int(market.Silent)).Draw(t, "reason")),
		Source: rapid.SampledFrom([]string{"", "sim", "kraken", strings.Repeat("s", 300)}).Draw(t, "source"),
	}}
	for f := range market.NumValues {
		if s.Known.Has(f) {
			s.Values[f] = drawDecimal(t)
		}
	}
	for range rapid.IntRange(0, 3).Draw(t, "trades") {
		s.Bar.Trade(drawDecimal(t), drawDecimal(t))
	}
	return s
}

func drawBatch(t *rapid.T) *Batch {
	return &Batch{
		Epoch:   rapid.StringMatching(`[!-~]{1,32}`).Draw(t, "epoch"),
		Samples: rapid.SliceOfN(rapid.Custom(drawSample), 0, 8).Draw(t, "samples"),
	}
}

func TestBatchComesBackDigitByDigit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := drawBatch(t)
		encoded := appendBatch([]byte("before"), want)
		got := Batch{Samples: []market.Sample{{Quote: market.Quote{Symbol: "OLD", Known: market.AllValues}}}}
		if err := decodeBatch(&got, encoded[len("before"):]); err != nil {
			t.Fatal(err)
		}
		if len(want.Samples) == 0 {
			want.Samples = got.Samples[:0]
		}
		if diff := cmp.Diff(*want, got, sameBatch()); diff != "" {
			t.Fatalf("batch (-want +got):\n%s", diff)
		}
	})
}

func TestExtremesComeBack(t *testing.T) {
	t.Parallel()
	nines := strings.Repeat("9", 38)
	s := market.Sample{Quote: market.Quote{Symbol: "A", Seq: math.MaxUint64, Recv: math.MaxInt64, TS: math.MinInt64}}
	for f, text := range map[market.Field]string{
		market.Bid: nines + "0", market.Ask: "-0." + strings.Repeat("0", 37) + nines, market.Last: "1e38", market.Open: "0.00",
		market.High: "0", market.Low: "-1.50",
	} {
		s.Known = s.Known.With(f)
		s.Values[f] = decimalOf(t, text)
	}
	large, tiny := decimalOf(t, nines+"0"), decimalOf(t, "1e-38")
	s.Bar.Trade(large, large)
	s.Bar.Trade(tiny, large)
	s.Bar.Trade(tiny, tiny)
	before := s
	before.Recv, before.TS = math.MinInt64, math.MaxInt64
	want := Batch{"e", []market.Sample{before, s}}
	var got Batch
	if err := decodeBatch(&got, appendBatch(nil, &want)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, sameBatch()); diff != "" {
		t.Errorf("batch (-want +got):\n%s", diff)
	}
	if volume := got.Samples[1].Bar.Volume.String(); len(volume) != 79 || !strings.HasSuffix(volume, "1") {
		t.Errorf("volume is %s", volume)
	}
}

// marketBatch is a batch as a market makes it: 5,000 samples of 500 symbols.
func marketBatch(t testing.TB) *Batch {
	t.Helper()
	b := &Batch{Epoch: "0123456789abcdef"}
	for i := range int64(batchRows) {
		s := market.Sample{Quote: market.Quote{
			Symbol: market.Symbol(fmt.Sprintf("SYM%04d", i%500)), Seq: uint64(1000 + i), Recv: 1_763_740_800_000_000 + 200*i, Source: "sim",
			Known: market.AllValues,
		}}
		s.TS = s.Recv - 412
		for f := range market.NumValues {
			s.Values[f] = market.NewDecimal(18_998+37*i+int64(f), 2)
		}
		s.Bar.Trade(s.Values[market.Last], market.NewDecimal(100+i, 0))
		b.Samples = append(b.Samples, s)
	}
	return b
}

// goldenBatch is what the first version of the format makes of one sample: what
// is in the spools of installations must stay readable.
const goldenBatch = "01" + "026531" + "02" + // version, epoch, number of samples
	"074254432d555344" + "ac02" + "80897a" + "cf0f" + "11" + "0102" + "0473696d" + // symbol to source
	"b12a50ff" + "7f" + // values
	"01" + "1a5f" + "1a5f" + "1a5f" + "1a5f" + "20ff" + // bar
	"074254432d555344" + "ac02" + "02" + "d10f" + "11" + "0102" + "00" + "b12a50ff" + "7f" + "00"

func TestEncodedBatchStaysReadable(t *testing.T) {
	t.Parallel()
	s := market.Sample{Quote: market.Quote{
		Symbol: "BTC-USD", Seq: 300, Recv: 1_000_000, TS: 999_000, Source: "sim", Status: market.Stale, Reason: market.Silent,
	}}
	s.Known = s.Known.With(market.Bid).With(market.Last)
	s.Values[market.Bid], s.Values[market.Last] = decimalOf(t, "-12.50"), decimalOf(t, "7")
	quiet := s
	quiet.Recv++
	s.Bar.Trade(decimalOf(t, "1.5"), decimalOf(t, "20"))
	want := Batch{"e1", []market.Sample{s, quiet}}
	if got := hex.EncodeToString(appendBatch(nil, &want)); got != goldenBatch {
		t.Errorf("the batch is written as\n%s, want\n%s", got, goldenBatch)
	}
	data, err := hex.DecodeString(goldenBatch)
	if err != nil {
		t.Fatal(err)
	}
	var got Batch
	if err := decodeBatch(&got, data); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, sameBatch()); diff != "" {
		t.Errorf("batch (-want +got):\n%s", diff)
	}
}

func TestEncodedBatchIsCompact(t *testing.T) {
	t.Parallel()
	b := marketBatch(t)
	if got := len(appendBatch(nil, b)) / len(b.Samples); got > 100 {
		t.Errorf("a sample of 10 values takes %d bytes", got)
	}
}

func TestBytesThatAreNoBatchAreRefused(t *testing.T) {
	t.Parallel()
	good := appendBatch(nil, &Batch{"e", marketBatch(t).Samples[:2]})
	for name, data := range map[string][]byte{
		"nothing": {}, "another version": append([]byte{2}, good[1:]...), "something behind it": append(good[:len(good):len(good)], 0),
		"no epoch": {1, 0, 0}, "more samples than bytes": {1, 1, 'e', 0xff, 0xff, 0xff, 0xff, 0x0f},
		"a count that never ends": append([]byte{1, 1, 'e'}, []byte(strings.Repeat("\xff", 20))...),
	} {
		if err := decodeBatch(&Batch{}, data); !errors.Is(err, errCodec) {
			t.Errorf("%s: decodeBatch = %v", name, err)
		}
	}
	for cut := range good {
		if err := decodeBatch(&Batch{}, good[:cut]); !errors.Is(err, errCodec) {
			t.Errorf("cut at %d: decodeBatch = %v", cut, err)
		}
	}
}

func FuzzDecodeBatch(f *testing.F) {
	f.Add([]byte{})
	f.Add(appendBatch(nil, &Batch{Epoch: "e"}))
	f.Add(appendBatch(nil, &Batch{"e", marketBatch(f).Samples[:3]}))
	f.Add([]byte{1, 1, 'e', 0xff, 0xff, 0xff, 0xff, 0x0f})
	if data, err := hex.DecodeString(goldenBatch); err == nil {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var b, again Batch
		if err := decodeBatch(&b, data); err != nil {
			if !errors.Is(err, errCodec) {
				t.Fatalf("decodeBatch = %v", err)
			}
			return
		}
		if len(b.Samples) > len(data)/minSampleBytes {
			t.Fatalf("%d samples of %d bytes", len(b.Samples), len(data))
		}
		if err := decodeBatch(&again, appendBatch(nil, &b)); err != nil {
			t.Fatalf("what was read cannot be read again: %v", err)
		}
		if diff := cmp.Diff(b, again, sameBatch()); diff != "" {
			t.Fatalf("batch (-first +again):\n%s", diff)
		}
	})
}

func TestCodecAllocatesNothingForASample(t *testing.T) {
	b := marketBatch(t)
	buf := appendBatch(nil, b)
	var decoded Batch
	if err := decodeBatch(&decoded, buf); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		do   func()
		want float64
	}{
		"encode": {func() { buf = appendBatch(buf[:0], b) }, 0},
		"decode": {func() { _ = decodeBatch(&decoded, buf) }, 1}, // its text
	} {
		if got := testing.AllocsPerRun(10, c.do); got > c.want && !raceEnabled {
			t.Errorf("%s allocates %v times a batch, want %v", name, got, c.want)
		}
	}
}

func BenchmarkEncodeBatch(b *testing.B) {
	// Watches the cost of the spool while the store is away: 5,000 samples.
	batch, buf := marketBatch(b), []byte(nil)
	b.ReportAllocs()
	for b.Loop() {
		buf = appendBatch(buf[:0], batch)
	}
	b.ReportMetric(float64(len(buf))/batchRows, "B/sample")
}

func BenchmarkDecodeBatch(b *testing.B) {
	// Watches how fast a backlog can be drained: 5,000 samples.
	data, batch := appendBatch(nil, marketBatch(b)), Batch{}
	b.ReportAllocs()
	for b.Loop() {
		if err := decodeBatch(&batch, data); err != nil {
			b.Fatal(err)
		}
	}
}

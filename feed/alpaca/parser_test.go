package alpaca

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vmihailenco/msgpack/v5"
	"go.uber.org/goleak"

	"ticker/feed"
	"ticker/feed/internal/venue/venuetest"
	"ticker/market"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	script    = "testdata/messages.txt"
	quoteText = `[{"T":"q","S":"AMD","bx":"U","bp":87.66,"bs":1,"ax":"Q","ap":87.68,"as":4,"t":"2021-02-22T15:51:45.335689322Z","c":["R"],"z":"C"}]`
)

func TestMessagesBecomeTheUpdatesOfTheScript(t *testing.T) {
	t.Parallel()
	venuetest.Run(t, New(nil), script)
}

// pack writes a frame of JSON as Alpaca writes it in MessagePack: times are
// timestamps, numbers integers or binary floating-point ones.
func pack(tb testing.TB, frame []byte) []byte {
	tb.Helper()
	decoder := json.NewDecoder(bytes.NewReader(frame))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		tb.Fatal(err)
	}
	packed, err := msgpack.Marshal(packable(v))
	if err != nil {
		tb.Fatal(err)
	}
	return packed
}

func packable(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = packable(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = packable(v[key])
			if text, ok := v[key].(string); ok && key == "t" {
				if at, err := time.Parse(time.RFC3339, text); err == nil {
					v[key] = at
				}
			}
		}
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		if f, err := v.Float64(); err == nil {
			return f
		}
	}
	return v
}

// The frames of the script say the same in both formats, but for how many zeros
// end a number.
func TestBothFormatsSayTheSame(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	frames := 0
	for line := range strings.Lines(string(text)) {
		frame := []byte(strings.TrimSpace(line))
		if !json.Valid(frame) || frame[0] != '[' || bytes.Contains(frame, []byte("1e400")) {
			continue
		}
		frames++
		want, wantErr := venuetest.Parse(New(nil), frame)
		got, err := venuetest.Parse(New(nil), pack(t, frame))
		if (err == nil) != (wantErr == nil) {
			t.Errorf("%s: %v, packed: %v", frame, wantErr, err)
		}
		if diff := cmp.Diff(want, got, cmp.Comparer(market.Decimal.Equal)); diff != "" {
			t.Errorf("%s (-text +packed):\n%s", frame, diff)
		}
	}
	if frames < 20 {
		t.Errorf("%d frames in the script", frames)
	}
}

// BenchmarkQuoteApplied watches what a quote costs from its bytes to the book.
func BenchmarkQuoteApplied(b *testing.B) {
	venuetest.BenchApplied(b, New(nil), []byte(quoteText), []byte(strings.ReplaceAll(quoteText, "87.6", "87.5")))
}

// packedQuote is a quote of MessagePack but for the value of its time.
const packedQuote = "9185" + "a154a171" + "a153a141" + "a26278a14e" + "a2627005" + "a174"

func TestTimesOfEverySizeAreRead(t *testing.T) {
	t.Parallel()
	const seconds, micros = 1614009105_000000, 1614009105_335689
	for stamp, want := range map[string]int64{
		"d6ff" + "6033d311":                                       seconds,
		"d7ff" + "5008d9a86033d311":                               micros,
		"c708ff" + "5008d9a86033d311":                             micros,
		"c70cff" + "1402366a" + "000000006033d311":                micros,
		"b4" + hex.EncodeToString([]byte("2021-02-22T15:51:45Z")): seconds,
	} {
		got, err := venuetest.Parse(New(nil), unhex(t, packedQuote+stamp))
		if err != nil || len(got) != 1 || got[0].TS != want {
			t.Errorf("%s: %+v, %v, want %d", stamp, got, err, want)
		}
	}
}

func TestWhatIsNoTimeRefusesTheEventAndNotTheFrame(t *testing.T) {
	t.Parallel()
	for _, stamp := range []string{
		"d60b" + "6033d311", "d5ff" + "6033", "c70cff" + "3b9aca00" + "000000006033d311", "c70cff" + "00000000" + "ffffffffffffffff",
		"90", "80", "c3", "05", "cb" + "41d80cf4c4400000", "c40101", "a0" + "", // the last is an empty text, which is no time given
	} {
		p := New(nil)
		got, err := venuetest.Parse(p, unhex(t, packedQuote+stamp))
		if refused := errors.Is(err, feed.ErrValue); refused == (stamp == "a0") || len(got) != 0 && refused {
			t.Errorf("%s: %d updates, %v", stamp, len(got), err)
		}
	}
}

func TestBrokenMessagePackIsMalformed(t *testing.T) {
	t.Parallel()
	for _, frame := range []string{
		"91", "9181", "9181a1", "9181a154", "dc", "dd00", "ddffffffff", "91deffff", "91dfffffffff", "9181a154a171ff", "91c1",
		"9181" + "a154" + "dbffffffff", "9181" + "a154" + "c6ffffffff", "9181" + "a154" + "c9ffffffffff",
		"9181a162" + strings.Repeat("91", 1000), "9181a154c1",
	} {
		got, err := venuetest.Parse(New(nil), unhex(t, frame))
		if !errors.Is(err, feed.ErrMalformed) || len(got) != 0 {
			t.Errorf("%.40s: %d updates, %v", frame, len(got), err)
		}
	}
}

func TestPackedValuesOfAnyKindAreSkipped(t *testing.T) {
	t.Parallel()
	for _, junk := range []string{
		"c0", "c2", "c3", "7f", "ff", "e0", "cc01", "cd0001", "ce00000001", "cf0000000000000001", "d0ff", "d1ffff", "d2ffffffff",
		"d3ffffffffffffffff", "ca3f800000", "cb3ff0000000000000", "a0", "d90161", "da000161", "db0000000161", "c40161", "c5000161",
		"c60000000161", "d40161", "d5016161", "d60161616161", "d7016161616161616161", "d80161616161616161616161616161616161",
		"c7010161", "c800010161", "c9000000010161", "92" + "91c0" + "81c0c0", "dc0001c0", "dd00000001c0", "de0001c0c0", "df00000001c0c0",
		strings.Repeat("91", 100) + "c0",
	} {
		frame := unhex(t, "9185"+"a154a171"+"a153a141"+"a26278a14e"+"a2627005"+"a46a756e6b"+junk)
		if got, err := venuetest.Parse(New(nil), frame); len(got) != 1 || err != nil {
			t.Errorf("%s: %d updates, %v", junk, len(got), err)
		}
	}
}

func TestPackedNumbersKeepTheirDigits(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]string{
		"05": "5", "7f": "127", "cc80": "128", "cdffff": "65535", "ceffffffff": "4294967295", "cfffffffffffffffff": "18446744073709551615",
		"ff": "-1", "d080": "-128", "d18000": "-32768", "d2ffffff38": "-200", "d3ffffffffffffff38": "-200",
		"cb4055ea3d70a3d70a": "87.66", "cb3fb999999999999a": "0.1", "ca42af51ec": "87.66", "cb47d2ced32a16a1b1": "100000000000000000000000000000000000000",
	} {
		got, err := venuetest.Parse(New(nil), unhex(t, "9184"+"a154a171"+"a153a141"+"a26278a14e"+"a26270"+number))
		if err != nil || len(got) != 1 || got[0].Values[market.Bid].String() != want {
			t.Errorf("%s: %+v, %v, want %s", number, got, err, want)
		}
	}
}

func TestQuotesAndTradesDoNotAllocate(t *testing.T) {
	for _, part := range []string{`"S":"AMD"`, `"i":628`, `"rc":"T12"`} {
		frame := venuetest.Message(t, script, part)
		venuetest.NoAllocs(t, New(nil), frame)
		venuetest.NoAllocs(t, New(nil), pack(t, frame))
	}
}

func FuzzParser(f *testing.F) {
	venuetest.Seed(f, script)
	f.Add(pack(f, []byte(quoteText)))
	for _, seed := range []string{"9181a154c1", "ddffffffff", "9181a16291919191c0", packedQuote + "c70cff1402366a000000006033d311"} {
		f.Add(unhex(f, seed))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		venuetest.Check(t, New(nil), message)
	})
}

// FuzzPacked holds the reader of MessagePack against the library: whatever one of
// them reads to its end, the other does.
func FuzzPacked(f *testing.F) {
	f.Add(pack(f, []byte(quoteText)))
	for _, seed := range []string{"9181a154c1", "ddffffffff", "9181a16291919191c0", "91c0", "91d60b6033d311"} {
		f.Add(unhex(f, seed))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		if !isPacked(frame) {
			return
		}
		var p packed
		p.reset(frame)
		p.skip()
		ok := p.end() == nil
		in := bytes.NewReader(frame)
		err := msgpack.NewDecoder(in).Skip()
		if want := err == nil && in.Len() == 0; ok != want {
			t.Errorf("%x: read to its end %t, by the library %t: %v", frame, ok, want, err)
		}
	})
}

// BenchmarkQuote watches the cost of the frame that brings every quote.
func BenchmarkQuote(b *testing.B) { venuetest.Bench(b, New(nil), []byte(quoteText)) }

// BenchmarkQuotePacked watches what the same costs in MessagePack, where numbers
// have to become decimals.
func BenchmarkQuotePacked(b *testing.B) { venuetest.Bench(b, New(nil), pack(b, []byte(quoteText))) }

func unhex(tb testing.TB, text string) []byte {
	tb.Helper()
	raw, err := hex.DecodeString(text)
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

package postgres

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"
	"time"

	"ticker/market"
)

func TestRowsAreTheSameHoweverTheyAreRead(t *testing.T) {
	t.Parallel()
	batch := newBenchMarket(time.Unix(0, 0), time.Millisecond).next()
	var r rows
	r.start(batch)
	whole, err := io.ReadAll(&r)
	if err != nil {
		t.Fatal(err)
	}
	r.start(batch)
	bytewise, err := io.ReadAll(iotest.OneByteReader(&r))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(whole, bytewise) {
		t.Error("read byte by byte they differ")
	}
	if !bytes.HasPrefix(whole, []byte(copyHeader)) || !bytes.HasSuffix(whole, []byte{0xff, 0xff}) {
		t.Error("they do not begin with a header, or do not end with the mark")
	}
}

func TestRowsThatWereStoppedLetGoOfTheBatch(t *testing.T) {
	t.Parallel()
	var r rows
	r.start(newBenchMarket(time.Unix(0, 0), time.Millisecond).next())
	r.stop()
	if _, err := r.Read(make([]byte, 10)); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("reading on: %v", err)
	}
}

func TestTheHotPathDoesNotAllocate(t *testing.T) {
	batch := newBenchMarket(time.Unix(0, 0), time.Millisecond).next()
	sample := &batch.Samples[0]
	long, err := market.ParseDecimal("-12345678901234567890.123456789012345678")
	if err != nil {
		t.Fatal(err)
	}
	number := appendDecimal(nil, long)[4:]
	row := appendRow(nil, sample, batch.Epoch)
	var r rows
	var a arrays
	var d decoder
	minutes := batch.Minutes()
	a.encode(minutes, batch.Epoch)
	for name, c := range map[string]struct {
		most float64
		do   func()
	}{
		"encode a row":       {0, func() { row = appendRow(row[:0], sample, batch.Epoch) }},
		"encode 38 digits":   {0, func() { row = appendDecimal(row[:0], long) }},
		"read 38 digits":     {0, func() { _ = d.decimal(number) }},
		"read a sum":         {0, func() { _ = d.total(number) }},
		"encode 5,000 rows":  {0, func() { r.start(batch); drain(&r) }},
		"encode all candles": {2, func() { a.encode(minutes, batch.Epoch) }}, // the list of the arrays, and the epoch
	} {
		if allocs := testing.AllocsPerRun(10, c.do); allocs > c.most && !raceEnabled {
			t.Errorf("%s allocates %v times", name, allocs)
		}
	}
}

// drain reads to the end.
func drain(r *rows) {
	var buf [4 << 10]byte
	for err := error(nil); err == nil; {
		_, err = r.Read(buf[:])
	}
}

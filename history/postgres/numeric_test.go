package postgres

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"ticker/market"
)

// limits are numbers where an encoding of groups of four digits may go wrong.
func limits() []string {
	digits := strings.Repeat("1234567890", 4)[:market.MaxDigits]
	return []string{
		"0", "0.00", "0.0000000000", "1", "-1", "9", "10", "9999", "10000", "10001", "99999999", "100000000",
		"-100000000.0000", "0.1", "0.0001", "0.00001", "-0.00010", "1.5", "1.50", "189.98", "20000.0001", "50000000.5",
		digits, "-" + digits, digits[:19] + "." + digits[19:], "0." + digits, "0." + strings.Repeat("0", 37) + digits,
		digits + "0", "1" + strings.Repeat("0", 38), "0." + strings.Repeat("0", 37) + "1",
		strings.Repeat("9", 40), "-" + strings.Repeat("9", 59) + "." + strings.Repeat("9", 75), // sums only
	}
}

func drawDecimal(t *rapid.T) market.Decimal {
	text := rapid.StringMatching(`-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,19})?`).Draw(t, "number")
	d, err := market.ParseDecimal(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestANumberComesBackWithTheDigitsItHad(t *testing.T) {
	t.Parallel()
	for _, text := range limits() {
		got, err := appendDigits(nil, appendNumeric(nil, []byte(text)))
		if err != nil || string(got) != text {
			t.Errorf("%s comes back as %s, %v", text, got, err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		want := drawDecimal(t)
		var d decoder
		if got := d.decimal(appendDecimal(nil, want)[4:]); got != want || d.err != nil {
			t.Errorf("%s comes back as %s, %v", want, got, d.err)
		}
	})
}

func TestPostgreSQLReadsTheNumberThatWasMeant(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), server.Server(t).URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	statement, err := conn.Prepare(t.Context(), "echo", `select $1::numeric, $1::numeric::text`)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	check := func(t rapid.TB, text string) {
		encoded := appendNumeric(nil, []byte(text))
		result := conn.PgConn().ExecPrepared(
			ctx, statement.Name, [][]byte{encoded}, []int16{pgx.BinaryFormatCode}, []int16{pgx.BinaryFormatCode},
		).Read()
		if result.Err != nil {
			t.Fatalf("%s: %v", text, result.Err)
		}
		if got := string(result.Rows[0][1]); got != text {
			t.Errorf("%s is %s to PostgreSQL", text, got)
		}
		// What it keeps is what it would have sent itself.
		if diff := cmp.Diff(result.Rows[0][0], encoded); diff != "" {
			t.Errorf("%s is encoded differently (-PostgreSQL +here):\n%s", text, diff)
		}
	}
	for _, text := range limits() {
		check(t, text)
	}
	rapid.Check(t, func(t *rapid.T) { check(t, drawDecimal(t).String()) })
}

func FuzzNumberIsReadOrRefused(f *testing.F) {
	for _, text := range limits() {
		f.Add(appendNumeric(nil, []byte(text)))
	}
	f.Add([]byte{0, 0, 0, 0, 0xc0, 0, 0, 0})                               // NaN
	f.Add([]byte{0, 0, 0, 0, 0xd0, 0, 0, 0})                               // infinity
	f.Add([]byte{0, 1, 0x7f, 0xff, 0, 0, 0x3f, 0xff, 0, 1})                // far too large
	f.Add([]byte{0, 1, 0, 0, 0, 0, 0, 0, 0xff, 0xff})                      // no group of four digits
	f.Add([]byte{0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 1})                      // more groups than there are
	f.Add([]byte{0, 1, 0xff, 0xff, 0, 0, 0, 2, 0x04, 0xd2})                // digits behind the last place
	f.Add([]byte{0, 3, 0, 1, 0x40, 0, 0, 2, 0, 0, 0, 7, 0x13, 0x88, 1, 2}) // groups of zeros, and a rest
	f.Fuzz(func(t *testing.T, raw []byte) {
		text, err := appendDigits(nil, raw)
		if err != nil {
			return
		}
		number, err := market.ParseTotal(text)
		if err != nil {
			return // more digits than a sum has
		}
		again, err := appendDigits(nil, appendNumeric(nil, text))
		if err != nil || string(again) != string(text) {
			t.Errorf("%s comes back as %s, %v", text, again, err)
		}
		if want := strings.TrimPrefix(number.String(), "-"); !strings.HasPrefix(strings.TrimPrefix(string(text), "-"), want) {
			t.Errorf("%s is the number %s", text, number)
		}
	})
}

func FuzzRowIsReadOrRefused(f *testing.F) {
	f.Add([]byte("12345678"), []byte("stale"), appendNumeric(nil, []byte("189.98")))
	f.Add([]byte("1234"), []byte("halted"), []byte{})
	f.Add([]byte{}, []byte("absurd"), []byte{0, 0, 0, 0, 0xc0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, integer, state, number []byte) {
		row := make([][]byte, numQuote)
		row[0], row[1], row[6], row[8], row[numRecord] = integer, integer, state, number, integer
		for i := numRecord + 1; i < numQuote; i++ {
			row[i] = number
		}
		var d decoder
		var s market.Sample
		d.record(row, &s.Quote)
		d.bar(row[numRecord:], &s.Bar)
		if d.err == nil && (len(integer) != 8 || s.Known != 1<<market.Bid) {
			t.Errorf("read %+v out of %q", s, row)
		}
	})
}

package venue

import (
	"math/big"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestFixedIsExactAndCutsWhatIsFiner(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text   string
		places int
		want   int64
	}{
		{"1618678145.920708", Seconds, 1618678145920708},
		{"1618677372.5104241", 9, 1618677372510424100},
		{"1618677372.5104249", Seconds, 1618677372510424},
		{"1618677372", Seconds, 1618677372000000},
		{"0.000001", Seconds, 1},
		{"1685221623229", Millis, 1685221623229000},
		{"1641343699596000", Micros, 1641343699596000},
		{"007.5", 1, 75},
		{"9223372036854775807", 0, 9223372036854775807},
		{"1.00000000000000000000000000000000000000001", Seconds, 1000000},
	} {
		if got, ok := Fixed([]byte(c.text), c.places); got != c.want || !ok {
			t.Errorf("Fixed(%s, %d) = %d, %v, want %d", c.text, c.places, got, ok, c.want)
		}
	}
}

func TestFixedRefusesWhatIsNoPlainNumber(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", ".", ".5", "5.", "-1", "+1", "1e9", "1.5.5", "1 ", "0x10", "1,5", "9223372036855", "99999999999999999999"} {
		if got, ok := Fixed([]byte(text), Seconds); ok {
			t.Errorf("Fixed(%q) = %d", text, got)
		}
	}
}

func FuzzFixed(f *testing.F) {
	f.Add("1618678145.920708", byte(6))
	f.Add("9223372036854775807", byte(0))
	f.Add("0.00000000000000001", byte(9))
	f.Fuzz(func(t *testing.T, text string, places byte) {
		places %= 10
		got, ok := Fixed([]byte(text), int(places))
		want, wantOK := slowFixed(text, int(places))
		if got != want && ok || ok != wantOK {
			t.Errorf("Fixed(%q, %d) = %d, %v, want %d, %v", text, places, got, ok, want, wantOK)
		}
	})
}

// slowFixed does the same with rational numbers.
func slowFixed(text string, places int) (int64, bool) {
	if strings.Trim(text, "0123456789.") != "" || strings.HasPrefix(text, ".") || strings.HasSuffix(text, ".") {
		return 0, false
	}
	value, ok := new(big.Rat).SetString(text)
	if !ok {
		return 0, false
	}
	value.Mul(value, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil)))
	n := new(big.Int).Quo(value.Num(), value.Denom())
	return n.Int64(), n.IsInt64()
}

func TestRFC3339IsExactAndCutsWhatIsFiner(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"1970-01-01T00:00:00Z":              0,
		"2021-04-17T16:43:29.571587Z":       1618677809571587,
		"2021-04-17T16:43:29.5715879Z":      1618677809571587,
		"2021-04-17T16:43:29.571587999999Z": 1618677809571587,
		"2021-04-17T16:43:29.5Z":            1618677809500000,
		"2021-04-17T18:43:29+02:00":         1618677809000000,
		"2021-04-17T11:13:29.000001-05:30":  1618677809000001,
		"2024-02-29T23:59:59.999999Z":       1709251199999999,
		"2000-02-29T00:00:00Z":              951782400000000,
		"9999-12-31T23:59:59.999999999Z":    253402300799999999,
		"1970-01-01T00:30:00+00:30":         0,
	} {
		if got, ok := RFC3339([]byte(text)); got != want || !ok {
			t.Errorf("RFC3339(%s) = %d, %v, want %d", text, got, ok, want)
		}
	}
}

func TestRFC3339RefusesWhatIsNoTimeOfAMarket(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "now", "2021-04-17", "2021-04-17T16:43:29", "2021-04-17 16:43:29Z", "2021-04-17t16:43:29z",
		"2021-04-17T16:43:29.Z", "2021-04-17T16:43:29,5Z", "2021-04-17T16:43:60Z", "2021-04-17T24:00:00Z",
		"2021-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2021-04-31T00:00:00Z", "2021-13-01T00:00:00Z",
		"2021-00-01T00:00:00Z", "2021-01-00T00:00:00Z", "2021-04-17T16:43:29+0200", "2021-04-17T16:43:29+24:00",
		"2021-04-17T16:43:29+02:60", "2021-04-17T16:43:29ZZ", "2021-04-17T16:43:29Z00:00", "+021-04-17T16:43:29Z",
		"1969-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00+00:01",
	} {
		if got, ok := RFC3339([]byte(text)); ok {
			t.Errorf("RFC3339(%q) = %d", text, got)
		}
	}
}

func FuzzRFC3339(f *testing.F) {
	f.Add("2021-04-17T16:43:29.571587Z")
	f.Add("2024-02-29T18:43:29.123456789+02:00")
	f.Add("2021-04-17T16:43:29-00:00")
	f.Add("1969-12-31T23:59:59.9Z")
	// Parse is lenient about the shape: it takes a comma, and an hour of one digit.
	shape := regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := RFC3339([]byte(text))
		want, err := time.Parse(time.RFC3339, text)
		wantOK := err == nil && want.Unix() >= 0 && shape.MatchString(text)
		if ok != wantOK || ok && got != want.UnixMicro() {
			t.Errorf("RFC3339(%q) = %d, %v, want %d, %v", text, got, ok, want.UnixMicro(), wantOK)
		}
	})
}

// Every day from the epoch on, so that no leap year is missed.
func TestRFC3339KnowsTheCalendar(t *testing.T) {
	t.Parallel()
	for day := time.Unix(0, 0).UTC(); day.Year() < 2405; day = day.AddDate(0, 0, 1) {
		text := day.Format(time.RFC3339)
		if got, ok := RFC3339([]byte(text)); got != day.UnixMicro() || !ok {
			t.Fatalf("RFC3339(%s) = %d, %v", text, got, ok)
		}
	}
}

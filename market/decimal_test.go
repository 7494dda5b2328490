package market

import "testing"

func TestDecimalKeepsTheTextItWasGiven(t *testing.T) {
	for _, text := range []string{"0", "0.00", "189.98", "-3.50", "0.35210000", "12345678901234567890123456789012345678", "0.00000000000000000000000000000000000001", "10000000000000000000", "99999999999999999999999999999999999999"} {
		d, err := ParseDecimal(text)
		if err != nil || d.String() != text {
			t.Errorf("ParseDecimal(%q) = %s, %v", text, d, err)
		}
	}
}

package option_test

import (
	"net/url"
	"testing"

	"ticker/internal/option"
)

func TestACountIsWithinItsBounds(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"1": 1, "9": 9, "0": -1, "10": -1, "": -1, "x": -1, "1e1": -1, "99999999999999999999": -1} {
		got := -1
		err := option.Set{"n": option.Count(&got, 1, 9)}.Parse(url.Values{"n": {text}})
		if got != want || (err == nil) != (want > 0) {
			t.Errorf("%q is read as %d, %v", text, got, err)
		}
	}
}

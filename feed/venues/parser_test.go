package venues

import (
	"strings"
	"testing"
)

func TestEveryNameHasAParserAndNoOtherHas(t *testing.T) {
	t.Parallel()
	for _, name := range Names() {
		if p, err := Parser(name); p == nil || err != nil {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
	for _, name := range []string{"", "Kraken", "nasdaq"} {
		if _, err := Parser(name); err == nil || !strings.Contains(err.Error(), strings.Join(Names(), ", ")) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

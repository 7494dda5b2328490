package market

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestFieldsAreNamedAsOnTheWire(t *testing.T) {
	t.Parallel()
	var got []string
	for f := range NumFields {
		got = append(got, f.String())
	}
	want := []string{"bid", "bidSize", "ask", "askSize", "last", "lastSize", "open", "high", "low", "volume", "status", "source"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("names of the fields (-want +got):\n%s", diff)
	}
}

func TestOnlyValueFieldsAreFoundByName(t *testing.T) {
	t.Parallel()
	for f := range NumFields {
		got, ok := ParseField(f.String())
		if ok != (f < NumValues) || ok && got != f {
			t.Errorf("ParseField(%q) = %v, %t", f, got, ok)
		}
	}
	for _, name := range []string{"", "BID", "bidsize", "bid ", "unknown", "seq"} {
		if f, ok := ParseField(name); ok {
			t.Errorf("ParseField(%q) = %v", name, f)
		}
	}
}

func TestFieldsAreASet(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var set Fields
		model := map[Field]bool{}
		for _, f := range rapid.SliceOf(rapid.Map(rapid.Uint8Range(0, uint8(NumFields)-1), func(n uint8) Field { return Field(n) })).Draw(t, "fields") {
			set, model[f] = set.With(f), true
		}
		for f := range NumFields {
			if set.Has(f) != model[f] {
				t.Fatalf("the set %b has %v: %t", set, f, set.Has(f))
			}
		}
	})
}

func TestNamedSetsHoldTheirFields(t *testing.T) {
	t.Parallel()
	for f := range NumFields + 4 {
		if AllValues.Has(f) != (f < NumValues) || AllFields.Has(f) != (f < NumFields) {
			t.Errorf("field %d: AllValues %t, AllFields %t", f, AllValues.Has(f), AllFields.Has(f))
		}
	}
}

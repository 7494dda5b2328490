package market

import "testing"

func TestPutSetsOneFieldAndRemembersIt(t *testing.T) {
	t.Parallel()
	for f := range NumValues {
		var u Update
		u.Put(f, NewDecimal(18998, 2))
		for other := range NumValues {
			if u.Set.Has(other) != (other == f) || (u.Values[other].Sign() != 0) != (other == f) {
				t.Errorf("after Put(%v) the field %v is %s, set: %t", f, other, u.Values[other], u.Set.Has(other))
			}
		}
	}
}

func TestPutPanicsForAFieldThatIsNoValue(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("Put took the status for a decimal")
		}
	}()
	var u Update
	u.Put(StatusField, Decimal{})
}

func TestOnlyKnownValuesAreTold(t *testing.T) {
	t.Parallel()
	q := Quote{Known: Fields(0).With(Ask)}
	for f := range NumFields {
		q.Known = q.Known.With(StatusField)
		if f < NumValues {
			q.Values[f] = NewDecimal(7, 0)
		}
		d, known := q.Value(f)
		if known != (f == Ask) || (d.Sign() == 1) != known {
			t.Errorf("Value(%v) = %s, %t", f, d, known)
		}
	}
}

package nats

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ticker/internal/natsconn"
	"ticker/market"
)

func TestEverySymbolIsOneWordOfItsOwn(t *testing.T) {
	t.Parallel()
	symbols := rapid.StringMatching(`[A-Z0-9._:/-]{1,32}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := symbols.Draw(t, "a"), symbols.Draw(t, "b")
		of := func(s string) string { return subjectOf("q.{symbol}", market.Symbol(s)) }
		if s := of(a); !natsconn.ValidSubject(s, false) || strings.Count(s, ".") != 1 {
			t.Errorf("%s is published on %s", a, s)
		}
		if (of(a) == of(b)) != (a == b) {
			t.Errorf("%s and %s are published on %s and %s", a, b, of(a), of(b))
		}
	})
}

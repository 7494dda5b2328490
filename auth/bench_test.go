package auth_test

import (
	"fmt"
	"testing"

	"ticker/auth"
	"ticker/market"
)

// BenchmarkAuthenticate watches what a reconnection costs: a thousand clients that
// come back at once are a thousand of these, before anything is sent to them.
func BenchmarkAuthenticate(b *testing.B) {
	for _, s := range all() {
		b.Run(string(s.algorithm()), func(b *testing.B) {
			authenticate(b, newAuthority(b, auth.Config{JWT: s.accepting(b)}), s.token(`,"symbols":["AAPL","BTC-*"],"interval":"250ms"`))
		})
	}
}

// BenchmarkAuthenticateKey watches the comparison with all keys, the most there can be.
func BenchmarkAuthenticateKey(b *testing.B) {
	keys := make([]auth.Key, 1000)
	for i := range keys {
		id := fmt.Sprint("key", i)
		keys[i] = auth.Key{ID: id, SHA256: hashOf(id)}
	}
	authenticate(b, newAuthority(b, auth.Config{Keys: keys}), "key500")
}

func authenticate(b *testing.B, a *auth.Authority, credential string) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.Authenticate(b.Context(), credential); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMayRead watches what is asked for each symbol of a pattern, with a session's
// lock held: it must not grow with the number of patterns.
func BenchmarkMayRead(b *testing.B) {
	for _, n := range []int{1, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			list := make([]string, n)
			for i := range list {
				list[i] = fmt.Sprintf("S%03d*", i)
			}
			grant := &auth.Grant{Read: patterns(b, list...)}
			b.ReportAllocs()
			for b.Loop() {
				if !grant.MayRead(market.Symbol("S000-USD")) {
					b.Fatal("may not read")
				}
			}
		})
	}
}

package auth_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"

	"ticker/auth"
)

// kids are names of keys in the forms that login services use, and what is none.
func kids() map[string]bool {
	const slashed = "aK7/jB8EVoCLdsYM+Bd5WgQv3zQZOqW9bXkT/0nU1Rc="
	return map[string]bool{
		"7":                      true,
		"key_1.prod-2026":        true,
		strings.Repeat("k", 128): true,
		"0d8a67399e7882acae7d7f68b2280256a796a582":    true, // hex
		"f1ccb0b4-4f2d-4a4c-8f53-0d3a0f5f3f8e":        true, // UUID
		"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs": true, // thumbprint of RFC 7638
		"9wLkmc2/hQXbV1/4TmDPz0yRhNc=":                true, // SHA-1 in standard base64
		slashed:                                       true, // SHA-256

		strings.TrimSuffix(slashed, "="):   false,
		slashed[:20] + "\n" + slashed[20:]: false, // a decoder would pass over it
		strings.Repeat("/", 28):            false,
		strings.Repeat("k", 129):           false,
		"/":                                false,
		"keys/prod":                        false,
		"/etc/passwd":                      false,
		"../../../../dev/null":             false,
		`..\..\keys`:                       false,
		`C:\key`:                           false,
		"http://127.0.0.1/key":             false,
		"//evil.example.com":               false,
		"https:evil.example.com":           false,
		"file:///dev/null":                 false,
		"%2e%2e%2fkey":                     false,
		"' OR 1=1 --":                      false,
		"a b":                              false,
		"$(id)":                            false,
		"a\x00":                            false,
		"\u043a\u043b\u044e\u0447":         false,
		"{\"kty\":\"oct\",\"k\":\"" + slashed + "\"}": false,
	}
}

func quoted(text string) string { return string(must(json.Marshal(text))) }

// TestAKidThatIsNotTheNameOfAKeyIsRefusedWhereverKeysAre signs each token with the right
// key, which the key server even publishes under that name.
func TestAKidThatIsNotTheNameOfAKeyIsRefusedWhereverKeysAre(t *testing.T) {
	t.Parallel()
	hmac, ec := hmacSigner(secretText), newECDSA()
	synctest.Test(t, func(t *testing.T) {
		var keys []json.RawMessage
		for kid := range kids() {
			keys = append(keys, json.RawMessage(strings.Replace(string(ec.jwk("KID")), `"KID"`, quoted(kid), 1)))
		}
		host := newKeyHost(t)
		host.has(keys...)
		served := start(t, host.trusted(auth.ES256))
		synctest.Wait()
		modes := map[string]struct {
			signer
			*auth.Authority
		}{
			"secret":     {hmac, newAuthority(t, auth.Config{JWT: hmac.accepting(t)})},
			"key file":   {ec, newAuthority(t, auth.Config{JWT: ec.accepting(t)})},
			"key server": {ec, served},
		}
		for kid, good := range kids() {
			want := "bad_header"
			if good {
				want = "ok"
			}
			for mode, by := range modes {
				if got := judge(t, by.Authority, by.raw(by.header(`,"kid":`+quoted(kid)), claims(""))); got != want {
					t.Errorf("%s: kid %q: judged %s, want %s", mode, kid, got, want)
				}
			}
		}
		if n := host.asked.Load(); n != 1 {
			t.Errorf("the key server was asked %d times", n)
		}
	})
}

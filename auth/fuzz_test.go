package auth

import (
	"crypto/ed25519"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// FuzzAuthenticate gives anything as a credential. Nothing panics, nothing is granted
// that was not made here, and errors have no words but their own.
func FuzzAuthenticate(f *testing.F) {
	const secret = "0123456789abcdef0123456789abcdef"
	now := time.Unix(1_800_000_000, 0)
	token, err := Mint(JWT{Algorithm: HS256, Secret: secret}, Claims{Subject: "a", Expires: now.Add(time.Hour)})
	if err != nil {
		f.Fatal(err)
	}
	key, hash := NewKey()
	a, err := New(Config{
		JWT: JWT{Algorithm: HS256, Secret: secret}, Keys: []Key{{ID: "a", SHA256: hash}}, Now: func() time.Time { return now },
	})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		"", key, token, token + ".", "..", "eyJhbGciOiJub25lIn0.e30.", token[:len(token)-1] + "A",
		base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","kid":"../secret"}`)) + ".e30.AAAA", strings.Repeat(".", 9000),
	} {
		f.Add(seed)
	}
	texts := refusals()
	f.Fuzz(func(t *testing.T, credential string) {
		grant, err := a.Authenticate(t.Context(), credential)
		if good := credential == token || credential == key; (err == nil) != good || (grant != nil) != good {
			t.Fatalf("%q: grant %v, error %v", credential, grant, err)
		}
		if err != nil && !texts[err.Error()] {
			t.Errorf("%q: error %q", credential, err)
		}
	})
}

// refusals are all the texts that a Refusal may have.
func refusals() map[string]bool {
	texts := make(map[string]bool)
	for reason := range numReasons {
		texts[refuse(reason).Error()] = true
		for _, claim := range claimNames {
			texts[(&Refusal{reason, claim}).Error()] = true
		}
	}
	return texts
}

// FuzzSigned signs anything as header and claims. What is accepted has a subject and
// an end that lies ahead, though not absurdly far; errors have no words but their own.
func FuzzSigned(f *testing.F) {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		f.Fatal(err)
	}
	now := time.Unix(1_800_000_000, 0)
	set := new(keySet)
	set.add("", private.Public())
	ring := &keyring{source: &source[*keySet]{now: time.Now}}
	ring.held.Store(&holding[*keySet]{value: set})
	judge := newTokens(JWT{Algorithm: EdDSA, Leeway: defaultLeeway, MaxLifetime: defaultMaxLifetime}, ring, func() time.Time { return now })
	for _, seed := range []string{
		`{"sub":"a","exp":1800003600}`, `{"sub":"a","exp":1800003600,"symbols":["A","B*"],"publish":[],"interval":"1s"}`,
		`{"sub":"a","exp":1e400}`, `{"sub":"a","exp":-0,"aud":["x",{}]}`, `null`, `{"sub":"\ud800"}`, `{"exp":1,"exp":2}`,
	} {
		f.Add(`{"alg":"EdDSA"}`, seed)
	}
	f.Add(`{"alg":"none"}`, `{}`)
	f.Add(`{"alg":"EdDSA","kid":"a/b"}`, `{"sub":"a","exp":253402300799}`)
	f.Add(`{"alg":"EdDSA","crit":["exp"]}`, `{}`)
	texts := refusals()
	f.Fuzz(func(t *testing.T, header, claims string) {
		text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
		signature, err := jwt.SigningMethodEdDSA.Sign(text, private)
		if err != nil {
			t.Fatal(err)
		}
		grant, err := judge.judge(t.Context(), text+"."+base64.RawURLEncoding.EncodeToString(signature))
		if err != nil {
			if !texts[err.Error()] {
				t.Errorf("%q: error %q", claims, err)
			}
			return
		}
		if !presentable(grant.Subject) || !grant.End().After(now) || grant.Expires.Sub(now) > defaultMaxLifetime+defaultLeeway ||
			grant.Interval < 0 || grant.Delay < 0 || grant.MaxSessions < 0 || grant.MaxSymbols < 0 {
			t.Errorf("%q: granted %+v", claims, grant)
		}
	})
}

// FuzzKeySet reads anything as what a key server answers: what is taken is a key that
// the algorithm can use.
func FuzzKeySet(f *testing.F) {
	f.Add(`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`)
	f.Add(`{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"},{"kty":"EC","crv":"P-256","x":"AA","y":"AA"},{"kty":"oct","k":"AA"}]}`)
	f.Add(`{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA","x5c":["AA"],"x5u":"http://localhost/"},null,1]}`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, algorithm := range []Algorithm{RS256, ES256, EdDSA} {
			set, err := setParser(algorithm)([]byte(text))
			if err != nil {
				continue
			}
			for _, key := range set.all {
				if err := algorithm.check(key); err != nil {
					t.Errorf("%s: took a key that %v", algorithm, err)
				}
			}
			if n := set.count(); n == 0 || n > maxKeysOfServer {
				t.Errorf("%d keys", n)
			}
		}
	})
}

// FuzzKeyFile reads anything as a file of keys, and as one of revocations.
func FuzzKeyFile(f *testing.F) {
	f.Add("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n")
	f.Add("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n-----BEGIN RSA PUBLIC KEY-----\nAAAA\n-----END RSA PUBLIC KEY-----\n")
	f.Add("jti:a\nsub:b\n# c\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, algorithm := range []Algorithm{RS256, ES256, EdDSA} {
			set, err := pemParser(algorithm)([]byte(text))
			if err == nil && (set.count() == 0 || set.count() > maxTried || algorithm.check(set.all[0]) != nil) {
				t.Errorf("%s: took %d keys", algorithm, set.count())
			}
		}
		list, err := parseRevoked([]byte(text))
		if err == nil && list.count() > strings.Count(text, ":") {
			t.Errorf("%d revocations in %q", list.count(), text)
		}
	})
}

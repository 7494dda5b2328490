package auth_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ticker/auth"
)

// TestNoErrorAndNoLogLineHasAPartOfACredential puts a secret wherever a credential, or
// a configuration, has a place for one.
func TestNoErrorAndNoLogLineHasAPartOfACredential(t *testing.T) {
	t.Parallel()
	s := hmacSigner(secretText)
	_, hash := auth.NewKey()
	var log bytes.Buffer
	a := newAuthority(t, auth.Config{
		JWT: s.accepting(t), Keys: []auth.Key{{ID: "a", SHA256: hash}}, Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	rapid.Check(t, func(rt *rapid.T) {
		secret := rapid.StringMatching(`[0-9A-Z]{8,31}`).Draw(rt, "secret")
		place := rapid.SampledFrom([]string{
			`{"alg":"HS256","kid":["%s"]}{}`, `{"alg":"%s"}{}`, `{"%s":1}{}`, `{"alg":"HS256","crit":["%s"]}{}`, `%s{}`, `{"alg":"HS256"}%s`,
			`{"alg":"HS256"}{"sub":["%s"]}`, `{"alg":"HS256"}{"sub":"a","exp":"%s"}`, `{"alg":"HS256"}{"sub":"a","exp":1,"iss":"%s"}`,
			`{"alg":"HS256"}{"sub":"a","exp":1795179600,"symbols":["%s!"]}`, `{"alg":"HS256"}{"sub":"a","exp":1795179600,"interval":"%s"}`,
			`{"alg":"HS256"}{"sub":"a","exp":1795179600,"%s"}`,
		}).Draw(rt, "place")
		header, claims, _ := strings.Cut(fmt.Sprintf(place, secret), "}")
		token := s.raw(header+"}", claims)
		for _, credential := range []string{token, token + secret, secret, "." + secret + ".", "tk_" + secret} {
			_, err := a.Authenticate(t.Context(), credential)
			if err == nil {
				rt.Fatalf("%q is accepted", credential)
			}
			forbid(rt, err.Error()+log.String(), secret, credential)
		}
		for _, cfg := range []auth.Config{
			{JWT: auth.JWT{Algorithm: auth.HS256, Secret: secret}},
			{JWT: auth.JWT{Algorithm: auth.ES256, Secret: secret}},
			{JWT: auth.JWT{Algorithm: auth.ES256, JWKSURL: "https://a:" + secret + "@localhost/"}},
			{JWT: auth.JWT{Algorithm: auth.HS256, Secret: secretText}, Keys: []auth.Key{{ID: "a", SHA256: secret}}},
		} {
			_, err := auth.New(cfg)
			if err == nil {
				rt.Fatal("accepted")
			}
			forbid(rt, err.Error(), secret)
		}
	})
}

// forbid fails if a text has 8 bytes in a row of one of the secrets.
func forbid(rt *rapid.T, text string, secrets ...string) {
	rt.Helper()
	for _, secret := range secrets {
		for i := 0; i+8 <= len(secret); i++ {
			if strings.Contains(text, secret[i:i+8]) {
				rt.Fatalf("%q has a part of %q", text, secret)
			}
		}
	}
}

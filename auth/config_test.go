package auth_test

import (
	"os"
	"strings"
	"testing"

	"ticker/auth"
)

func TestMistakesInTheConfigurationOfTokensAreNamed(t *testing.T) {
	t.Parallel()
	const url = "https://id.example.com/keys"
	for _, c := range []struct {
		want string
		cfg  auth.JWT
	}{
		{`jwt.algorithm: "": want HS256`, auth.JWT{Secret: secretText}},
		{`jwt.algorithm: "none": want HS256`, auth.JWT{Algorithm: "none", Secret: secretText}},
		{`jwt.algorithm: "hs256": want HS256`, auth.JWT{Algorithm: "hs256", Secret: secretText}},
		{`jwt.algorithm: "HS512": want HS256`, auth.JWT{Algorithm: "HS512", Secret: secretText}},
		{`jwt: want one of jwt.secret or jwt.secret_file for `, auth.JWT{Algorithm: auth.HS256}},
		{`jwt: want one of jwt.secret or jwt.secret_file for `, auth.JWT{Algorithm: auth.HS256, Secret: secretText, SecretFile: "x"}},
		{`jwt: want one of jwt.secret or jwt.secret_file for `, auth.JWT{Algorithm: auth.HS256, JWKSURL: url}},
		{`jwt: want one of jwt.secret or jwt.secret_file for `, auth.JWT{Algorithm: auth.HS256, Secret: secretText, KeyFile: "x"}},
		{`jwt: want one of jwt.key_file or jwt.jwks_url for `, auth.JWT{Algorithm: auth.RS256, Secret: secretText}},
		{`jwt: want one of jwt.key_file or jwt.jwks_url for `, auth.JWT{Algorithm: auth.ES256, KeyFile: "x", JWKSURL: url}},
		{`jwt: want one of jwt.key_file or jwt.jwks_url for `, auth.JWT{Algorithm: auth.EdDSA, Secret: secretText, JWKSURL: url}},
		{`jwt.secret: secret has 31 bytes: want 32 or more`, auth.JWT{Algorithm: auth.HS256, Secret: secretText[1:]}},
		{`jwt.secret: secret has more than one line`, auth.JWT{Algorithm: auth.HS256, Secret: secretText + "\n" + secretText}},
		{`jwt.secret_file: open /nowhere: `, auth.JWT{Algorithm: auth.HS256, SecretFile: "/nowhere"}},
		{`jwt.key_file: open /nowhere: `, auth.JWT{Algorithm: auth.ES256, KeyFile: "/nowhere"}},
		{`jwt.jwks_url: want https://`, auth.JWT{Algorithm: auth.ES256, JWKSURL: "http://id.example.com/keys"}},
		{`jwt.jwks_url: want https://`, auth.JWT{Algorithm: auth.ES256, JWKSURL: "file:///etc/keys"}},
		{`jwt.jwks_url: want https://`, auth.JWT{Algorithm: auth.ES256, JWKSURL: "https:///keys"}},
		{`jwt.jwks_url: want https://`, auth.JWT{Algorithm: auth.ES256, JWKSURL: "http://127.0.0.1.example.com/keys"}},
		{`jwt.jwks_url: is no URL`, auth.JWT{Algorithm: auth.ES256, JWKSURL: "https://[::1"}},
		{`jwt.jwks_url: has a login`, auth.JWT{Algorithm: auth.ES256, JWKSURL: "https://a:b@example.com/"}},
		{`jwt: a duration is below 0`, auth.JWT{Algorithm: auth.HS256, Secret: secretText, Leeway: -1}},
		{`jwt: a duration is below 0`, auth.JWT{Algorithm: auth.ES256, JWKSURL: url, MaxAge: -1}},
	} {
		_, err := auth.New(auth.Config{JWT: c.cfg})
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("error %v, want %s", err, c.want)
		}
	}
	if _, err := auth.New(auth.Config{JWT: auth.JWT{Algorithm: auth.HS256, Secret: secretText}, Poll: -1}); err == nil {
		t.Error("a poll below 0 is accepted")
	}
}

func TestKeyServersAreHTTPSOrOnThisMachine(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"https://id.example.com/keys", "http://localhost:8080/keys", "http://127.0.0.1/keys", "http://127.3.2.1/", "http://[::1]:80/",
	} {
		if _, err := auth.New(auth.Config{JWT: auth.JWT{Algorithm: auth.EdDSA, JWKSURL: url}}); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestASecretThatEverybodyMayReadIsRefused(t *testing.T) {
	t.Parallel()
	path := file(t, secretText)
	cfg := auth.Config{JWT: auth.JWT{Algorithm: auth.HS256, SecretFile: path}}
	for mode, want := range map[os.FileMode]bool{0o600: true, 0o640: true, 0o644: false, 0o604: false} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := auth.New(cfg); (err == nil) != want {
			t.Errorf("mode %o: error %v", mode, err)
		}
	}
}

func TestASecretFileIsOneLine(t *testing.T) {
	t.Parallel()
	s := hmacSigner(secretText)
	for text, want := range map[string]string{
		secretText: "ok", secretText + "\n": "ok", secretText + "\r\n": "ok", secretText + " ": "bad_signature",
	} {
		a := newAuthority(t, auth.Config{JWT: auth.JWT{Algorithm: auth.HS256, SecretFile: file(t, text)}})
		if got := judge(t, a, s.token("")); got != want {
			t.Errorf("%q: judged %s, want %s", text, got, want)
		}
	}
	for _, text := range []string{"", "\n", secretText + "\n\n", secretText + "\nmore\n", strings.Repeat("s", 64<<10+1)} {
		if _, err := auth.New(auth.Config{JWT: auth.JWT{Algorithm: auth.HS256, SecretFile: file(t, text)}}); err == nil {
			t.Errorf("%.50q: accepted", text)
		}
	}
}

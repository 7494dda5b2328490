package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ticker/auth"
)

const testSecret = "0123456789abcdef0123456789abcdef"

// putFile writes a file of a directory and returns its name.
func putFile(t *testing.T, dir, name, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask
		t.Fatal(err)
	}
	return path
}

func TestMistakesOfAccessAreNamedWithKeyAndLine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open := putFile(t, dir, "open", testSecret, 0o644)
	short := putFile(t, dir, "short", "short", 0o600)
	hash := strings.Repeat("ab", 32)
	for text, want := range map[string]string{
		"auth: {mode: jwt}":                        ":1: auth.mode: jwt needs auth.jwt.secret",
		"auth:\n  mode: password":                  `:2: auth.mode: "password" is not known: want none, jwt, keys`,
		"auth:\n  jwt:\n    secret: " + testSecret: ":3: auth.jwt.secret: means nothing without auth.mode: jwt",
		"auth:\n  mode: keys\n  jwt:\n    issuer: me\n  keys: [{id: a, sha256: " + hash + "}]": ":4: auth.jwt.issuer: means nothing without auth.mode: jwt",
		"auth:\n  keys: [{id: a, sha256: " + hash + "}]":                                       ":2: auth.keys: means nothing without auth.mode",
		"auth:\n  mode: none\n  allow_query: true":                                             ":3: auth.allow_query: means nothing without auth.mode",
		"auth:\n  mode: none\n  revoked_file: x":                                               ":3: auth.revoked_file: means nothing without auth.mode",
		"auth:\n  mode: keys\n  allow_query: maybe":                                            `:3: auth.allow_query: "maybe" is neither true nor false`,
		"auth: {mode: keys}":                                                                   ":1: auth.mode: neither tokens nor keys are accepted",
		"auth:\n  mode: keys\n  keys: [{id: a, sha256: hello}]":                                ":3: auth.keys: entry 1: sha256: want 64 hexadecimal digits",
		"auth:\n  mode: keys\n  keys: [{id: a, sha256: " + hash + ", symbol: A}]":              `:3: auth.keys: entry 1: unknown option "symbol"`,
		"auth:\n  mode: keys\n  keys: [{id: a, sha256: " + hash + ", symbols: [a]}]":           ":3: auth.keys: entry 1: symbols: entry 1:",
		"auth:\n  mode: keys\n  keys: [{id: a, sha256: " + hash + ", interval: fast}]":         `:3: auth.keys: entry 1: interval: "fast" is no duration`,
		"auth:\n  mode: keys\n  keys: [{id: a, sha256: " + hash + ", sessions: 0}]":            ":3: auth.keys: entry 1: sessions: 0 is out of range",
		"auth:\n  mode: jwt\n  jwt: {algorithm: none, secret: " + testSecret + "}":             `:3: auth.jwt.algorithm: "none" is not known`,
		"auth:\n  mode: jwt\n  jwt: {secret: short}":                                           ":3: auth.jwt.secret: secret has 5 bytes: want 32 or more",
		"auth:\n  mode: jwt\n  jwt: {secret_file: " + open + "}":                               ":3: auth.jwt.secret_file: read " + open + ": everybody may read it",
		"auth:\n  mode: jwt\n  jwt: {secret_file: " + short + "}":                              ":3: auth.jwt.secret_file: secret has 5 bytes",
		"auth:\n  mode: jwt\n  jwt: {algorithm: RS256, jwks_url: 'http://example.com'}":        ":3: auth.jwt.jwks_url: want https://",
		"auth:\n  mode: jwt\n  jwt: {algorithm: RS256, secret: " + testSecret + "}":            "auth.mode: jwt: want one of jwt.key_file or jwt.jwks_url for RS256",
		"tls:\n  cert_file: x": ":2: tls.cert_file: stands without tls.key_file",
		"tls:\n  key_file: x":  ":2: tls.key_file: stands without tls.cert_file",
		"tls:\n  cert_file: " + short + "\n  key_file: " + short:                 ":2: tls.cert_file: no pair with tls.key_file",
		"admin: 0.0.0.0:0\nauth: {mode: jwt, jwt: {secret: " + testSecret + "}}": ":1: admin: 0.0.0.0:0 can be reached",
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			code, _, stderr := program(t, nil, "config", "check", writeFile(t, text))
			if code != 2 || !strings.Contains(stderr, want) || strings.Contains(stderr, testSecret) {
				t.Errorf("exit %d: %s", code, stderr)
			}
		})
	}
	for _, text := range []string{
		"listen: 0.0.0.0:0\nauth: {mode: jwt, jwt: {secret: " + testSecret + "}}",
		"listen: 0.0.0.0:0\nauth: {mode: keys, keys: [{id: a, sha256: " + hash + "}]}",
		"auth: {mode: none, allow_query: false, keys: []}",
	} {
		if code, _, stderr := program(t, nil, "config", "check", writeFile(t, text)); code != 0 {
			t.Errorf("%s: exit %d: %s", text, code, stderr)
		}
	}
}

func TestSecretsOfAccessAreNeverShown(t *testing.T) {
	t.Parallel()
	inFile := []string{"--config", writeFile(t, "auth: {mode: jwt, jwt: {secret: "+testSecret+"}}")}
	inEnvironment := []string{"TICKER_AUTH_MODE=jwt", "TICKER_AUTH_JWT_SECRET=" + testSecret}
	for _, c := range []struct{ environ, args []string }{{nil, inFile}, {inEnvironment, nil}} {
		code, stdout, stderr := program(t, c.environ, append([]string{"config", "print"}, c.args...)...)
		if code != 0 || !strings.Contains(stdout, "secret: xxxxx") || strings.Contains(stdout+stderr, testSecret[:8]) {
			t.Errorf("exit %d: %s%s", code, stdout, stderr)
		}
	}
	// A key in the place of its hash is a mistake that is told without it.
	credential, _ := auth.NewKey()
	for _, text := range []string{
		"auth: {mode: keys, keys: [{id: a, sha256: " + credential + "}]}",
		"auth: {mode: keys, keys: ['" + credential + "%zz']}",
	} {
		if code, stdout, stderr := program(t, nil, "config", "check", writeFile(t, text)); code != 2 || strings.Contains(stdout+stderr, credential) {
			t.Errorf("exit %d: %s%s", code, stdout, stderr)
		}
	}
}

func TestKeysReadBackAsTheyWerePrinted(t *testing.T) {
	t.Parallel()
	hash := strings.Repeat("0f", 32)
	file := writeFile(t, strings.Join([]string{
		"auth:", "  mode: keys", "  keys:",
		"    - {id: all, sha256: " + hash + "}",
		"    - {id: 'none at all', sha256: " + strings.Replace(hash, "0f", "aa", 1) + ", symbols: [], publish: [A, B*], interval: 1s, sessions: 2, max_symbols: 3}",
		"    - id=text&symbols=X*&sha256=" + strings.Replace(hash, "0f", "bb", 1),
	}, "\n"))
	code, first, stderr := program(t, nil, "config", "print", "--config", file)
	if code != 0 {
		t.Fatal(stderr)
	}
	var settings [2][]auth.Key
	for i, name := range []string{file, writeFile(t, first)} {
		c := newConfiguration()
		if err := c.file(name); err != nil || len(c.mistakes) > 0 {
			t.Fatal(err, c.mistakes)
		}
		settings[i] = c.settings.auth.keys
	}
	if diff := cmp.Diff(settings[0], settings[1]); diff != "" || len(settings[0]) != 3 {
		t.Error(diff)
	}
	if all, none := settings[0][0], settings[0][1]; all.Symbols != nil || none.Symbols == nil || len(none.Symbols) != 0 || !slices.Equal(none.Publish, []string{"A", "B*"}) {
		t.Errorf("%+v %+v", all, none)
	}
	environ := []string{"TICKER_AUTH_MODE=keys", "TICKER_AUTH_KEYS=id=a&sha256=" + hash + " id=b&sha256=" + strings.Repeat("1e", 32)}
	if code, stdout, stderr := program(t, environ, "config", "print"); code != 0 || strings.Count(stdout, "sha256=") != 2 {
		t.Errorf("from the environment: exit %d %s%s", code, stdout, stderr)
	}
}

func TestTokenNeedsASecretAndSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	secret := writeFile(t, "auth: {mode: jwt, jwt: {secret: "+testSecret+"}}")
	public := writeFile(t, "auth: {mode: jwt, jwt: {algorithm: RS256, jwks_url: 'https://example.com/keys'}}")
	for want, args := range map[string][]string{
		"no secret to sign with":           {"--config", writeFile(t, "{}"), "--sub", "a"},
		"only HS256 tokens can be made":    {"--config", public, "--sub", "a"},
		"want a sub":                       {"--config", secret},
		"--ttl -1s: want a duration above": {"--config", secret, "--sub", "a", "--ttl", "-1s"},
		"symbols: entry 1:":                {"--config", secret, "--sub", "a", "--symbols", "aapl"},
		"interval: is below 0":             {"--config", secret, "--sub", "a", "--interval", "-1s"},
		"unknown flag":                     {"--config", secret, "--nonsense"},
	} {
		code, stdout, stderr := program(t, nil, append([]string{"token"}, args...)...)
		if code != 2 || stdout != "" || !strings.Contains(stderr, want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: exit %d %q %q", want, code, stdout, stderr)
		}
	}
}

func TestAMintedTokenSaysWhatTheFlagsSay(t *testing.T) {
	t.Parallel()
	file := writeFile(t, "auth: {mode: jwt, jwt: {secret: "+testSecret+", issuer: me, audience: ticker}}")
	authority, err := auth.New(auth.Config{JWT: auth.JWT{Algorithm: auth.HS256, Secret: testSecret, Issuer: "me", Audience: "ticker"}})
	if err != nil {
		t.Fatal(err)
	}
	mint := func(args ...string) *auth.Grant {
		t.Helper()
		code, stdout, stderr := program(t, nil, append([]string{"token", "--config", file, "--sub", "desk-1"}, args...)...)
		if code != 0 || strings.Count(stdout, "\n") != 1 {
			t.Fatalf("exit %d %q %s", code, stdout, stderr)
		}
		g, err := authority.Authenticate(t.Context(), strings.TrimSpace(stdout))
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	g := mint("--symbols", "AAPL,BTC-*", "--publish", "X", "--interval", "250ms")
	if g.Subject != "desk-1" || !g.MayRead("BTC-USD") || g.MayRead("MSFT") || !g.MayPublish("X") || g.MayPublish("AAPL") || g.Interval.String() != "250ms" {
		t.Errorf("%+v", g)
	}
	if g := mint(); !g.MayRead("MSFT") || g.MayPublish("X") {
		t.Errorf("without flags: %+v", g)
	}
	if g := mint("--symbols", ""); g.MayRead("MSFT") {
		t.Errorf("with no symbols: %+v", g)
	}
}

func TestAMadeKeyFitsTheLinesBesideIt(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"key"}, {"key", "--id", "desk: 1"}} {
		code, stdout, stderr := program(t, nil, args...)
		credential, lines, ok := strings.Cut(stdout, "\n")
		if code != 0 || !ok || strings.Contains(lines, credential) {
			t.Fatalf("exit %d %q %s", code, stdout, stderr)
		}
		c := newConfiguration()
		if err := c.file(writeFile(t, lines)); err != nil {
			t.Fatal(err)
		}
		c.check()
		if err := c.err(); err != nil {
			t.Fatal(err)
		}
		authority, err := auth.New(c.settings.auth.config())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := authority.Authenticate(t.Context(), credential); err != nil {
			t.Error(err)
		}
	}
	if code, stdout, stderr := program(t, nil, "key", "--id", "\x1b"); code != 2 || stdout != "" {
		t.Errorf("exit %d %q %q", code, stdout, stderr)
	}
}

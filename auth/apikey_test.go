package auth_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ticker/auth"
)

func hashOf(credential string) string {
	sum := sha256.Sum256([]byte(credential))
	return hex.EncodeToString(sum[:])
}

func TestAnAPIKeyIsFoundByTheHashOfTheWholeCredential(t *testing.T) {
	t.Parallel()
	credential, hash := auth.NewKey()
	a := newAuthority(t, auth.Config{Keys: []auth.Key{
		{ID: "other", SHA256: hashOf("other")},
		{ID: "desk", SHA256: hash, Rights: auth.Rights{
			Symbols: []string{"BTC-*"}, Publish: []string{"AAPL"}, Interval: time.Second, Delay: time.Minute, Sessions: 3, MaxSymbols: 9,
		}},
		{ID: "by hand", SHA256: strings.ToUpper(hashOf("any.text.at all"))},
	}})
	grant, err := a.Authenticate(t.Context(), credential)
	if err != nil {
		t.Fatal(err)
	}
	want := &auth.Grant{
		Subject: "desk", KeyID: "desk", Read: patterns(t, "BTC-*"), Publish: patterns(t, "AAPL"),
		Interval: time.Second, Delay: time.Minute, MaxSessions: 3, MaxSymbols: 9,
	}
	if diff := cmp.Diff(want, grant, cmp.AllowUnexported(auth.Patterns{}), cmpopts.IgnoreUnexported(auth.Grant{})); diff != "" {
		t.Errorf("grant (-want +got):\n%s", diff)
	}
	expect(t, a, "any.text.at all", "ok")
	for _, wrong := range []string{"", hash, "desk", credential[:len(credential)-1], credential + "x", strings.ToUpper(credential), "tk_"} {
		expect(t, a, wrong, "unknown_key")
	}
	expect(t, a, strings.Repeat("k", 8<<10+1), "too_long")
}

func TestKeysAndTokensAreAcceptedSideBySide(t *testing.T) {
	t.Parallel()
	s := hmacSigner(secretText)
	credential, hash := auth.NewKey()
	dotted := "a.key.withdots"
	a := newAuthority(t, auth.Config{JWT: s.accepting(t), Keys: []auth.Key{
		{ID: "desk", SHA256: hash}, {ID: "dotted", SHA256: hashOf(dotted)},
	}})
	expect(t, a, credential, "ok")
	expect(t, a, dotted, "ok")
	expect(t, a, s.token(""), "ok")
	expect(t, a, credential+"x", "unknown_key")
	expect(t, a, "", "unknown_key")
	expect(t, a, dotted+"x", "malformed")
}

func TestNewKeysDifferAndSayThatTheyAreKeys(t *testing.T) {
	t.Parallel()
	first, hash := auth.NewKey()
	second, _ := auth.NewKey()
	if first == second || !strings.HasPrefix(first, "tk_") || len(first) != 46 {
		t.Errorf("keys %q and %q: want two of 46 characters that begin with tk_", first, second)
	}
	if hash != hashOf(first) {
		t.Errorf("hash %s, want that of the credential", hash)
	}
}

func TestMistakesInKeysAreNamedAndNeverShown(t *testing.T) {
	t.Parallel()
	const secret = "tk_a-secret-where-its-hash-should-stand"
	good := auth.Key{ID: "good", SHA256: hashOf("good")}
	with := func(rights auth.Rights) auth.Key { return auth.Key{ID: "a", SHA256: hashOf("a"), Rights: rights} }
	for want, keys := range map[string][]auth.Key{
		"keys: entry 1: id: want 1 to 256 printable characters":    {{SHA256: hashOf("a")}},
		"keys: entry 2: id: want 1 to 256 printable characters":    {good, {ID: "a\nb", SHA256: hashOf("a")}},
		"keys: entry 1: sha256: want 64 hexadecimal digits":        {{ID: "a", SHA256: secret}},
		"keys: entry 2: sha256: want 64 hexadecimal digits":        {good, {ID: "a"}},
		"keys: entry 3: sha256: want 64 hexadecimal digits":        {good, with(auth.Rights{}), {ID: "b", SHA256: hashOf("b") + "00"}},
		"keys: entry 2: id: stands there twice":                    {good, {ID: "good", SHA256: hashOf("a")}},
		"keys: entry 2: sha256: is that of another key":            {good, {ID: "a", SHA256: good.SHA256}},
		"keys: entry 1: interval: is below 0":                      {with(auth.Rights{Interval: -1})},
		"keys: entry 1: delay: is more than can be meant":          {with(auth.Rights{Delay: 25 * time.Hour})},
		"keys: entry 1: sessions: is below 0":                      {with(auth.Rights{Sessions: -1})},
		"keys: entry 1: max_symbols: is more than can be meant":    {with(auth.Rights{MaxSymbols: 1_000_001})},
		"keys: entry 1: symbols: 1001 patterns: want 1000 at most": {with(auth.Rights{Symbols: make([]string, 1001)})},
		"keys: entry 1: publish: entry 2: pattern must be a symbol, or up to 32 characters of one and a final *": {
			with(auth.Rights{Publish: []string{"A", "a"}}),
		},
		"keys: 1001 of them: want 1000 at most":                        make([]auth.Key, 1001),
		"neither tokens nor keys are accepted: nobody could be let in": {},
	} {
		_, err := auth.New(auth.Config{Keys: keys})
		if err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

package auth_test

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ticker/auth"
)

// admitted returns the grant of a credential that must be good.
func admitted(t *testing.T, a *auth.Authority, credential string) *auth.Grant {
	t.Helper()
	grant, err := a.Authenticate(t.Context(), credential)
	if err != nil {
		t.Fatal(err)
	}
	return grant
}

func replace(t *testing.T, a *auth.Authority, keys ...auth.Key) {
	t.Helper()
	if err := a.SetKeys(keys); err != nil {
		t.Fatal(err)
	}
}

func keyOf(id, credential string, symbols ...string) auth.Key {
	return auth.Key{ID: id, SHA256: hashOf(credential), Rights: auth.Rights{Symbols: symbols}}
}

func TestKeysThatAreReplacedLetInNobodyElse(t *testing.T) {
	t.Parallel()
	s := hmacSigner(secretText)
	a := newAuthority(t, auth.Config{JWT: s.accepting(t), Keys: []auth.Key{keyOf("old", "old"), keyOf("kept", "kept")}})
	replace(t, a, keyOf("kept", "kept"), keyOf("new", "new"))
	expect(t, a, "old", "unknown_key")
	expect(t, a, "kept", "ok")
	expect(t, a, "new", "ok")
	expect(t, a, s.token(""), "ok")
	replace(t, a)
	expect(t, a, "new", "malformed") // there are tokens only
	expect(t, a, s.token(""), "ok")
}

func TestAGrantLeadsToWhatItsKeyAllowsNow(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, auth.Config{Keys: []auth.Key{
		keyOf("same", "1", "A"), keyOf("wider", "2", "A"), keyOf("gone", "3"), keyOf("rehashed", "4"), keyOf("renamed", "5"),
	}})
	grants := make(map[string]*auth.Grant)
	for _, credential := range []string{"1", "2", "3", "4", "5"} {
		grant := admitted(t, a, credential)
		grants[grant.KeyID] = grant
	}
	// The second time everything is as it was, and grants of before the first lead on.
	for range 2 {
		replace(t, a, keyOf("rehashed", "6"), keyOf("another", "5"), keyOf("wider", "2", "A", "B"), keyOf("same", "1", "A"))
		if a.Current(grants["same"]) != grants["same"] || admitted(t, a, "1") != grants["same"] {
			t.Error("a key that did not change has another grant")
		}
		wider := a.Current(grants["wider"])
		if wider == grants["wider"] || wider != admitted(t, a, "2") || !wider.MayRead("B") || wider.Subject != "wider" {
			t.Errorf("a key that may more leads to %+v", wider)
		}
		if a.Current(wider) != wider {
			t.Error("the new grant is not what its key allows now")
		}
		for _, id := range []string{"gone", "rehashed", "renamed"} {
			if now := a.Current(grants[id]); now != nil {
				t.Errorf("the key %s leads to %+v", id, now)
			}
		}
	}
	if grants["wider"].MayRead("B") {
		t.Error("a grant changed")
	}
}

func TestAGrantThatIsRevokedLeadsNowhere(t *testing.T) {
	t.Parallel()
	s := hmacSigner(secretText)
	path := file(t, "")
	cfg := auth.Config{JWT: s.accepting(t), Keys: []auth.Key{keyOf("desk", "key")}, RevokedFile: path}
	synctest.Test(t, func(t *testing.T) {
		a := start(t, cfg)
		key, token := admitted(t, a, "key"), admitted(t, a, s.token(`,"jti":"7f"`))
		if a.Current(key) != key || a.Current(token) != token {
			t.Error("a grant that is good leads elsewhere")
		}
		write(t, path, "sub:desk\njti:7f\n")
		time.Sleep(time.Minute)
		synctest.Wait()
		if a.Current(key) != nil || a.Current(token) != nil {
			t.Error("a grant that is revoked leads somewhere")
		}
	})
}

func TestKeysWithAMistakeReplaceNothing(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, auth.Config{Keys: []auth.Key{keyOf("old", "old")}})
	grant := admitted(t, a, "old")
	for want, keys := range map[string][]auth.Key{
		"keys: entry 2: sha256: is that of another key":                {keyOf("new", "new"), keyOf("newer", "new")},
		"keys: entry 1: symbols: entry 1: ":                            {keyOf("new", "new", "lower")},
		"neither tokens nor keys are accepted: nobody could be let in": {},
	} {
		if err := a.SetKeys(keys); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
		expect(t, a, "new", "unknown_key")
		if a.Current(grant) != grant || admitted(t, a, "old") != grant {
			t.Errorf("%s: the old key is not what it was", want)
		}
	}
}

func TestKeysAreReplacedWhileOthersAreJudged(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, auth.Config{Keys: []auth.Key{keyOf("kept", "kept", "A")}})
	var judging sync.WaitGroup
	for range 4 {
		judging.Go(func() {
			for range 200 {
				grant, err := a.Authenticate(t.Context(), "kept")
				if err != nil || a.Current(grant) == nil {
					t.Errorf("a key that was always there: %v", err)
				}
			}
		})
	}
	for i := range 200 {
		replace(t, a, keyOf("kept", "kept", []string{"A", "B"}[i%2]), keyOf("other", "other"))
	}
	judging.Wait()
}

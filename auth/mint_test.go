package auth_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ticker/auth"
)

func TestWhatIsMintedIsAcceptedAsItWasMeant(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]auth.JWT{
		"secret":      {Algorithm: auth.HS256, Secret: secretText, Issuer: "dev", Audience: "ticker"},
		"secret file": {Algorithm: auth.HS256, SecretFile: file(t, secretText+"\n")},
	} {
		minted, err := auth.Mint(cfg, auth.Claims{
			Subject: "desk-1", ID: "7f", IssuedAt: noon, Expires: noon.Add(time.Hour),
			Rights: auth.Rights{
				Symbols: []string{"A", "B*"}, Publish: []string{"C"}, Interval: time.Second, Delay: time.Minute, Sessions: 2, MaxSymbols: 3,
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		a := newAuthority(t, auth.Config{JWT: cfg})
		grant, err := a.Authenticate(t.Context(), minted)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := &auth.Grant{
			Subject: "desk-1", TokenID: "7f", Expires: noon.Add(time.Hour), Leeway: 30 * time.Second,
			Read: patterns(t, "A", "B*"), Publish: patterns(t, "C"),
			Interval: time.Second, Delay: time.Minute, MaxSessions: 2, MaxSymbols: 3,
		}
		if diff := cmp.Diff(want, grant, cmp.AllowUnexported(auth.Patterns{}), cmpopts.IgnoreUnexported(auth.Grant{})); diff != "" {
			t.Errorf("%s: grant (-want +got):\n%s", name, diff)
		}
	}
}

func TestAMintedListThatIsEmptyIsNothing(t *testing.T) {
	t.Parallel()
	cfg := auth.JWT{Algorithm: auth.HS256, Secret: secretText}
	a := newAuthority(t, auth.Config{JWT: cfg})
	for _, symbols := range [][]string{nil, {}} {
		minted, err := auth.Mint(cfg, auth.Claims{Subject: "a", Expires: noon.Add(1 - 30*time.Second), Rights: auth.Rights{Symbols: symbols}})
		if err == nil {
			// A token counts whole seconds, and 30 of them are over at noon.
			expect(t, a, minted, "expired")
			minted, err = auth.Mint(cfg, auth.Claims{Subject: "a", Expires: noon.Add(time.Hour), Rights: auth.Rights{Symbols: symbols}})
		}
		if err != nil {
			t.Fatal(err)
		}
		grant, err := a.Authenticate(t.Context(), minted)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := grant.MayRead("A"), symbols == nil; got != want {
			t.Errorf("symbols %#v: may read %v, want %v", symbols, got, want)
		}
	}
}

func TestWhoHasNoPrivateKeyCannotMint(t *testing.T) {
	t.Parallel()
	claims := auth.Claims{Subject: "a", Expires: noon}
	for _, s := range all()[1:] {
		if _, err := auth.Mint(s.accepting(t), claims); !errors.Is(err, auth.ErrNoPrivateKey) {
			t.Errorf("%s: error %v, want ErrNoPrivateKey", s.algorithm(), err)
		}
	}
}

func TestOnlyWhatWouldBeAcceptedIsMinted(t *testing.T) {
	t.Parallel()
	cfg := auth.JWT{Algorithm: auth.HS256, Secret: secretText}
	long := make([]string, 1000)
	for i := range long {
		long[i] = strings.Repeat("A", 32)
	}
	for name, c := range map[string]struct {
		cfg    auth.JWT
		claims auth.Claims
	}{
		"no configuration": {auth.JWT{}, auth.Claims{Subject: "a", Expires: noon}},
		"no secret":        {auth.JWT{Algorithm: auth.HS256}, auth.Claims{Subject: "a", Expires: noon}},
		"a short secret":   {auth.JWT{Algorithm: auth.HS256, Secret: "short"}, auth.Claims{Subject: "a", Expires: noon}},
		"no subject":       {cfg, auth.Claims{Expires: noon}},
		"no end":           {cfg, auth.Claims{Subject: "a"}},
		"no end in sight":  {cfg, auth.Claims{Subject: "a", IssuedAt: noon, Expires: noon.Add(3653*24*time.Hour + time.Second)}},
		"never to end":     {cfg, auth.Claims{Subject: "a", Expires: time.Unix(253_402_300_799, 0)}},
		"a bad jti":        {cfg, auth.Claims{Subject: "a", ID: "\n", Expires: noon}},
		"a bad pattern":    {cfg, auth.Claims{Subject: "a", Expires: noon, Rights: auth.Rights{Symbols: []string{"aapl"}}}},
		"too long":         {cfg, auth.Claims{Subject: "a", Expires: noon, Rights: auth.Rights{Symbols: long}}},
	} {
		if token, err := auth.Mint(c.cfg, c.claims); err == nil || token != "" {
			t.Errorf("%s: minted %q", name, token)
		}
	}
}

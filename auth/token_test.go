package auth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ticker/auth"
)

func TestATokenIsAcceptedByTheKeyThatSignedItAndByNoOther(t *testing.T) {
	t.Parallel()
	others := []signer{hmacSigner(strings.ToUpper(secretText)), sharedRSA(), newECDSA(), newEd25519()}
	for i, s := range all() {
		t.Run(string(s.algorithm()), func(t *testing.T) {
			t.Parallel()
			a := newAuthority(t, auth.Config{JWT: s.accepting(t)})
			token := s.token("")
			expect(t, a, token, "ok")
			expect(t, a, replaceClaims(token, claims(`,"publish":["*"]`)), "bad_signature")
			unsigned := token[:strings.LastIndex(token, ".")+1]
			expect(t, a, unsigned, "bad_signature")
			expect(t, a, unsigned+encode("a signature, but whose?"), "bad_signature")
			if s.algorithm() != auth.RS256 { // its key is shared
				expect(t, a, others[i].token(""), "bad_signature")
			}
		})
	}
}

// TestNoAlgorithmButTheConfiguredOneIsAccepted tries every signer's tokens, and those
// without a signature, against every other's key.
func TestNoAlgorithmButTheConfiguredOneIsAccepted(t *testing.T) {
	t.Parallel()
	for _, s := range all() {
		a := newAuthority(t, auth.Config{JWT: s.accepting(t)})
		for _, other := range all() {
			if other.algorithm() != s.algorithm() {
				expect(t, a, other.token(""), "wrong_algorithm")
			}
		}
		for _, alg := range []string{"none", "None", "NONE", "nOnE", "", "HS384", "HS512", "RS512", "PS256", "ES384", "hs256", "x"} {
			header := encode(`{"alg":"`+alg+`"}`) + "."
			expect(t, a, header+encode(claims(""))+".", "wrong_algorithm")
			expect(t, a, header+encode(claims(""))+"."+encode("signature"), "wrong_algorithm")
		}
		for _, header := range []string{`{}`, `null`, `{"alg":null}`, `{"alg":1}`, `{"alg":["HS256"]}`, `{"ALG":"HS256"}`} {
			expect(t, a, encode(header)+"."+encode(claims(""))+".", "wrong_algorithm")
		}
		for _, header := range []string{``, `[]`, `"HS256"`, `{"alg":"HS256"`, `{"alg":"HS256"}{}`} {
			expect(t, a, encode(header)+"."+encode(claims(""))+".", "malformed")
		}
	}
}

// TestAPublicKeyIsNoSecret signs with what everybody has, the public key in each of
// its forms, as if it were the secret of HS256.
func TestAPublicKeyIsNoSecret(t *testing.T) {
	t.Parallel()
	for _, s := range all()[1:] {
		a := newAuthority(t, auth.Config{JWT: s.accepting(t)})
		der := must(x509.MarshalPKIXPublicKey(s.public))
		for _, secret := range []string{s.pem(), strings.TrimSpace(s.pem()), string(der), string(s.jwk(""))} {
			forged := hmacSigner(secret)
			expect(t, a, forged.token(""), "wrong_algorithm")
			expect(t, a, forged.raw(s.header(""), claims("")), "bad_signature")
		}
		for _, text := range []string{s.pem(), "\n" + s.pem()} {
			if _, err := auth.New(auth.Config{JWT: auth.JWT{Algorithm: auth.HS256, SecretFile: file(t, text)}}); err == nil {
				t.Error("a public key was accepted as the secret of HS256")
			}
		}
	}
}

// TestASignatureOfZerosIsNone: a verifier that does not check the range of r and s
// accepts it from everybody.
func TestASignatureOfZerosIsNone(t *testing.T) {
	t.Parallel()
	s := newECDSA()
	a := newAuthority(t, auth.Config{JWT: s.accepting(t)})
	unsigned := encode(s.header("")) + "." + encode(claims("")) + "."
	order := elliptic.P256().Params().N.Bytes()
	for _, signature := range [][]byte{make([]byte, 64), append(append([]byte{}, order...), order...), make([]byte, 63), {}} {
		expect(t, a, unsigned+base64.RawURLEncoding.EncodeToString(signature), "bad_signature")
	}
}

func TestAHeaderHasNoSayInWhichKeyIsUsed(t *testing.T) {
	t.Parallel()
	s := hmacSigner(secretText)
	a := newAuthority(t, auth.Config{JWT: s.accepting(t)})
	for more, want := range map[string]string{
		`,"crit":["exp"]`:                       "bad_header",
		`,"crit":[]`:                            "bad_header",
		`,"b64":false,"crit":["b64"]`:           "bad_header",
		`,"jku":"http://127.0.0.1/keys"`:        "bad_header",
		`,"jwk":{"kty":"oct","k":"AAAA"}`:       "bad_header",
		`,"x5u":"http://127.0.0.1/certificate"`: "bad_header",
		`,"jku":null`:                           "bad_header",
		`,"kid":""`:                             "bad_header",
		`,"kid":null`:                           "bad_header",
		`,"kid":["a"]`:                          "bad_header",
		`,"kid":7`:                              "bad_header",
		`,"kid":"any"`:                          "ok", // a secret has no name
		`,"typ":"at+jwt","x5t":"abc","cty":"x"`: "ok",
		`,"alg":"none"`:                         "wrong_algorithm",
		`,"alg":"none","alg":"HS256"`:           "ok", // signed with the secret, whatever it says before
	} {
		if got := judge(t, a, s.raw(s.header(more), claims(""))); got != want {
			t.Errorf("%s: judged %s, want %s", more, got, want)
		}
	}
}

// TestClocksMayDifferByTheLeewayWhicheverIsAhead judges the same token as time goes by.
func TestClocksMayDifferByTheLeewayWhicheverIsAhead(t *testing.T) {
	t.Parallel()
	s := hmacSigner(secretText)
	token := s.token(`,"iat":1795176000,"nbf":1795176000`) // from noon, for an hour
	for leeway, spare := range map[time.Duration]time.Duration{0: 30 * time.Second, 5 * time.Second: 5 * time.Second} {
		var now time.Time
		cfg := s.accepting(t)
		cfg.Leeway = leeway
		a := newAuthority(t, auth.Config{JWT: cfg, Now: func() time.Time { return now }})
		for _, c := range []struct {
			at   time.Time
			want string
		}{
			{noon.Add(-spare - time.Millisecond), "not_yet_valid"},
			{noon.Add(-spare), "ok"},
			{noon.Add(time.Hour), "ok"},
			{noon.Add(time.Hour + spare - time.Millisecond), "ok"},
			{noon.Add(time.Hour + spare), "expired"},
		} {
			now = c.at
			if got := judge(t, a, token); got != c.want {
				t.Errorf("leeway %v, at %v: judged %s, want %s", leeway, c.at, got, c.want)
			}
		}
		now = noon
		grant, err := a.Authenticate(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		if !grant.Expires.Equal(noon.Add(time.Hour)) || !grant.End().Equal(grant.Expires.Add(spare)) {
			t.Errorf("leeway %v: the grant expires at %v and ends at %v", leeway, grant.Expires, grant.End())
		}
	}
	if end := new(auth.Grant).End(); !end.IsZero() {
		t.Errorf("a grant that does not expire ends at %v", end)
	}
}

func TestAnAbsurdlyLongLifeIsRefused(t *testing.T) {
	t.Parallel()
	s := hmacSigner(secretText)
	a := newAuthority(t, auth.Config{JWT: s.accepting(t)})
	for exp, want := range map[int64]string{
		noon.AddDate(10, 0, 0).Unix():     "ok",
		noon.AddDate(10, 0, 2).Unix():     "bad_claim exp",
		noon.AddDate(9, 0, 0).UnixMilli(): "bad_claim exp", // milliseconds by mistake
		253_402_300_799:                   "bad_claim exp", // the end of the year 9999
	} {
		if got := judge(t, a, s.raw(s.header(""), fmt.Sprintf(`{"sub":"a","exp":%d}`, exp))); got != want {
			t.Errorf("exp %d: judged %s, want %s", exp, got, want)
		}
	}
}

// TestNothingIsParsedOfWhatHasNotTheFormOfAToken tells it by the reason: each of them
// would be another refusal if it had been read.
func TestNothingIsParsedOfWhatHasNotTheFormOfAToken(t *testing.T) {
	t.Parallel()
	s := hmacSigner(secretText)
	a := newAuthority(t, auth.Config{JWT: s.accepting(t)})
	token := s.token("")
	for name, c := range map[string]struct{ credential, want string }{
		"empty":              {"", "malformed"},
		"one dot":            {"a.b", "malformed"},
		"two dots":           {"..", "malformed"},
		"three dots":         {token + ".", "malformed"},
		"thousands of dots":  {strings.Repeat(".", 8000), "malformed"},
		"10,000 dots":        {strings.Repeat(".", 10_000), "too_long"},
		"8 KiB":              {strings.Repeat("a", 8<<10), "malformed"},
		"more than 8 KiB":    {strings.Repeat("a", 8<<10+1), "too_long"},
		"a long good token":  {s.token(`,"x":"` + strings.Repeat("x", 7000) + `"`), "too_long"},
		"padding":            {token + "=", "malformed"},
		"line end":           {token + "\n", "malformed"},
		"line end inside":    {token[:10] + "\r\n" + token[10:], "malformed"},
		"the word before it": {"Bearer " + token, "malformed"},
		"NUL":                {token + "\x00", "malformed"},
		"no UTF-8":           {token + "\xff", "malformed"},
		"standard base64":    {"+" + token[1:], "malformed"},
	} {
		if got := judge(t, a, c.credential); got != c.want {
			t.Errorf("%s: judged %s, want %s", name, got, c.want)
		}
	}
	// The last two bits of 43 characters stand for nothing, and must be 0.
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, token[len(token)-1])
	expect(t, a, token[:len(token)-1]+alphabet[last+1:last+2], "malformed")
}

func TestATokenIsForATimeAnIssuerAndAnAudience(t *testing.T) {
	t.Parallel()
	s := hmacSigner(secretText)
	cfg := s.accepting(t)
	cfg.Issuer, cfg.Audience, cfg.MaxLifetime = "https://id.example.com", "ticker", 2*time.Hour
	a := newAuthority(t, auth.Config{JWT: cfg})
	const iss, aud = `,"iss":"https://id.example.com"`, `,"aud":"ticker"`
	for claims, want := range map[string]string{
		`{"sub":"a","exp":1795179600` + iss + aud + `}`:                                  "ok",
		`{"sub":"a","exp":1795179600.5` + iss + aud + `}`:                                "ok",
		`{"sub":"a","exp":1.7951796e+09` + iss + aud + `}`:                               "ok",
		`{"sub":"a","exp":1795179600` + iss + `,"aud":["web","ticker"]}`:                 "ok",
		`{"exp":1795179600` + iss + aud + `}`:                                            "missing_claim sub",
		`{"sub":"a"` + iss + aud + `}`:                                                   "missing_claim exp",
		`{}`:                                                                             "missing_claim sub",
		`{"sub":"a","exp":1795175999` + iss + aud + `}`:                                  "ok",
		`{"sub":"a","exp":1795175970.001` + iss + aud + `}`:                              "ok",
		`{"sub":"a","exp":1795175970` + iss + aud + `}`:                                  "expired",
		`{"sub":"a","exp":0` + iss + aud + `}`:                                           "expired",
		`{"sub":"a","exp":-1` + iss + aud + `}`:                                          "bad_claim exp",
		`{"sub":"a","exp":1e400` + iss + aud + `}`:                                       "bad_claim exp",
		`{"sub":"a","exp":1e19` + iss + aud + `}`:                                        "bad_claim exp",
		`{"sub":"a","exp":9223372036854775808` + iss + aud + `}`:                         "bad_claim exp",
		`{"sub":"a","exp":"1795179600"` + iss + aud + `}`:                                "bad_claim exp",
		`{"sub":"a","exp":null` + iss + aud + `}`:                                        "bad_claim exp",
		`{"sub":"a","exp":1795179600,"exp":1795179600` + iss + aud + `}`:                 "bad_claim exp",
		`{"sub":"a","exp":1795183201` + iss + aud + `}`:                                  "bad_claim exp", // longer than two hours
		`{"sub":"a","exp":1795179600,"iat":1795172400` + iss + aud + `}`:                 "ok",
		`{"sub":"a","exp":1795179600,"iat":1795172399` + iss + aud + `}`:                 "bad_claim exp",
		`{"sub":"a","exp":1795179600,"iat":1795176030` + iss + aud + `}`:                 "ok",
		`{"sub":"a","exp":1795179600,"iat":1795176031` + iss + aud + `}`:                 "not_yet_valid",
		`{"sub":"a","exp":1795179600,"nbf":1795176030` + iss + aud + `}`:                 "ok",
		`{"sub":"a","exp":1795179600,"nbf":1795176031` + iss + aud + `}`:                 "not_yet_valid",
		`{"sub":"a","exp":1795179600` + aud + `}`:                                        "wrong_issuer",
		`{"sub":"a","exp":1795179600,"iss":"https://id.example.com/"` + aud + `}`:        "wrong_issuer",
		`{"sub":"a","exp":1795179600,"iss":["https://id.example.com"]` + aud + `}`:       "bad_claim iss",
		`{"sub":"a","exp":1795179600` + iss + `}`:                                        "wrong_audience",
		`{"sub":"a","exp":1795179600` + iss + `,"aud":"Ticker"}`:                         "wrong_audience",
		`{"sub":"a","exp":1795179600` + iss + `,"aud":[]}`:                               "wrong_audience",
		`{"sub":"a","exp":1795179600` + iss + `,"aud":["tick","er"]}`:                    "wrong_audience",
		`{"sub":"a","exp":1795179600` + iss + `,"aud":{"ticker":1}}`:                     "bad_claim aud",
		`{"sub":"a","exp":1795179600,"other":{"a":[1,null]},"other":2` + iss + aud + `}`: "ok",
	} {
		if got := judge(t, a, s.raw(s.header(""), claims)); got != want {
			t.Errorf("%s: judged %s, want %s", claims, got, want)
		}
	}
}

func TestClaimsThatMakeNoSenseAreRefusedByName(t *testing.T) {
	t.Parallel()
	s := hmacSigner(secretText)
	a := newAuthority(t, auth.Config{JWT: s.accepting(t)})
	many := strings.Repeat(`"A",`, 1000)
	for more, want := range map[string]string{
		`,"symbols":["AAPL","BTC-*"]`:             "ok",
		`,"symbols":[]`:                           "ok",
		`,"symbols":null`:                         "bad_claim symbols",
		`,"symbols":"AAPL"`:                       "bad_claim symbols",
		`,"symbols":{"AAPL":true}`:                "bad_claim symbols",
		`,"symbols":["AAPL",7]`:                   "bad_claim symbols",
		`,"symbols":["aapl"]`:                     "bad_claim symbols",
		`,"symbols":[""]`:                         "bad_claim symbols",
		`,"symbols":["*-USD"]`:                    "bad_claim symbols",
		`,"symbols":["A"],"symbols":["*"]`:        "bad_claim symbols",
		`,"symbols":[` + many[:len(many)-1] + `]`: "ok",
		`,"symbols":[` + many + `"A"]`:            "bad_claim symbols",
		`,"publish":["../etc"]`:                   "bad_claim publish",
		`,"publish":null`:                         "bad_claim publish",
		`,"interval":"250ms"`:                     "ok",
		`,"interval":"0s"`:                        "ok",
		`,"interval":250`:                         "bad_claim interval",
		`,"interval":"fast"`:                      "bad_claim interval",
		`,"interval":"-1s"`:                       "bad_claim interval",
		`,"interval":"25h"`:                       "bad_claim interval",
		`,"delay":"15m"`:                          "ok",
		`,"delay":"999999h"`:                      "bad_claim delay",
		`,"sessions":5`:                           "ok",
		`,"sessions":-5`:                          "bad_claim sessions",
		`,"sessions":1.5`:                         "bad_claim sessions",
		`,"sessions":99999999999999999999`:        "bad_claim sessions",
		`,"max_symbols":1000001`:                  "bad_claim max_symbols",
		`,"max_symbols":true`:                     "bad_claim max_symbols",
		`,"jti":"7f"`:                             "ok",
		`,"jti":""`:                               "bad_claim jti",
		`,"jti":7`:                                "bad_claim jti",
		`,"sub":"again"`:                          "bad_claim sub",
		`,"iat":true`:                             "bad_claim iat",
		`,"nbf":"soon"`:                           "bad_claim nbf",
		`,"Symbols":"AAPL"`:                       "ok", // another claim
		`,"deep":` + strings.Repeat("[", 40) + strings.Repeat("]", 40): "malformed",
	} {
		if got := judge(t, a, s.token(more)); got != want {
			t.Errorf("%.60s: judged %s, want %s", more, got, want)
		}
	}
}

func TestASubjectIsPrintable(t *testing.T) {
	t.Parallel()
	s := hmacSigner(secretText)
	a := newAuthority(t, auth.Config{JWT: s.accepting(t)})
	for sub, want := range map[string]string{
		`desk 1/ü@example.com`:   "ok",
		strings.Repeat("s", 256): "ok",
		strings.Repeat("s", 257): "bad_claim sub",
		``:                       "bad_claim sub",
		`\u001b[31m`:             "bad_claim sub",
		`a\nb`:                   "bad_claim sub",
		`\u202egnp`:              "bad_claim sub",
		`\ufffd`:                 "bad_claim sub",
		`\ud800`:                 "bad_claim sub",
	} {
		if got := judge(t, a, s.raw(s.header(""), `{"exp":1795179600,"sub":"`+sub+`"}`)); got != want {
			t.Errorf("%.20s: judged %s, want %s", sub, got, want)
		}
	}
}

func TestPayloadsThatAreNoObjectAreRefused(t *testing.T) {
	t.Parallel()
	s := hmacSigner(secretText)
	a := newAuthority(t, auth.Config{JWT: s.accepting(t)})
	for _, payload := range []string{``, `null`, `[]`, `"sub"`, `1`, `{`, claims("") + `{}`, claims("") + `x`} {
		expect(t, a, s.raw(s.header(""), payload), "malformed")
	}
}

func TestAGrantSaysWhatTheClaimsSay(t *testing.T) {
	t.Parallel()
	s := hmacSigner(secretText)
	a := newAuthority(t, auth.Config{JWT: s.accepting(t)})
	grant, err := a.Authenticate(t.Context(), s.token(`,"jti":"7f","symbols":["AAPL","BTC-*"],"publish":["TEST.*"],`+
		`"interval":"250ms","delay":"15m","sessions":2,"max_symbols":50`))
	if err != nil {
		t.Fatal(err)
	}
	want := &auth.Grant{
		Subject: "desk-1", TokenID: "7f", Expires: noon.Add(time.Hour), Leeway: 30 * time.Second,
		Read: patterns(t, "AAPL", "BTC-*"), Publish: patterns(t, "TEST.*"),
		Interval: 250 * time.Millisecond, Delay: 15 * time.Minute, MaxSessions: 2, MaxSymbols: 50,
	}
	if diff := cmp.Diff(want, grant, cmp.AllowUnexported(auth.Patterns{}), cmpopts.IgnoreUnexported(auth.Grant{})); diff != "" {
		t.Errorf("grant (-want +got):\n%s", diff)
	}
	for symbol, want := range map[string][2]bool{
		"AAPL": {true, false}, "AAPLX": {false, false}, "BTC-USD": {true, false}, "TEST.A": {false, true},
	} {
		if got := [2]bool{grant.MayRead(symbolOf(t, symbol)), grant.MayPublish(symbolOf(t, symbol))}; got != want {
			t.Errorf("%s: read and publish %v, want %v", symbol, got, want)
		}
	}
}

func TestATokenWithoutSymbolsReadsEverythingAndPublishesNothing(t *testing.T) {
	t.Parallel()
	s := hmacSigner(secretText)
	a := newAuthority(t, auth.Config{JWT: s.accepting(t)})
	for more, want := range map[string][2]bool{
		``: {true, false}, `,"symbols":[]`: {false, false}, `,"publish":["*"]`: {true, true}, `,"publish":[]`: {true, false},
	} {
		grant, err := a.Authenticate(t.Context(), s.token(more))
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]bool{grant.MayRead("AAPL"), grant.MayPublish("AAPL")}; got != want {
			t.Errorf("%q: read and publish %v, want %v", more, got, want)
		}
	}
}

func TestKeysOfAnotherKindOrTooWeakAreRefusedAtStart(t *testing.T) {
	t.Parallel()
	p384 := must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
	wide := signer{jwt.SigningMethodES384, p384, &p384.PublicKey}
	private := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: must(x509.MarshalPKCS8PrivateKey(newECDSA().private))})
	ec := newECDSA().pem()
	for name, c := range map[string]struct {
		algorithm auth.Algorithm
		text      string
	}{
		"RSA for ES256":      {auth.ES256, sharedRSA().pem()},
		"ECDSA for RS256":    {auth.RS256, ec},
		"Ed25519 for ES256":  {auth.ES256, newEd25519().pem()},
		"P-384 for ES256":    {auth.ES256, wide.pem()},
		"1024 bits":          {auth.RS256, weakRSA().pem()},
		"a private key":      {auth.ES256, string(private)},
		"nothing":            {auth.ES256, ""},
		"no PEM":             {auth.ES256, "hello"},
		"a good and a bad":   {auth.ES256, ec + sharedRSA().pem()},
		"damaged":            {auth.ES256, ec + strings.Replace(ec, "M", "!", 1)},
		"cut off":            {auth.ES256, ec[:len(ec)/2]},
		"too many":           {auth.ES256, strings.Repeat(ec, 11)},
		"longer than a file": {auth.ES256, strings.Repeat("#", 64<<10) + ec},
	} {
		if _, err := auth.New(auth.Config{JWT: auth.JWT{Algorithm: c.algorithm, KeyFile: file(t, c.text)}}); err == nil {
			t.Errorf("%s: accepted", name)
		} else if !strings.HasPrefix(err.Error(), "jwt.key_file: ") {
			t.Errorf("%s: error %q does not name the key of the configuration", name, err)
		}
	}
}

func TestAKeyFileMayHaveSeveralKeysAndCertificates(t *testing.T) {
	t.Parallel()
	first, second, third := newECDSA(), newECDSA(), newECDSA()
	path := file(t, "the old one\n"+first.pem()+certificate(t, second))
	a := newAuthority(t, auth.Config{JWT: auth.JWT{Algorithm: auth.ES256, KeyFile: path}})
	expect(t, a, first.token(""), "ok")
	expect(t, a, second.named("any"), "ok")
	expect(t, a, third.token(""), "bad_signature")
}

package auth_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"

	"ticker/auth"
	"ticker/market"
)

// noon is the time at which tests judge, unless they say otherwise.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func atNoon() time.Time { return noon }

// fromNoon returns a clock that begins at noon.
func fromNoon() func() time.Time {
	began := time.Now()
	return func() time.Time { return noon.Add(time.Since(began)) }
}

const secretText = "0123456789abcdef0123456789abcdef"

// signer makes tokens of one algorithm.
type signer struct {
	method          jwt.SigningMethod
	private, public any
}

func hmacSigner(secret string) signer {
	return signer{jwt.SigningMethodHS256, []byte(secret), nil}
}

func newECDSA() signer {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	return signer{jwt.SigningMethodES256, key, &key.PublicKey}
}

func newEd25519() signer {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	return signer{jwt.SigningMethodEdDSA, private, must(public, err)}
}

// sharedRSA takes its time to make, so there is one.
var sharedRSA = sync.OnceValue(func() signer {
	key := must(rsa.GenerateKey(rand.Reader, 2048))
	return signer{jwt.SigningMethodRS256, key, &key.PublicKey}
})

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// raw signs a header and claims as they are written.
func (s signer) raw(header, claims string) string {
	text := encode(header) + "." + encode(claims)
	return text + "." + base64.RawURLEncoding.EncodeToString(must(s.method.Sign(text, s.private)))
}

func encode(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// header returns the header of tokens with more of it, as `,"kid":"a"`.
func (s signer) header(more string) string {
	return `{"typ":"JWT","alg":"` + s.method.Alg() + `"` + more + `}`
}

// token signs claims beside those that must be there.
func (s signer) token(more string) string { return s.raw(s.header(""), claims(more)) }

// named is token with a kid.
func (s signer) named(kid string) string { return s.raw(s.header(`,"kid":"`+kid+`"`), claims("")) }

// claims are those that must be there, good for an hour after noon, and more.
func claims(more string) string { return `{"sub":"desk-1","exp":1795179600` + more + `}` }

func (s signer) algorithm() auth.Algorithm { return auth.Algorithm(s.method.Alg()) }

// pem returns the public key.
func (s signer) pem() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: must(x509.MarshalPKIXPublicKey(s.public))}))
}

// jwk returns the public key with a kid.
func (s signer) jwk(kid string) json.RawMessage {
	key := must(jwkset.NewJWKFromKey(s.public, jwkset.JWKOptions{Metadata: jwkset.JWKMetadataOptions{
		KID: kid, ALG: jwkset.ALG(s.method.Alg()), USE: jwkset.UseSig,
	}}))
	return must(json.Marshal(key.Marshal()))
}

// keySet returns a document with keys.
func keySet(keys ...json.RawMessage) string {
	return string(must(json.Marshal(map[string]any{"keys": keys})))
}

// file writes a file that only its owner may read.
func file(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	write(t, path, text)
	return path
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// accepting returns the configuration of what accepts a signer's tokens.
func (s signer) accepting(t testing.TB) auth.JWT {
	t.Helper()
	if secret, ok := s.private.([]byte); ok {
		return auth.JWT{Algorithm: auth.HS256, Secret: string(secret)}
	}
	return auth.JWT{Algorithm: s.algorithm(), KeyFile: file(t, s.pem())}
}

// newAuthority judges at noon, if cfg has no clock.
func newAuthority(t testing.TB, cfg auth.Config) *auth.Authority {
	t.Helper()
	if cfg.Now == nil {
		cfg.Now = atNoon
	}
	a, err := auth.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// start runs an authority until the test ends.
func start(t *testing.T, cfg auth.Config) *auth.Authority {
	t.Helper()
	a := newAuthority(t, cfg)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return a
}

// judge returns the reason for which a credential is refused, "ok" if it is not.
func judge(t testing.TB, a *auth.Authority, credential string) string {
	t.Helper()
	grant, err := a.Authenticate(t.Context(), credential)
	if err == nil {
		return "ok"
	}
	refusal, ok := errors.AsType[*auth.Refusal](err)
	if !ok || grant != nil {
		return fmt.Sprintf("as grant %v and error %T, which is no refusal", grant, err)
	}
	if refusal.Claim != "" {
		return refusal.Reason.String() + " " + refusal.Claim
	}
	return refusal.Reason.String()
}

// expect judges a credential and compares.
func expect(t testing.TB, a *auth.Authority, credential, want string) {
	t.Helper()
	if got := judge(t, a, credential); got != want {
		t.Errorf("judged %s, want %s", got, want)
	}
}

// certificate returns a certificate of the public key.
func certificate(t *testing.T, s signer) string {
	t.Helper()
	template := &x509.Certificate{SerialNumber: must(rand.Int(rand.Reader, elliptic.P256().Params().N))}
	der, err := x509.CreateCertificate(rand.Reader, template, template, s.public, s.private.(crypto.Signer))
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// all returns a signer of each algorithm.
func all() []signer {
	return []signer{hmacSigner(secretText), sharedRSA(), newECDSA(), newEd25519()}
}

// replaceClaims puts other claims behind the header and before the signature.
func replaceClaims(token, claims string) string {
	parts := strings.Split(token, ".")
	parts[1] = encode(claims)
	return strings.Join(parts, ".")
}

// weakRSA has a modulus of 1024 bits. It cannot sign: Go makes no such keys.
func weakRSA() signer {
	modulus := new(big.Int).SetBit(big.NewInt(1), 1023, 1)
	return signer{jwt.SigningMethodRS256, nil, &rsa.PublicKey{N: modulus, E: 65537}}
}

func patterns(t testing.TB, texts ...string) auth.Patterns {
	t.Helper()
	list := make([]market.Pattern, len(texts))
	for i, text := range texts {
		pattern, err := market.ParsePattern(text)
		if err != nil {
			t.Fatal(err)
		}
		list[i] = pattern
	}
	return auth.NewPatterns(list)
}

func symbolOf(t testing.TB, name string) market.Symbol {
	t.Helper()
	symbol, err := market.ParseSymbol(name)
	if err != nil {
		t.Fatal(err)
	}
	return symbol
}

// replaceHeader puts another header before the claims and the signature.
func replaceHeader(token, header string) string {
	_, rest, _ := strings.Cut(token, ".")
	return encode(header) + "." + rest
}

package auth

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// tokens judges tokens.
type tokens struct {
	cfg     JWT
	parser  *jwt.Parser
	keyring *keyring
	now     func() time.Time
}

func newTokens(cfg JWT, ring *keyring, now func() time.Time) *tokens {
	return &tokens{
		cfg: cfg, keyring: ring, now: now,
		// The library verifies the signature. Of claims it has a laxer notion.
		parser: jwt.NewParser(jwt.WithoutClaimsValidation(), jwt.WithStrictDecoding()),
	}
}

// judge returns the grant of a token; the error is a *Refusal.
func (t *tokens) judge(ctx context.Context, token string) (*Grant, error) {
	if !tokenBytes(token) {
		return nil, refuse(Malformed)
	}
	var payload unread
	_, err := t.parser.ParseWithClaims(token, &payload, func(token *jwt.Token) (any, error) {
		return t.keys(ctx, token)
	})
	if err != nil {
		return nil, refusalOf(err)
	}
	claims, err := readClaims(payload.text)
	if err != nil {
		return nil, err
	}
	if err := t.judgeClaims(claims); err != nil {
		return nil, err
	}
	return claims.grant(t.cfg.Leeway)
}

// tokenBytes reports whether a text is made of what a token is made of. A decoder
// would pass over line ends.
func tokenBytes(text string) bool {
	return !strings.ContainsFunc(text, func(c rune) bool { return !tokenByte(c) })
}

func tokenByte(c rune) bool {
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.'
}

// unread keeps the claims as they are until the signature was verified.
type unread struct {
	jwt.RegisteredClaims // for the library, which is not to look
	text                 []byte
}

// UnmarshalJSON keeps a copy of the text.
func (u *unread) UnmarshalJSON(text []byte) error {
	u.text = append(u.text, text...)
	return nil
}

// keys returns the keys that may have signed a token, after a look at its header.
func (t *tokens) keys(ctx context.Context, token *jwt.Token) (any, error) {
	if token.Method.Alg() != string(t.cfg.Algorithm) {
		return nil, refuse(WrongAlgorithm)
	}
	kid, err := readHeader(token.Header)
	if err != nil {
		return nil, err
	}
	keys, err := t.keyring.find(ctx, kid)
	if err != nil {
		return nil, err
	}
	return jwt.VerificationKeySet{Keys: keys}, nil
}

// readHeader returns the kid, empty if there is none. The error is a *Refusal.
func readHeader(header map[string]any) (kid string, err error) {
	for _, name := range []string{"crit", "jku", "jwk", "x5u"} {
		if _, ok := header[name]; ok {
			return "", refuse(BadHeader)
		}
	}
	value, ok := header["kid"]
	if !ok {
		return "", nil
	}
	if kid, ok = value.(string); !ok || !namesKey(kid) {
		return "", refuse(BadHeader)
	}
	return kid, nil
}

// namesKey reports whether a kid is what login services call their keys: a word, a
// number or a hash. It is only ever compared, but a path, a URL or a query in its place
// is somebody's try to have it used for more.
func namesKey(kid string) bool {
	plain := strings.ReplaceAll(kid, "/", "")
	odd := strings.ContainsFunc(plain, func(c rune) bool { return !tokenByte(c) && c != '=' && c != '+' })
	return kid != "" && len(kid) <= maxKidBytes && !odd && (plain == kid || isHash(kid))
}

// isHash reports whether a text is a SHA-1 or a SHA-256 in the base64 that has slashes,
// as some services name keys.
func isHash(text string) bool {
	sum, err := base64.StdEncoding.DecodeString(text)
	return err == nil && (len(sum) == 20 || len(sum) == 32)
}

// refusalOf translates the library's error, or finds the Refusal of keys in it.
func refusalOf(err error) *Refusal {
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		return refusal
	}
	switch {
	case errors.Is(err, jwt.ErrTokenMalformed):
		return refuse(Malformed)
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return refuse(BadSignature)
	default:
		return refuse(WrongAlgorithm) // one that the library does not know
	}
}

// judgeClaims tells whether a token is for this service and this time.
func (t *tokens) judgeClaims(c *tokenClaims) error {
	now := t.now()
	switch {
	case c.subject == "":
		return &Refusal{MissingClaim, "sub"}
	case c.expires.IsZero():
		return &Refusal{MissingClaim, "exp"}
	case !now.Before(c.expires.Add(t.cfg.Leeway)):
		return refuse(Expired)
	case c.notBefore.After(now.Add(t.cfg.Leeway)), c.issuedAt.After(now.Add(t.cfg.Leeway)):
		return refuse(NotYetValid)
	case c.expires.Sub(c.began(now)) > t.cfg.MaxLifetime:
		return &Refusal{BadClaim, "exp"}
	case t.cfg.Issuer != "" && c.issuer != t.cfg.Issuer:
		return refuse(WrongIssuer)
	case t.cfg.Audience != "" && !c.isFor(t.cfg.Audience):
		return refuse(WrongAudience)
	}
	return nil
}

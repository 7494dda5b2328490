package auth

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// Defaults of what is left 0.
const (
	defaultLeeway     = 30 * time.Second
	defaultRefresh    = 10 * time.Minute
	defaultUnknownKey = 10 * time.Second
	defaultMaxAge     = 24 * time.Hour
	// defaultMaxLifetime is ten years, with their leap days: an exp beyond is a mistake
	// in its unit, or a way to say never.
	defaultMaxLifetime = 3653 * 24 * time.Hour
	defaultPoll        = 5 * time.Second
)

// Config says whom an Authority lets in: those with API keys, those with tokens, or
// both.
type Config struct {
	// Keys are the API keys, at most 1,000. SetKeys replaces them.
	Keys []Key
	// JWT says which tokens are accepted; the zero JWT is none.
	JWT JWT
	// RevokedFile lists what is accepted no more, one a line: jti:ID or sub:NAME.
	RevokedFile string
	// Poll is the longest time after which a file that changed is read: 5 s if 0.
	Poll time.Duration
	// Now is the clock that tokens are judged by: time.Now if nil.
	Now func() time.Time
	// Logger gets one line when keys change, and when they cannot be read. Nil logs
	// nothing.
	Logger *slog.Logger
	// Metrics counts; nil counts for nobody.
	Metrics *Metrics
	// Transport reaches the key server; nil is one that verifies certificates and
	// uses the proxy that the environment names.
	Transport http.RoundTripper
}

// JWT says which tokens are accepted.
type JWT struct {
	// Algorithm is the only one that is accepted.
	Algorithm Algorithm

	// One of these holds the keys. Secret and SecretFile are for HS256: 32 bytes or
	// more, taken as they are, in the file up to the end of its one line. KeyFile has
	// public keys or certificates in PEM form, at most 10. JWKSURL is where a JWK set
	// is published: https, or http on a loopback address.
	Secret, SecretFile, KeyFile, JWKSURL string

	// Issuer and Audience must be the token's iss and one of its aud, if not empty.
	Issuer, Audience string
	// Leeway is how far clocks may differ: nbf and iat may lie in the future by as much,
	// and exp in the past: 30 s if 0.
	Leeway time.Duration
	// MaxLifetime is the most that may lie between iat, or now if there is none, and
	// exp: ten years if 0.
	MaxLifetime time.Duration

	// Refresh is the longest time after which a key server is asked again: 10 min if
	// 0. UnknownKey is the shortest time between two requests for the sake of keys
	// that are not known: 10 s if 0. Keys older than MaxAge are not used: 24 h if 0.
	Refresh, UnknownKey, MaxAge time.Duration
}

// errNobody is a configuration that is closed to all.
var errNobody = errors.New("neither tokens nor keys are accepted: nobody could be let in")

func (c *Config) complete() error {
	if !c.tokens() && len(c.Keys) == 0 {
		return errNobody
	}
	if c.Poll < 0 {
		return errors.New("poll: is below 0")
	}
	setDefault(&c.Poll, defaultPoll)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Metrics == nil {
		c.Metrics = NewMetrics(nil)
	}
	if !c.tokens() {
		return nil
	}
	return c.JWT.complete()
}

// tokens reports whether tokens are accepted.
func (c *Config) tokens() bool { return c.JWT != (JWT{}) }

func (j *JWT) complete() error {
	if err := j.checkKeys(); err != nil {
		return err
	}
	if min(j.Leeway, j.MaxLifetime, j.Refresh, j.UnknownKey, j.MaxAge) < 0 {
		return errors.New("jwt: a duration is below 0")
	}
	setDefault(&j.Leeway, defaultLeeway)
	setDefault(&j.MaxLifetime, defaultMaxLifetime)
	setDefault(&j.Refresh, defaultRefresh)
	setDefault(&j.UnknownKey, defaultUnknownKey)
	setDefault(&j.MaxAge, defaultMaxAge)
	return nil
}

// checkKeys demands exactly one place for keys, of the kind that the algorithm has.
func (j *JWT) checkKeys() error {
	if j.Algorithm != HS256 && !j.Algorithm.public() {
		return fmt.Errorf("jwt.algorithm: %q: want HS256, RS256, ES256 or EdDSA", j.Algorithm)
	}
	places, want := given(j.KeyFile, j.JWKSURL), "jwt.key_file or jwt.jwks_url"
	others := given(j.Secret, j.SecretFile)
	if j.Algorithm == HS256 {
		places, others, want = others, places, "jwt.secret or jwt.secret_file"
	}
	if places != 1 || others != 0 {
		return fmt.Errorf("jwt: want one of %s for %s, and nothing else", want, j.Algorithm)
	}
	return nil
}

func given(texts ...string) (n int) {
	for _, text := range texts {
		if text != "" {
			n++
		}
	}
	return n
}

func setDefault(d *time.Duration, byDefault time.Duration) {
	if *d == 0 {
		*d = byDefault
	}
}

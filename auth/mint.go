package auth

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// ErrNoPrivateKey reports an algorithm whose tokens only their issuer can make.
var ErrNoPrivateKey = errors.New("only HS256 tokens can be made here: for others the service has public keys alone")

// Claims are what a token says.
type Claims struct {
	// Subject and Expires are required; ID and IssuedAt may be left out.
	Subject, ID       string
	IssuedAt, Expires time.Time
	Rights
}

// Mint makes a token that an Authority with the same JWT accepts, for development
// and tests. It needs the secret of HS256; for other algorithms the error is
// ErrNoPrivateKey.
func Mint(cfg JWT, claims Claims) (string, error) {
	if cfg.Algorithm.public() {
		return "", ErrNoPrivateKey
	}
	all := Config{JWT: cfg}
	if err := all.complete(); err != nil {
		return "", err
	}
	if err := claims.check(&all); err != nil {
		return "", fmt.Errorf("make token: %w", err)
	}
	ring, err := newKeyring(&all)
	if err != nil {
		return "", err
	}
	secret := ring.held.Load().value.all[0]
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims.encode(cfg)).SignedString(secret)
	if err == nil && len(token) > maxCredentialBytes {
		err = fmt.Errorf("it has %d bytes: want %d at most", len(token), maxCredentialBytes)
	}
	if err != nil {
		return "", fmt.Errorf("make token: %w", err)
	}
	return token, nil
}

func (c *Claims) check(by *Config) error {
	if !presentable(c.Subject) || c.ID != "" && !presentable(c.ID) {
		return errors.New("want a sub, and perhaps a jti, of 1 to 256 printable characters")
	}
	if c.Expires.IsZero() {
		return errors.New("want a time at which it expires")
	}
	if most := by.JWT.MaxLifetime; c.Expires.Sub(cmp.Or(c.IssuedAt, by.Now())) > most {
		return fmt.Errorf("want it to expire within %v", most)
	}
	if _, wrong := c.grant(); wrong != nil {
		return wrong
	}
	return nil
}

// encode returns the claims that are not at their defaults.
func (c *Claims) encode(cfg JWT) jwt.MapClaims {
	claims := jwt.MapClaims{"sub": c.Subject, "exp": c.Expires.Unix()}
	put := func(name string, value any, given bool) {
		if given {
			claims[name] = value
		}
	}
	put("jti", c.ID, c.ID != "")
	put("iat", c.IssuedAt.Unix(), !c.IssuedAt.IsZero())
	put("iss", cfg.Issuer, cfg.Issuer != "")
	put("aud", cfg.Audience, cfg.Audience != "")
	put("symbols", c.Symbols, c.Symbols != nil)
	put("publish", c.Publish, c.Publish != nil)
	put("interval", c.Interval.String(), c.Interval != 0)
	put("delay", c.Delay.String(), c.Delay != 0)
	put("sessions", c.Sessions, c.Sessions != 0)
	put("max_symbols", c.MaxSymbols, c.MaxSymbols != 0)
	return claims
}

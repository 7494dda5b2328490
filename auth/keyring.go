package auth

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// keyring finds the keys of tokens in a source that may be old or behind.
type keyring struct {
	*source[*keySet]
	maxAge time.Duration // 0: keys do not age
}

// newKeyring makes the keyring of tokens. Keys that are not on a server are read.
func newKeyring(cfg *Config) (*keyring, error) {
	j := &cfg.JWT
	from, err := j.place(cfg.Transport)
	if err != nil {
		return nil, fmt.Errorf("jwt.%s: %w", from.name, err)
	}
	ring := &keyring{source: newSource(cfg, from)}
	if j.JWKSURL != "" {
		ring.every, ring.apart, ring.maxAge = j.Refresh, j.UnknownKey, j.MaxAge
		return ring, nil
	}
	if err := ring.refresh(context.Background()); err != nil {
		return nil, fmt.Errorf("jwt.%s: %w", from.name, err)
	}
	return ring, nil
}

// place returns where the keys are.
func (j *JWT) place(transport http.RoundTripper) (place[*keySet], error) {
	switch {
	case j.Secret != "":
		given := func(context.Context) ([]byte, error) { return []byte(j.Secret), nil }
		return place[*keySet]{"secret", given, parseSecret}, nil
	case j.SecretFile != "":
		return place[*keySet]{"secret_file", fileReader(j.SecretFile, maxKeyFileBytes, true), parseSecretFile}, nil
	case j.KeyFile != "":
		return place[*keySet]{"key_file", fileReader(j.KeyFile, maxKeyFileBytes, false), pemParser(j.Algorithm)}, nil
	}
	address, err := parseKeyURL(j.JWKSURL)
	if err != nil {
		return place[*keySet]{name: "jwks_url"}, err
	}
	return place[*keySet]{"jwks_url", newKeyServer(address, transport).read, setParser(j.Algorithm)}, nil
}

// find returns the keys that a token with a kid may be signed with. If none is known
// it has the source asked, as far as that may be. The error is a *Refusal.
func (k *keyring) find(ctx context.Context, kid string) ([]jwt.VerificationKey, error) {
	keys, refusal := k.look(kid)
	if refusal == nil {
		return keys, nil
	}
	asked, err := k.ask(ctx)
	if err != nil {
		return nil, refuse(KeysUnavailable)
	}
	if asked {
		keys, refusal = k.look(kid)
	}
	if refusal != nil {
		return nil, refusal
	}
	return keys, nil
}

func (k *keyring) look(kid string) ([]jwt.VerificationKey, *Refusal) {
	held := k.held.Load()
	if k.maxAge > 0 && (held.at.IsZero() || k.now().Sub(held.at) > k.maxAge) {
		return nil, refuse(KeysUnavailable)
	}
	if keys := held.value.find(kid); keys != nil {
		return keys, nil
	}
	if held.failed != nil {
		return nil, refuse(KeysUnavailable) // the server may know the key
	}
	return nil, refuse(UnknownKey)
}

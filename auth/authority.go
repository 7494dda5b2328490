package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// maxCredentialBytes bounds what is looked at. Tokens have about 1 KB.
const maxCredentialBytes = 8 << 10

// Authority judges credentials. Make one with New.
type Authority struct {
	apiKeys apiKeys
	tokens  *tokens // nil: none are accepted
	revoked *source[revocations]
	sources []reader
	metrics *Metrics
}

// reader is a source of anything.
type reader interface {
	run(ctx context.Context)
	refresh(ctx context.Context) error
	again()
}

// New makes an Authority. It reads the files, and refuses what is wrong with them or
// with cfg in an error that names the key of the configuration. A key server is asked
// only by Run.
func New(cfg Config) (*Authority, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	a := &Authority{metrics: cfg.Metrics}
	var err error
	if a.apiKeys, err = newAPIKeys(cfg.Keys); err != nil {
		return nil, err
	}
	if cfg.tokens() {
		if err := a.acceptTokens(&cfg); err != nil {
			return nil, err
		}
	}
	if cfg.RevokedFile != "" {
		if err := a.readRevoked(&cfg); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func (a *Authority) acceptTokens(cfg *Config) error {
	ring, err := newKeyring(cfg)
	if err != nil {
		return err
	}
	if cfg.JWT.Secret == "" {
		a.sources = append(a.sources, ring)
	}
	a.tokens = newTokens(cfg.JWT, ring, cfg.Now)
	return nil
}

func (a *Authority) readRevoked(cfg *Config) error {
	a.revoked = newSource(cfg, place[revocations]{
		"revoked_file", fileReader(cfg.RevokedFile, maxRevokedFileBytes, false), parseRevoked,
	})
	a.sources = append(a.sources, a.revoked)
	if err := a.revoked.refresh(context.Background()); err != nil {
		return fmt.Errorf("revoked_file: %w", err)
	}
	return nil
}

// Run keeps keys and revocations up to date until ctx ends, and returns nil when
// nothing of it runs any more.
func (a *Authority) Run(ctx context.Context) error {
	var running sync.WaitGroup
	for _, s := range a.sources {
		running.Go(func() { s.run(ctx) })
	}
	<-ctx.Done()
	running.Wait()
	return nil
}

// Reload has files and key servers read soon, as a signal to the process may ask for.
func (a *Authority) Reload() {
	for _, s := range a.sources {
		s.again()
	}
}

// Authenticate judges a credential, an API key or a token, without the word Bearer.
// The error is a *Refusal. While a key server is asked it waits, at most until ctx
// ends; the reason then is KeysUnavailable.
func (a *Authority) Authenticate(ctx context.Context, credential string) (*Grant, error) {
	by, grant, err := a.judge(ctx, credential)
	if err == nil && a.Revoked(grant) {
		err = refuse(Revoked)
	}
	refusal, _ := errors.AsType[*Refusal](err)
	a.metrics.judged(by, refusal)
	if err != nil {
		return nil, err
	}
	return grant, nil
}

// judge tells besides which way the credential took.
func (a *Authority) judge(ctx context.Context, credential string) (method, *Grant, error) {
	by := byJWT
	if a.tokens == nil || len(a.apiKeys) > 0 && !strings.Contains(credential, ".") {
		by = byKey
	}
	if len(credential) > maxCredentialBytes {
		return by, nil, refuse(TooLong)
	}
	if grant := a.apiKeys.find(credential); grant != nil {
		return byKey, grant, nil
	}
	if by == byKey {
		return by, nil, refuse(UnknownKey)
	}
	grant, err := a.tokens.judge(ctx, credential)
	return by, grant, err
}

// Revoked reports whether a grant was revoked since it was made. It costs two
// look-ups.
func (a *Authority) Revoked(grant *Grant) bool {
	return a.revoked != nil && a.revoked.held.Load().value.has(grant)
}

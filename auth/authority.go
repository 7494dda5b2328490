package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
)

// maxCredentialBytes bounds what is looked at. Tokens have about 1 KB.
const maxCredentialBytes = 8 << 10

// Authority judges credentials. Make one with New.
type Authority struct {
	keys    atomic.Pointer[apiKeys]
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
	keys, err := newAPIKeys(cfg.Keys)
	if err != nil {
		return nil, err
	}
	a.keys.Store(keys)
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

// SetKeys replaces the API keys, at most 1,000; one call at a time. The error is as that of
// New, and nothing has changed then. The same ID and hash are the same key, whose rights may
// be others now; Current tells those who hold its grant.
func (a *Authority) SetKeys(configured []Key) error {
	if a.tokens == nil && len(configured) == 0 {
		return errNobody
	}
	keys, err := newAPIKeys(configured)
	if err != nil {
		return err
	}
	keys.keep(a.keys.Load())
	a.keys.Store(keys)
	return nil
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
	keys, by := a.keys.Load(), byJWT
	if a.tokens == nil || len(keys.list) > 0 && !strings.Contains(credential, ".") {
		by = byKey
	}
	if len(credential) > maxCredentialBytes {
		return by, nil, refuse(TooLong)
	}
	if grant := keys.find(credential); grant != nil {
		return byKey, grant, nil
	}
	if by == byKey {
		return by, nil, refuse(UnknownKey)
	}
	grant, err := a.tokens.judge(ctx, credential)
	return by, grant, err
}

// Current returns what the credential of a grant allows by now: the grant itself, another
// one if its API key is configured otherwise since, with the same Subject, or nil if it is
// revoked or its key is gone. It costs three look-ups.
func (a *Authority) Current(grant *Grant) *Grant {
	if grant.KeyID != "" {
		grant = a.keys.Load().successor(grant)
	}
	if grant == nil || a.Revoked(grant) {
		return nil
	}
	return grant
}

// Revoked reports whether a grant stands in the file of what is revoked. It costs two
// look-ups.
func (a *Authority) Revoked(grant *Grant) bool {
	return a.revoked != nil && a.revoked.held.Load().value.has(grant)
}

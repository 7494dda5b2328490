package main

import (
	"crypto/tls"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"ticker/auth"
)

// The values of auth.mode. Without one everybody is let in, which only a loopback
// address may do without saying so.
const (
	authNone = "none"
	authJWT  = "jwt"
	authKeys = "keys"
)

// Bounds of what a key may be given.
const (
	maxGrantInterval = 24 * time.Hour
	maxGrantCount    = 1_000_000
)

type authSettings struct {
	mode        string
	allowQuery  bool
	jwt         jwtSettings
	revokedFile string
	keys        []auth.Key
	delays      []time.Duration
}

type jwtSettings struct {
	algorithm                            string
	secret, secretFile, keyFile, jwksURL string
	issuer, audience                     string
}

type tlsSettings struct{ certFile, keyFile string }

// on reports whether clients are asked who they are.
func (s *authSettings) on() bool { return s.mode == authJWT || s.mode == authKeys }

// config is what an authority is made of.
func (s *authSettings) config() auth.Config {
	cfg := auth.Config{Keys: s.keys, RevokedFile: s.revokedFile}
	if s.mode == authJWT {
		cfg.JWT = s.jwt.config()
	}
	return cfg
}

// config is what tokens are judged by. A secret is for one algorithm only, which then
// need not be named.
func (s *jwtSettings) config() auth.JWT {
	cfg := auth.JWT{
		Algorithm: auth.Algorithm(s.algorithm), Secret: s.secret, SecretFile: s.secretFile, KeyFile: s.keyFile,
		JWKSURL: s.jwksURL, Issuer: s.issuer, Audience: s.audience,
	}
	if cfg.Algorithm == "" && cfg.Secret+cfg.SecretFile != "" {
		cfg.Algorithm = auth.HS256
	}
	return cfg
}

// checkAuth notes what is wrong with the keys below auth.
func (c *configuration) checkAuth() {
	s := &c.settings.auth
	for _, path := range slices.Sorted(maps.Keys(c.given)) {
		switch {
		case strings.HasPrefix(path, "auth.jwt."):
			c.demand(path, s.mode == authJWT, "means nothing without auth.mode: jwt")
		case path == "auth.keys" && len(s.keys) > 0, path == "auth.delays" && len(s.delays) > 0, path == "auth.revoked_file", path == "auth.allow_query" && s.allowQuery:
			c.demand(path, s.on(), "means nothing without auth.mode: keys or jwt")
		}
	}
	if !s.on() {
		return
	}
	c.checkDelays()
	if s.mode == authJWT && s.jwt == (jwtSettings{}) {
		c.demand("auth.mode", false, "jwt needs auth.jwt.secret or another place for the keys of tokens")
		return
	}
	if _, err := auth.New(s.config()); err != nil {
		path, text, _ := strings.Cut(err.Error(), ": ")
		if _, known := findKey("auth." + path); !known {
			path, text = "mode", err.Error()
		}
		c.demand("auth."+path, false, "%s", text)
	}
}

// checkTLS notes what is wrong with the keys below tls.
func (c *configuration) checkTLS() {
	s := c.settings.tls
	switch {
	case s == tlsSettings{}:
	case s.keyFile == "":
		c.demand("tls.cert_file", false, "stands without tls.key_file: want both or none")
	case s.certFile == "":
		c.demand("tls.key_file", false, "stands without tls.cert_file: want both or none")
	default:
		_, err := tls.LoadX509KeyPair(s.certFile, s.keyFile)
		c.demand("tls.cert_file", err == nil, "no pair with tls.key_file: %v", err)
	}
}

// checkReaders notes which files with secrets everybody may read: the key of the listener,
// and the configuration itself if there is a secret in it.
func (c *configuration) checkReaders() {
	s := c.settings
	c.demand("tls.key_file", !readByAll(s.tls.keyFile), "%s", openSecret(s.tls.keyFile))
	for path, secret := range map[string]bool{
		"auth.jwt.secret": s.auth.jwt.secret != "",
		"history.url":     withoutPassword(s.history.url) != s.history.url,
		"relay.url":       withoutPassword(s.relay.url) != s.relay.url,
		"feeds":           slices.ContainsFunc(s.feeds, feedSpec.secret),
		"publish":         slices.ContainsFunc(s.publish, feedSpec.secret),
	} {
		if at := c.given[path]; secret && at.line > 0 {
			c.demand(path, !readByAll(at.place), "%s", openSecret(at.place))
		}
	}
}

func openSecret(file string) string {
	return "everybody may read a secret in " + file + ": take that right away (chmod o-r)"
}

// readByAll reports whether every user may read a file, as far as its mode tells.
func readByAll(name string) bool {
	info, err := os.Stat(name)
	return err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o004 != 0
}

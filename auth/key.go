package auth

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"fmt"

	"github.com/golang-jwt/jwt/v5"
)

// Algorithm is how tokens are signed, named as in their headers.
type Algorithm string

// The algorithms.
const (
	HS256 Algorithm = "HS256"
	RS256 Algorithm = "RS256"
	ES256 Algorithm = "ES256"
	EdDSA Algorithm = "EdDSA" // with Ed25519
)

const (
	minSecretBytes = 32   // as many as the hash has
	minRSABits     = 2048 // less can be factored
	maxRSABits     = 8192 // more makes each signature a burden
)

// public reports whether the algorithm has public keys, and is known.
func (a Algorithm) public() bool { return a == RS256 || a == ES256 || a == EdDSA }

// check reports what is wrong with a public key for the algorithm.
func (a Algorithm) check(key any) error {
	switch key := key.(type) {
	case *rsa.PublicKey:
		if a == RS256 {
			return checkRSA(key)
		}
	case *ecdsa.PublicKey:
		if a == ES256 && key.Curve == elliptic.P256() {
			return nil
		}
	case ed25519.PublicKey:
		if a == EdDSA {
			return nil
		}
	}
	return fmt.Errorf("is no key for %s", a)
}

func checkRSA(key *rsa.PublicKey) error {
	if bits := key.N.BitLen(); bits < minRSABits || bits > maxRSABits {
		return fmt.Errorf("has %d bits: want %d to %d", bits, minRSABits, maxRSABits)
	}
	return nil
}

// maxTried bounds the keys that one token is held against: a signature that is wrong
// costs as many verifications.
const maxTried = 10

// keySet are the keys that tokens may be signed with. It never changes; nil is empty.
type keySet struct {
	all   []jwt.VerificationKey
	named map[string][]jwt.VerificationKey // by kid; "" are those without one
}

func (s *keySet) add(kid string, key jwt.VerificationKey) {
	if s.named == nil {
		s.named = make(map[string][]jwt.VerificationKey)
	}
	s.all = append(s.all, key)
	s.named[kid] = append(s.named[kid], key)
}

func (s *keySet) count() int {
	if s == nil {
		return 0
	}
	return len(s.all)
}

// find returns the keys that a token with a kid may be signed with: those of that
// name, else those that have none. A token without a kid may be signed with any, if
// they are few.
func (s *keySet) find(kid string) []jwt.VerificationKey {
	if s == nil {
		return nil
	}
	keys := s.all
	if kid != "" {
		if keys = s.named[kid]; keys == nil {
			keys = s.named[""]
		}
	}
	if len(keys) > maxTried {
		return nil
	}
	return keys
}

package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
)

// keyPrefix lets people, and programs that look for secrets where none belong, tell
// an API key for what it is.
const keyPrefix = "tk_"

// maxAPIKeys keeps the comparison with all of them well below the cost of one
// signature.
const maxAPIKeys = 1000

// Key is an API key as it is configured.
type Key struct {
	// ID names the key in logs and is the Subject of its Grant.
	ID string
	// SHA256 is the hash of the whole credential, 64 hexadecimal digits.
	SHA256 string
	Rights
}

// NewKey makes an API key of 256 random bits, and the hash of it that is configured.
func NewKey() (credential, hash string) {
	var secret [32]byte
	_, _ = rand.Read(secret[:]) // it ends the program rather than fail
	credential = keyPrefix + base64.RawURLEncoding.EncodeToString(secret[:])
	sum := sha256.Sum256([]byte(credential))
	return credential, hex.EncodeToString(sum[:])
}

// apiKeys are the API keys that there are. They never change.
type apiKeys struct {
	list   []apiKey
	grants map[string]*Grant // by ID
}

type apiKey struct {
	hash  [sha256.Size]byte
	grant *Grant
}

func newAPIKeys(configured []Key) (*apiKeys, error) {
	if len(configured) > maxAPIKeys {
		return nil, fmt.Errorf("keys: %d of them: want %d at most", len(configured), maxAPIKeys)
	}
	keys := &apiKeys{grants: make(map[string]*Grant)}
	hashes := make(map[[sha256.Size]byte]bool)
	for i, c := range configured {
		key, err := newAPIKey(c)
		switch {
		case err != nil:
		case keys.grants[c.ID] != nil:
			err = errors.New("id: stands there twice")
		case hashes[key.hash]:
			err = errors.New("sha256: is that of another key")
		}
		if err != nil {
			return nil, fmt.Errorf("keys: entry %d: %w", i+1, err)
		}
		keys.list, keys.grants[c.ID] = append(keys.list, key), key.grant
		hashes[key.hash] = true
	}
	return keys, nil
}

func newAPIKey(c Key) (apiKey, error) {
	if !presentable(c.ID) {
		return apiKey{}, errors.New("id: want 1 to 256 printable characters")
	}
	// A hash is no secret, but a secret may stand in its place: it is not shown.
	hash, err := hex.DecodeString(c.SHA256)
	if err != nil || len(hash) != sha256.Size {
		return apiKey{}, errors.New("sha256: want 64 hexadecimal digits")
	}
	grant, wrong := c.grant()
	if wrong != nil {
		return apiKey{}, wrong
	}
	grant.Subject, grant.KeyID, grant.keyHash = c.ID, c.ID, string(hash)
	return apiKey{hash: [sha256.Size]byte(hash), grant: grant}, nil
}

// find returns the grant of a credential, or nil. It takes as long for every
// credential of the same length.
func (k *apiKeys) find(credential string) *Grant {
	if len(k.list) == 0 {
		return nil
	}
	sum := sha256.Sum256([]byte(credential))
	found := -1
	for i := range k.list {
		found = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(k.list[i].hash[:], sum[:]), i, found)
	}
	if found < 0 {
		return nil
	}
	return k.list[found].grant
}

// successor returns the grant of the key that a grant is of, nil if it is none any more.
// The same ID over another hash is another key.
func (k *apiKeys) successor(grant *Grant) *Grant {
	if now := k.grants[grant.KeyID]; now != nil && now.keyHash == grant.keyHash {
		return now
	}
	return nil
}

// keep takes over the grants of keys that are as they were before, so that the sessions
// that go by them need not follow.
func (k *apiKeys) keep(before *apiKeys) {
	for i := range k.list {
		old := before.successor(k.list[i].grant)
		if old != nil && reflect.DeepEqual(old, k.list[i].grant) {
			k.list[i].grant, k.grants[old.KeyID] = old, old
		}
	}
}

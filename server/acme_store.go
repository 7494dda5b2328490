package server

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
)

const (
	acmeAccountFile     = "account.pem"
	acmeCertificateFile = "certificate.pem"
)

// acmeStore is the directory of one certificate authority below the cache, so that what
// was tried with one is not taken for the certificate of another.
type acmeStore struct{ dir string }

func openACMEStore(cache, authority string) (acmeStore, error) {
	s := acmeStore{filepath.Join(cache, url.PathEscape(authority))}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return s, fmt.Errorf("make certificate cache: %w", err)
	}
	return s, nil
}

// certificate returns what was kept, nil if nothing was.
func (s acmeStore) certificate() ([]byte, error) {
	text, err := readPEM(filepath.Join(s.dir, acmeCertificateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return text, err
}

func (s acmeStore) keepCertificate(text []byte) error { return s.put(acmeCertificateFile, text) }

// account returns the key of the account. One that is new is kept before it is used.
func (s acmeStore) account() (crypto.Signer, error) {
	text, err := readPEM(filepath.Join(s.dir, acmeAccountFile))
	if errors.Is(err, fs.ErrNotExist) {
		key, text, err := newACMEKey()
		if err != nil {
			return nil, err
		}
		return key, s.put(acmeAccountFile, text)
	}
	if err != nil {
		return nil, err
	}
	return parseAccountKey(text)
}

func parseAccountKey(text []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("read account key: no PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read account key: %w", err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("read account key: a %T signs nothing", key)
	}
	return signer, nil
}

// put replaces a file as a whole, for this user only: a crash leaves the old one or the
// new one.
func (s acmeStore) put(name string, text []byte) error {
	f, err := os.CreateTemp(s.dir, name+".*")
	if err != nil {
		return fmt.Errorf("keep %s: %w", name, err)
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), filepath.Join(s.dir, name))
	}
	if err != nil {
		return fmt.Errorf("keep %s: %w", name, errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}

package auth

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
)

const (
	maxKeyFileBytes     = 64 << 10
	maxRevokedFileBytes = 1 << 20
)

// fileReader returns what reads a file of at most so many bytes. The file of a secret
// must not be readable by everybody.
func fileReader(path string, most int64, secret bool) func(context.Context) ([]byte, error) {
	return func(context.Context) ([]byte, error) {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		text, err := readOpen(file, most, secret)
		if err := errors.Join(err, file.Close()); err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		return text, nil
	}
}

func readOpen(file *os.File, most int64, secret bool) ([]byte, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	// Elsewhere the bits of others say nothing about who may read.
	if secret && runtime.GOOS != "windows" && info.Mode().Perm()&0o004 != 0 {
		return nil, errors.New("everybody may read it: take that right away (chmod o-r)")
	}
	return readAtMost(file, most)
}

func readAtMost(r io.Reader, most int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(text)) > most {
		err = fmt.Errorf("is longer than %d bytes", most)
	}
	return text, err
}

// parseSecretFile takes a secret up to a final end of line.
func parseSecretFile(text []byte) (*keySet, error) {
	return parseSecret(bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r")))
}

// parseSecret takes the secret of HS256 as it is. What everybody may know, a key that
// is public or a certificate, is none.
func parseSecret(secret []byte) (*keySet, error) {
	switch {
	case len(secret) < minSecretBytes:
		return nil, fmt.Errorf("secret has %d bytes: want %d or more", len(secret), minSecretBytes)
	case bytes.Contains(secret, []byte("-----BEGIN ")):
		return nil, errors.New("secret is a key or certificate in PEM form: want random bytes")
	case bytes.ContainsAny(secret, "\r\n"):
		return nil, errors.New("secret has more than one line")
	}
	set := new(keySet)
	set.add("", secret)
	return set, nil
}

// pemParser returns what reads public keys and certificates in PEM form. Of a
// certificate only the key is used.
func pemParser(algorithm Algorithm) func([]byte) (*keySet, error) {
	return func(text []byte) (*keySet, error) {
		set := new(keySet)
		blocks := bytes.Count(text, []byte("-----BEGIN "))
		if blocks > maxTried {
			return nil, fmt.Errorf("%d keys: want %d at most", blocks, maxTried)
		}
		for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
			key, err := parseBlock(block)
			if err == nil {
				err = algorithm.check(key)
			}
			if err != nil {
				return nil, fmt.Errorf("key %d: %w", set.count()+1, err)
			}
			set.add("", key)
		}
		// What is damaged is passed over by the decoder.
		if n := set.count(); n == 0 || n != blocks {
			return nil, fmt.Errorf("%d of %d PEM blocks can be read", n, blocks)
		}
		return set, nil
	}
}

func parseBlock(block *pem.Block) (any, error) {
	switch block.Type {
	case "PUBLIC KEY":
		return x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		return x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		return certificate.PublicKey, nil
	default:
		return nil, errors.New("is neither a public key nor a certificate")
	}
}

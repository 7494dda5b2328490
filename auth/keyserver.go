package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/MicahParks/jwkset"
)

const (
	fetchTimeout    = 5 * time.Second
	maxKeysBytes    = 1 << 20
	maxHeaderBytes  = 64 << 10
	maxKeysOfServer = 100
	maxRedirects    = 3
)

// keyServer is where a set of keys is published.
type keyServer struct {
	url    string
	client *http.Client
}

// parseKeyURL accepts https, and http on this machine.
func parseKeyURL(text string) (*url.URL, error) {
	address, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("is no URL")
	case address.User != nil:
		return nil, errors.New("has a login: keys are public")
	case !guarded(address):
		return nil, errors.New("want https://…, or http:// on a loopback address")
	}
	return address, nil
}

func guarded(address *url.URL) bool {
	return address.Host != "" && (address.Scheme == "https" || address.Scheme == "http" && loopback(address.Hostname()))
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func newKeyServer(address *url.URL, transport http.RoundTripper) *keyServer {
	if transport == nil {
		// One request in some minutes: a connection kept for the next is one wasted.
		transport = &http.Transport{
			Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, ForceAttemptHTTP2: true,
			MaxResponseHeaderBytes: maxHeaderBytes,
		}
	}
	return &keyServer{url: address.String(), client: &http.Client{
		Transport: transport,
		CheckRedirect: func(next *http.Request, via []*http.Request) error {
			// A server that is reached over https must not send us to this machine.
			if len(via) > maxRedirects || !guarded(next.URL) || next.URL.Scheme != address.Scheme {
				return errors.New("redirected too often, or to where nothing guards the answer")
			}
			return nil
		},
	}}
}

// read fetches the set.
func (s *keyServer) read(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("ask key server: %w", err)
	}
	request.Header.Set("Accept", "application/jwk-set+json, application/json")
	answer, err := s.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask key server: %w", err)
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask key server: it answers %d", answer.StatusCode)
	}
	text, err := readAtMost(answer.Body, maxKeysBytes)
	if err != nil {
		return nil, fmt.Errorf("read answer of key server: %w", err)
	}
	return text, nil
}

// setParser returns what reads a JWK set. Keys that are not for the algorithm, or too
// weak for it, are passed over: a server has keys for others too.
func setParser(algorithm Algorithm) func([]byte) (*keySet, error) {
	return func(text []byte) (*keySet, error) {
		var document struct {
			Keys []json.RawMessage `json:"keys"`
		}
		if err := json.Unmarshal(text, &document); err != nil {
			return nil, fmt.Errorf("parse key set: %w", err)
		}
		if n := len(document.Keys); n > maxKeysOfServer {
			return nil, fmt.Errorf("parse key set: %d keys: want %d at most", n, maxKeysOfServer)
		}
		set := new(keySet)
		for _, text := range document.Keys {
			if kid, key := parseJWK(text, algorithm); key != nil {
				set.add(kid, key)
			}
		}
		if set.count() == 0 {
			return nil, fmt.Errorf("parse key set: none of %d keys is one for %s", len(document.Keys), algorithm)
		}
		return set, nil
	}
}

// parseJWK returns a key and its name, or nil if it cannot be used. Without the option
// Private a secret is an error and a private key only its public part.
func parseJWK(text []byte, algorithm Algorithm) (kid string, key any) {
	parsed, err := jwkset.NewJWKFromRawJSON(text, jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
	if err != nil {
		return "", nil
	}
	is := parsed.Marshal()
	fits := (is.ALG == "" || string(is.ALG) == string(algorithm)) &&
		(is.USE == "" || is.USE == jwkset.UseSig) &&
		(len(is.KEYOPS) == 0 || slices.Contains(is.KEYOPS, jwkset.KeyOpsVerify)) &&
		algorithm.check(parsed.Key()) == nil
	if !fits {
		return "", nil
	}
	return is.KID, parsed.Key()
}

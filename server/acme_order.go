package server

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"time"

	"golang.org/x/crypto/acme"
)

const (
	// acmeLook is how often a certificate's age is looked at.
	acmeLook = 10 * time.Minute
	// Pauses after failures double from the first to the last. Let's Encrypt forgives
	// five failures of a name in an hour.
	acmeFirstPause = 5 * time.Minute
	acmeLastPause  = time.Hour
	// acmeLongestPause is the longest for which an authority can have us wait.
	acmeLongestPause = 24 * time.Hour

	// acmeTimeout is how long the whole of an order may take, acmeRequestTimeout a
	// request of it. acmeRetries are those of a request that the authority could not
	// answer.
	acmeTimeout        = 5 * time.Minute
	acmeRequestTimeout = 30 * time.Second
	acmeRetries        = 3
)

// acmeDue reports whether a certificate is needed: there is none, or less than a third
// of its life is left.
func acmeDue(current *tls.Certificate, now time.Time) bool {
	if current == nil {
		return true
	}
	leaf := current.Leaf
	return leaf.NotAfter.Sub(now) < leaf.NotAfter.Sub(leaf.NotBefore)/3
}

// acmePause returns how long to wait after so many failures in a row, the last for err.
// It is spread over a fifth, so that services that failed together come back apart.
func acmePause(failures int, err error) time.Duration {
	pause := min(acmeFirstPause<<min(failures-1, 10), acmeLastPause)
	pause += time.Duration(mathrand.Int64N(int64(pause / 5)))
	var refusal *acme.Error
	if errors.As(err, &refusal) {
		told, _ := acme.RateLimit(refusal)
		pause = max(pause, min(told, acmeLongestPause))
	}
	return pause
}

// acmeClient makes the client that an authority is asked with.
func acmeClient(transport http.RoundTripper) *http.Client {
	if transport == nil {
		// A dozen requests in some weeks: no connection is worth keeping.
		transport = &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, ForceAttemptHTTP2: true}
	}
	return &http.Client{
		Transport: transport, Timeout: acmeRequestTimeout,
		CheckRedirect: func(next *http.Request, _ []*http.Request) error {
			return fmt.Errorf("it leads to %s: name that", next.URL.Redacted())
		},
	}
}

// acmeRetry is the pause before a request is made again. The longer pauses are Run's.
func acmeRetry(n int, _ *http.Request, answer *http.Response) time.Duration {
	if n > acmeRetries || answer.StatusCode == http.StatusTooManyRequests {
		return 0
	}
	return time.Duration(n) * time.Second
}

// issue orders a certificate, proves that its names are ours, and returns the chain and
// the new key in PEM.
func (a *ACME) issue(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, acmeTimeout)
	defer cancel()
	client, err := a.register(ctx)
	if err != nil {
		return nil, err
	}
	order, err := client.AuthorizeOrder(ctx, acme.DomainIDs(a.cfg.Domains...))
	if err != nil {
		return nil, fmt.Errorf("order certificate: %w", err)
	}
	for _, url := range order.AuthzURLs {
		if err := a.prove(ctx, client, url); err != nil {
			return nil, err
		}
	}
	if order, err = client.WaitOrder(ctx, order.URI); err != nil {
		return nil, fmt.Errorf("order certificate: %w", err)
	}
	return a.finish(ctx, client, order.FinalizeURL)
}

// register returns a client with an account of the authority, new if there was none.
func (a *ACME) register(ctx context.Context) (*acme.Client, error) {
	key, err := a.store.account()
	if err != nil {
		return nil, err
	}
	client := &acme.Client{
		Key: key, DirectoryURL: a.cfg.Directory, HTTPClient: a.http, UserAgent: "ticker", RetryBackoff: acmeRetry,
	}
	account := &acme.Account{}
	if a.cfg.Email != "" {
		account.Contact = []string{"mailto:" + a.cfg.Email}
	}
	if _, err := client.Register(ctx, account, acme.AcceptTOS); err != nil && !errors.Is(err, acme.ErrAccountAlreadyExists) {
		return nil, fmt.Errorf("register with certificate authority: %w", err)
	}
	return client, nil
}

// prove shows the authority that one name of an order is ours.
func (a *ACME) prove(ctx context.Context, client *acme.Client, url string) error {
	wanted, err := client.GetAuthorization(ctx, url)
	if err != nil {
		return fmt.Errorf("read authorization: %w", err)
	}
	if wanted.Status == acme.StatusValid { // as it still is from the last order
		return nil
	}
	name := wanted.Identifier.Value
	challenge, err := challengeOf(wanted)
	if err != nil {
		return err
	}
	proof, err := client.TLSALPN01ChallengeCert(challenge.Token, name)
	if err != nil {
		return fmt.Errorf("prove %s: %w", name, err)
	}
	a.show(name, &proof)
	defer a.show(name, nil)
	if _, err := client.Accept(ctx, challenge); err != nil {
		return fmt.Errorf("prove %s: %w", name, err)
	}
	if _, err := client.WaitAuthorization(ctx, url); err != nil {
		return fmt.Errorf("prove %s: %w", name, err)
	}
	return nil
}

// challengeOf finds the one kind of proof that the public listener can give.
func challengeOf(wanted *acme.Authorization) (*acme.Challenge, error) {
	for _, c := range wanted.Challenges {
		if c.Type == "tls-alpn-01" {
			return c, nil
		}
	}
	return nil, fmt.Errorf("prove %s: the certificate authority takes no tls-alpn-01", wanted.Identifier.Value)
}

// show has the authority see the proof for a name; nil takes it away.
func (a *ACME) show(name string, proof *tls.Certificate) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if proof == nil {
		delete(a.proofs, name)
		return
	}
	a.proofs[name] = proof
}

func (a *ACME) proof(name string) *tls.Certificate {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.proofs[name]
}

// finish fetches the certificate of an order for a key that is made here.
func (a *ACME) finish(ctx context.Context, client *acme.Client, url string) ([]byte, error) {
	key, text, err := newACMEKey()
	if err != nil {
		return nil, err
	}
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: a.cfg.Domains}, key)
	if err != nil {
		return nil, fmt.Errorf("request certificate: %w", err)
	}
	chain, _, err := client.CreateOrderCert(ctx, url, request, true)
	if err != nil {
		return nil, fmt.Errorf("fetch certificate: %w", err)
	}
	for _, der := range chain {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	return text, nil
}

// newACMEKey makes a key, and its text in PEM.
func newACMEKey() (*ecdsa.PrivateKey, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("make key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, fmt.Errorf("make key: %w", err)
	}
	return key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

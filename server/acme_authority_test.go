package server_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/acme"
)

// authority is a certificate authority as small as RFC 8555 lets it be. It verifies
// every signature and nonce, and has every name proved on the listener (RFC 8737).
type authority struct {
	t        *testing.T
	http     *httptest.Server
	listener string // where every name leads to
	key      *ecdsa.PrivateKey
	root     *x509.Certificate

	mu       sync.Mutex
	requests int
	nonces   map[string]bool
	account  *ecdsa.PublicKey
	contact  []string
	names    []string // of the order, each with an authorization of its number
	proved   []bool
	chain    []byte
	issued   int
	age      time.Duration // of the certificates that are issued, of 90 days
	broken   bool          // refuses every order
}

func newAuthority(t *testing.T, listener string) *authority {
	t.Helper()
	a := &authority{t: t, listener: listener, nonces: make(map[string]bool)}
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	a.root = a.sign(template, &a.key.PublicKey, template)
	a.http = httptest.NewTLSServer(a)
	t.Cleanup(a.http.Close)
	return a
}

// sign makes a certificate; failing to is no fault of what is tested.
func (a *authority) sign(template *x509.Certificate, key crypto.PublicKey, parent *x509.Certificate) *x509.Certificate {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key, a.key)
	if err != nil {
		panic(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return cert
}

// set changes the authority between two requests.
func (a *authority) set(change func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change()
}

// counts returns how many requests were made, and how many certificates issued.
func (a *authority) counts() (requests, issued int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.requests, a.issued
}

// ServeHTTP implements http.Handler.
func (a *authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.requests++
	nonce := rand.Text()
	a.nonces[nonce] = true
	w.Header().Set("Replay-Nonce", nonce)
	if r.Method != http.MethodPost {
		if r.URL.Path == "/directory" {
			a.answer(w, http.StatusOK, "", map[string]any{
				"newNonce": a.url("/nonce"), "newAccount": a.url("/account"), "newOrder": a.url("/order"),
				"meta": map[string]string{"termsOfService": a.url("/terms")},
			})
		}
		return
	}
	payload, err := a.open(r)
	if err == nil {
		err = a.act(r.Context(), w, r.URL.Path, payload)
	}
	if err != nil {
		w.Header().Set("Content-Type", "application/problem+json")
		a.answer(w, http.StatusForbidden, "", map[string]string{"type": "urn:ietf:params:acme:error:unauthorized", "detail": err.Error()})
	}
}

func (a *authority) url(path string) string { return a.http.URL + path }

func (a *authority) answer(w http.ResponseWriter, status int, location string, body any) {
	if location != "" {
		w.Header().Set("Location", a.url(location))
	}
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		a.t.Error(err)
	}
}

// open returns the payload of a request, once its signature and its nonce are verified.
func (a *authority) open(r *http.Request) ([]byte, error) {
	var sealed struct{ Protected, Payload, Signature string }
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(body, &sealed); err != nil {
		return nil, err
	}
	var header struct {
		Alg, Nonce, URL string
		JWK             *struct{ X, Y string }
	}
	if err := json.Unmarshal(unbase64(sealed.Protected), &header); err != nil {
		return nil, err
	}
	if header.Alg != "ES256" || header.URL != a.url(r.URL.Path) || !a.nonces[header.Nonce] {
		return nil, fmt.Errorf("alg %q, url %q, or the nonce", header.Alg, header.URL)
	}
	delete(a.nonces, header.Nonce)
	key := a.account
	if header.JWK != nil {
		point := slices.Concat([]byte{4}, unbase64(header.JWK.X), unbase64(header.JWK.Y))
		if key, err = ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point); err != nil {
			return nil, err
		}
	}
	signature := unbase64(sealed.Signature)
	digest := sha256.Sum256([]byte(sealed.Protected + "." + sealed.Payload))
	if key == nil || len(signature) != 64 ||
		!ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		return nil, errors.New("signature is wrong")
	}
	a.account = key
	return unbase64(sealed.Payload), nil
}

func unbase64(text string) []byte {
	out, _ := base64.RawURLEncoding.DecodeString(text)
	return out
}

// act does what a request asks for. An error refuses it.
func (a *authority) act(ctx context.Context, w http.ResponseWriter, path string, payload []byte) error {
	kind, number, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	i := slices.Index([]string{"0", "1", "2", "3"}, number)
	var body struct {
		Contact     []string
		Identifiers []struct{ Value string }
		CSR         string
	}
	if len(payload) > 0 {
		if err := json.Unmarshal(payload, &body); err != nil {
			return err
		}
	}
	switch {
	case kind == "account":
		a.contact = body.Contact
		a.answer(w, http.StatusCreated, "/account/1", map[string]any{"status": "valid"})
	case path == "/order" && a.broken:
		return errors.New("no orders today")
	case path == "/order":
		a.chain, a.names, a.proved = nil, nil, make([]bool, len(body.Identifiers))
		for _, id := range body.Identifiers {
			a.names = append(a.names, id.Value)
		}
		a.answer(w, http.StatusCreated, "/order/0", a.order())
	case kind == "order":
		a.answer(w, http.StatusOK, "/order/0", a.order())
	case kind == "authorization":
		a.answer(w, http.StatusOK, "", a.authorization(i))
	case kind == "challenge":
		a.proved[i] = true
		if err := a.look(ctx, a.names[i], a.token(i)); err != nil {
			a.proved[i] = false
			return err
		}
		a.answer(w, http.StatusOK, "", a.challenge(i))
	case kind == "finalize" && !slices.Contains(a.proved, false):
		if err := a.issue(unbase64(body.CSR)); err != nil {
			return err
		}
		a.answer(w, http.StatusOK, "/order/0", a.order())
	case kind == "certificate":
		_, err := w.Write(a.chain)
		return err
	default:
		return fmt.Errorf("nothing is at %s now", path)
	}
	return nil
}

func (a *authority) token(i int) string { return fmt.Sprintf("token-%d-%d", a.issued, i) }

func (a *authority) order() map[string]any {
	status, authorizations := "ready", []string{}
	for i, proved := range a.proved {
		if !proved {
			status = "pending"
		}
		authorizations = append(authorizations, a.url(fmt.Sprintf("/authorization/%d", i)))
	}
	order := map[string]any{"authorizations": authorizations, "finalize": a.url("/finalize/0")}
	if a.chain != nil && status == "ready" {
		order["certificate"], status = a.url("/certificate/0"), "valid"
	}
	order["status"] = status
	return order
}

func (a *authority) authorization(i int) map[string]any {
	return map[string]any{
		"status": a.status(i), "identifier": map[string]string{"type": "dns", "value": a.names[i]},
		"challenges": []any{map[string]string{"type": "http-01", "url": a.url("/nothing")}, a.challenge(i)},
	}
}

func (a *authority) challenge(i int) map[string]string {
	return map[string]string{
		"type": "tls-alpn-01", "url": a.url(fmt.Sprintf("/challenge/%d", i)), "token": a.token(i), "status": a.status(i),
	}
}

func (a *authority) status(i int) string {
	if a.proved[i] {
		return "valid"
	}
	return "pending"
}

// look visits the listener for the proof that a name is whose it is said to be.
func (a *authority) look(ctx context.Context, name, token string) error {
	dialer := &tls.Dialer{Config: &tls.Config{
		ServerName: name, NextProtos: []string{acme.ALPNProto}, MinVersion: tls.VersionTLS12,
		InsecureSkipVerify: true, //nolint:gosec // the proof is a certificate of nobody
	}}
	conn, err := dialer.DialContext(ctx, "tcp", a.listener)
	if err != nil {
		return err
	}
	state := conn.(*tls.Conn).ConnectionState()
	if err := conn.Close(); err != nil {
		return err
	}
	thumbprint, err := acme.JWKThumbprint(a.account)
	if err != nil {
		return err
	}
	digest := sha256.Sum256([]byte(token + "." + thumbprint))
	want, err := asn1.Marshal(digest[:])
	if err != nil {
		return err
	}
	shown := state.PeerCertificates[0]
	for _, extension := range shown.Extensions {
		if extension.Id.String() == "1.3.6.1.5.5.7.1.31" && extension.Critical && bytes.Equal(extension.Value, want) &&
			state.NegotiatedProtocol == acme.ALPNProto && slices.Equal(shown.DNSNames, []string{name}) {
			return nil
		}
	}
	return fmt.Errorf("no proof for %s", name)
}

// issue makes the certificate of the order.
func (a *authority) issue(request []byte) error {
	csr, err := x509.ParseCertificateRequest(request)
	if err != nil || csr.CheckSignature() != nil || !slices.Equal(csr.DNSNames, a.names) {
		return fmt.Errorf("want a request for %v", a.names)
	}
	a.issued++
	begin := time.Now().Add(-a.age - time.Minute)
	leaf := a.sign(&x509.Certificate{
		SerialNumber: big.NewInt(int64(1 + a.issued)), DNSNames: a.names, NotBefore: begin, NotAfter: begin.Add(90 * 24 * time.Hour),
	}, csr.PublicKey, a.root)
	a.chain = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw})
	return nil
}

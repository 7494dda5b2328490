package faults_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"ticker/client"
	"ticker/wire"
)

// newKey makes a key of ES256.
func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// pair is a certificate of this machine and its key, in PEM.
type pair struct{ cert, key string }

// certify makes a certificate that is good until an hour from a time.
func certify(t *testing.T, name string, at time.Time) pair {
	t.Helper()
	private := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: at.Add(-time.Hour), NotAfter: at.Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	text := func(kind string, bytes []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}))
	}
	return pair{text("CERTIFICATE", cert), text("PRIVATE KEY", key)}
}

func (c pair) write(t *testing.T, dir string) {
	t.Helper()
	for name, text := range map[string]string{"cert.pem": c.cert, "key.pem": c.key} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// shown returns the certificate that a new connection is shown.
func shown(t *testing.T, address string, trust *tls.Config) *x509.Certificate {
	t.Helper()
	dialer := &tls.Dialer{Config: trust}
	conn, err := dialer.DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // it was only looked at
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0]
}

// expectShown wants new connections to be shown a certificate, and the metrics to say
// when that one expires.
func (p *program) expectShown(name string, trust *tls.Config) {
	p.t.Helper()
	served := shown(p.t, p.public, trust)
	if got := served.Subject.CommonName; got != name {
		p.t.Errorf("%q is shown, want %q", got, name)
	}
	if says := p.metrics()["ticker_tls_certificate_expiry_timestamp_seconds"]; says != float64(served.NotAfter.Unix()) {
		p.t.Errorf("%q expires at %d, and the metric says %.0f", name, served.NotAfter.Unix(), says)
	}
}

func TestACertificateWithAMistakeKeepsTheOldOneAndEverySession(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old, next := certify(t, "old", time.Now()), certify(t, "next", time.Now().Add(time.Minute))
	old.write(t, dir)
	roots := x509.NewCertPool()
	for _, c := range []pair{old, next} {
		roots.AppendCertsFromPEM([]byte(c.cert))
	}
	trust := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	p := start(t, setup{config: fmt.Sprintf("feeds: ['push:', 'sim:?symbols=10&rate=100']\nhistory: {url: 'off'}\ntls: {cert_file: %[1]s/cert.pem, key_file: %[1]s/key.pem}\n", dir)})
	w := attend(t, client.Config{URL: "https://" + p.public, TLS: trust})
	p.expectShown("old", trust)
	const failed = `ticker_tls_reloads_total{result="error"}`
	for _, mistake := range []pair{
		{next.cert[:len(next.cert)/2], next.key}, // half-written
		{next.cert, old.key},
		certify(t, "expired", time.Now().Add(-24*time.Hour)),
		{}, // nothing at all
	} {
		before := p.metrics()[failed]
		mistake.write(t, dir)
		p.signal(syscall.SIGHUP)
		p.awaitMetric(failed, func(n float64) bool { return n > before })
		p.expectShown("old", trust)
	}
	next.write(t, dir)
	p.signal(syscall.SIGHUP)
	await(t, "the next certificate", func() bool { return shown(t, p.public, trust).Subject.CommonName == "next" })
	p.expectShown("next", trust)
	w.goesOn(t)
}

// guest is a client that counts what it is sent.
type guest struct {
	*client.Client
	batches, sessions atomic.Int64
}

// attend connects a guest until the test ends, and returns when it is let in.
func attend(t *testing.T, way client.Config) *guest {
	t.Helper()
	g := &guest{}
	way.Transports = []client.Transport{client.WebSocket}
	way.OnQuotes = func(client.Batch) { g.batches.Add(1) }
	way.OnState = func(s client.State) {
		if s.Phase == client.Online {
			g.sessions.Add(1)
		}
	}
	var err error
	if g.Client, err = client.New(way); err != nil {
		t.Fatal(err)
	}
	runUntilEnd(t, g.Client)
	if _, err := g.Subscribe(t.Context(), client.Subscription{Symbols: []string{"*"}}); err != nil {
		t.Fatal(err)
	}
	return g
}

// goesOn wants the guest's first connection to be there, and to bring what is new.
func (g *guest) goesOn(t *testing.T) {
	t.Helper()
	before := g.batches.Load()
	await(t, "a session goes on", func() bool { return g.batches.Load() > before })
	if n := g.sessions.Load(); n != 1 {
		t.Errorf("a session had to be made %d times", n)
	}
}

// keyServer publishes public keys, by their names.
type keyServer struct {
	*httptest.Server
	keys  atomic.Pointer[map[string]*ecdsa.PrivateKey]
	down  atomic.Bool
	asked atomic.Int64
}

func newKeyServer(t *testing.T) *keyServer {
	t.Helper()
	s := &keyServer{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.asked.Add(1)
		if s.down.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		var keys []map[string]string
		for id, key := range *s.keys.Load() {
			point, err := key.PublicKey.Bytes()
			if err != nil {
				t.Error(err)
			}
			text := base64.RawURLEncoding.EncodeToString
			keys = append(keys, map[string]string{
				"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": id, "x": text(point[1:33]), "y": text(point[33:]),
			})
		}
		if err := json.NewEncoder(w).Encode(map[string]any{"keys": keys}); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *keyServer) publish(keys map[string]*ecdsa.PrivateKey) { s.keys.Store(&keys) }

// token signs one for a guest.
func token(t *testing.T, id string, key *ecdsa.PrivateKey) string {
	t.Helper()
	unsigned := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{"sub": "guest", "exp": time.Now().Add(time.Hour).Unix()})
	unsigned.Header["kid"] = id
	signed, err := unsigned.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// judged returns the status with which a token is answered.
func judged(t *testing.T, p *program, token string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+p.public+"/v1/symbols", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	answer, err := p.web.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close() // nobody reads it
	return answer.StatusCode
}

func TestAKeyServerThatIsDownOrRotatesEndsNoSessionAndLetsNobodyInUnproven(t *testing.T) {
	t.Parallel()
	server, first, second := newKeyServer(t), newKey(t), newKey(t)
	server.publish(map[string]*ecdsa.PrivateKey{"first": first})
	p := start(t, setup{config: fmt.Sprintf(
		"feeds: ['sim:?symbols=10&rate=100']\nhistory: {url: 'off'}\nauth: {mode: jwt, jwt: {algorithm: ES256, jwks_url: '%s'}}\n", server.URL)})
	old := token(t, "first", first)
	await(t, "the first key is known", func() bool { return judged(t, p, old) == http.StatusOK })
	g := attend(t, client.Config{URL: "http://" + p.public, Token: old, Codec: wire.MsgPack})

	server.down.Store(true)
	fresh := token(t, "second", second)
	for range 100 {
		if status := judged(t, p, fresh); status == http.StatusOK {
			t.Fatal("a token is accepted whose key nobody knows")
		}
		if status := judged(t, p, old); status != http.StatusOK {
			t.Fatalf("a token whose key is known is answered %d", status)
		}
	}
	if asked := server.asked.Load(); asked > 20 {
		t.Errorf("a key server that is down was asked %d times", asked)
	}
	if status := judged(t, p, token(t, "first", second)); status != http.StatusUnauthorized {
		t.Errorf("a token with a wrong signature is answered %d", status)
	}
	g.goesOn(t)

	server.publish(map[string]*ecdsa.PrivateKey{"second": second})
	server.down.Store(false)
	await(t, "the second key is known", func() bool { return judged(t, p, fresh) == http.StatusOK })
	if status := judged(t, p, old); status != http.StatusUnauthorized {
		t.Errorf("a token whose key was taken back is answered %d", status)
	}
	g.goesOn(t)
}

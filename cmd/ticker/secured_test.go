package main

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"

	"ticker/auth"
)

// secured is a service in a process of its own, over TLS, that asks who one is.
type secured struct {
	*process
	t         *testing.T
	config    string
	cert, key string // files
	revoked   string
	apiKey    string
	roots     *x509.CertPool
	client    *http.Client
}

// certify writes a new certificate of this machine and trusts it.
func (s *secured) certify(name string) {
	s.t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		s.t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		s.t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})
	s.roots.AppendCertsFromPEM(text)
	dir := filepath.Dir(s.cert)
	putFile(s.t, dir, "cert.pem", string(text), 0o600)
	putFile(s.t, dir, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})), 0o600)
}

// startSecured starts a service that takes tokens and one API key.
func startSecured(t *testing.T) *secured {
	t.Helper()
	dir := t.TempDir()
	s := &secured{t: t, cert: filepath.Join(dir, "cert.pem"), key: filepath.Join(dir, "key.pem"), roots: x509.NewCertPool()}
	s.certify("first")
	s.revoked = putFile(t, dir, "revoked", "# nobody yet\n", 0o600)
	_, made, _ := program(t, nil, "key", "--id", "wall")
	s.apiKey, _, _ = strings.Cut(made, "\n")
	hash := regexp.MustCompile(`sha256: (\w+)`).FindStringSubmatch(made)
	s.config = putFile(t, dir, "ticker.yaml", fmt.Sprintf(`
feeds: ['push:']
history: {url: "off"}
log: {level: debug}
tls: {cert_file: %s, key_file: %s}
auth:
  mode: jwt
  revoked_file: %s
  jwt: {secret_file: %s}
  keys: [{id: wall, sha256: %s, symbols: [W]}]
`, s.cert, s.key, s.revoked, putFile(t, dir, "secret", testSecret+"\n", 0o600), hash[1]), 0o600)
	s.process = spawn(t, "--config", s.config)
	s.client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: s.trust()}}
	return s
}

func (s *secured) trust() *tls.Config {
	return &tls.Config{RootCAs: s.roots, MinVersion: tls.VersionTLS12}
}

// token mints one with the program itself.
func (s *secured) token(args ...string) string {
	s.t.Helper()
	code, stdout, stderr := program(s.t, nil, append([]string{"token", "--config", s.config}, args...)...)
	if code != 0 {
		s.t.Fatal(stderr)
	}
	return strings.TrimSpace(stdout)
}

// ask makes a request, as GET /path, with a credential, none if it is empty.
func (s *secured) ask(what, credential, body string) (int, string) {
	s.t.Helper()
	method, path, _ := strings.Cut(what, " ")
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.public+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if credential != "" {
		req.Header.Set("Authorization", "Bearer "+credential)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer closing(s.t, resp.Body)
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// expect asks, and expects a status and a part of the answer.
func (s *secured) expect(status int, part, what, credential, body string) {
	s.t.Helper()
	if code, text := s.ask(what, credential, body); code != status || !strings.Contains(text, part) {
		s.t.Errorf("%s: %d %s, want %d and %s", what, code, text, status, part)
	}
}

// dial opens a session with a credential, and reads its welcome.
func (s *secured) dial(credential string) *websocket.Conn {
	s.t.Helper()
	dialer := &websocket.Dialer{TLSClientConfig: s.trust(), Subprotocols: []string{"ticker.v1.json", "bearer." + credential}}
	conn, resp, err := dialer.DialContext(s.t.Context(), "wss"+strings.TrimPrefix(s.public, "https")+"/v1/ws", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	defer closing(s.t, resp.Body)
	s.t.Cleanup(func() { _ = conn.Close() })
	if text := next(s.t, conn); !strings.Contains(text, `"welcome"`) {
		s.t.Fatal(text)
	}
	return conn
}

// shown returns the name of the certificate that a new connection is shown.
func (s *secured) shown() string {
	s.t.Helper()
	dialer := &tls.Dialer{Config: s.trust()}
	conn, err := dialer.DialContext(s.t.Context(), "tcp", strings.TrimPrefix(s.public, "https://"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer closing(s.t, conn)
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].Subject.CommonName
}

// hangUp has the service read its files again.
func (s *secured) hangUp() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		s.t.Fatal(err)
	}
}

// soon waits for something that another process brings about.
func soon(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	overdue := time.After(30 * time.Second)
	for !done() {
		select {
		case <-tick.C:
		case <-overdue:
			t.Fatal("not in time: " + what)
		}
	}
}

func TestWhoeverComesOverTLSGetsWhatTheCredentialCovers(t *testing.T) {
	t.Parallel()
	s := startSecured(t)
	token := s.token("--sub", "desk-1", "--symbols", "A*", "--publish", "A*,W")
	const quotes = `[{"symbol":"A1","bid":1},{"symbol":"B1","bid":1},{"symbol":"W","bid":2}]`
	s.expect(401, `"code":"unauthorized"`, "POST /v1/quotes", "", quotes)
	s.expect(200, `{"accepted":2,"rejected":[{"line":2,"code":"forbidden"`, "POST /v1/quotes", token, quotes)
	s.expect(401, `"code":"unauthorized"`, "GET /v1/snapshot?symbols=*", "", "")
	s.expect(401, `"code":"unauthorized"`, "GET /v1/snapshot?symbols=*", token+"x", "")
	s.expect(401, `"code":"unauthorized"`, "GET /v1/snapshot?symbols=*", s.apiKey+"x", "")
	s.expect(401, `"code":"unauthorized"`, "GET /v1/snapshot?symbols=*&token="+token, "", "")
	s.expect(200, `{"symbols":["A1"]}`, "GET /v1/symbols", token, "")
	s.expect(200, `{"symbols":["W"]}`, "GET /v1/symbols", s.apiKey, "")
	s.expect(403, `"code":"forbidden"`, "GET /v1/snapshot?symbols=W", token, "")
	s.expect(403, `"code":"forbidden"`, "POST /v1/quotes", s.apiKey, quotes)

	conn := s.dial(token)
	answer := request(t, conn, `{"type":"command","id":"1","action":"subscribe","symbols":["A1","W"]}`)
	if !strings.Contains(answer, `"subscribed":["A1"]`) || !strings.Contains(answer, `{"symbol":"W","code":"forbidden"}`) {
		t.Error(answer)
	}
	for _, secret := range []string{token[len(token)-20:], s.apiKey[4:], testSecret} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("a secret stands in the log:\n%s", s.log)
		}
	}
}

func TestAReloadReadsAtOnceWhatChanged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := &secured{t: t, cert: filepath.Join(dir, "cert.pem"), key: filepath.Join(dir, "key.pem"), roots: x509.NewCertPool()}
	s.certify("first")
	cfg := defaults()
	cfg.tls = tlsSettings{s.cert, s.key}
	cfg.auth = authSettings{mode: authJWT, jwt: jwtSettings{secret: testSecret}, revokedFile: putFile(t, dir, "revoked", "", 0o600)}
	synctest.Test(t, func(t *testing.T) {
		a, err := newAccess(cfg, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var running sync.WaitGroup
		running.Go(func() { _ = a.authority.Run(ctx) }) // which returns nil
		synctest.Wait()
		s.certify("second")
		putFile(t, dir, "revoked", "sub:desk-1\n", 0o600)
		a.reload()
		synctest.Wait()
		got, err := a.certificate.TLS().GetCertificate(nil)
		if err != nil || got.Leaf.Subject.CommonName != "second" {
			t.Errorf("%v, %v", got, err)
		}
		if !a.authority.Revoked(&auth.Grant{Subject: "desk-1"}) {
			t.Error("the revocation was not read")
		}
		cancel()
		running.Wait()
	})
}

func TestSessionsOutliveTheirCertificateAndNotTheirRights(t *testing.T) {
	t.Parallel()
	s := startSecured(t)
	token := s.token("--sub", "desk-1")
	conn, other := s.dial(token), s.dial(s.apiKey)
	if got := s.shown(); got != "first" {
		t.Errorf("%q is shown", got)
	}
	s.certify("second")
	s.hangUp()
	soon(t, "the new certificate", func() bool { return s.shown() == "second" })

	putFile(t, filepath.Dir(s.revoked), "revoked", "sub:desk-1\n", 0o600)
	if answer := request(t, conn, `{"type":"ping","id":"1"}`); !strings.Contains(answer, `"pong"`) {
		t.Errorf("the session did not outlive its certificate: %s", answer)
	}
	s.hangUp()
	for {
		_, _, err := conn.ReadMessage()
		if closed := new(websocket.CloseError); errors.As(err, &closed) && closed.Code == 4101 {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	s.expect(401, "revoked", "GET /v1/symbols", token, "")
	if answer := request(t, other, `{"type":"ping","id":"1"}`); !strings.Contains(answer, `"pong"`) {
		t.Errorf("another session: %s", answer)
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, s.log)
	}
}

func TestCommandsSendTheCredentialOfTheEnvironment(t *testing.T) {
	t.Parallel()
	file := writeFile(t, "auth: {mode: jwt, jwt: {secret: "+testSecret+"}}")
	r := startServe(t, "--config", file, "--feed", "push:", "--history", "off")
	_, token, _ := program(t, nil, "token", "--config", file, "--sub", "me", "--publish", "*")
	token = strings.TrimSpace(token)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.public+"/v1/quotes", strings.NewReader(`{"symbol":"A","bid":1.5}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if code, body := do(t, req); code != http.StatusOK {
		t.Fatal(body)
	}
	command := []string{"snapshot", "--url", r.public, "A"}
	code, stdout, stderr := program(t, []string{tokenVariable + "=" + token}, command...)
	if code != 0 || !strings.Contains(stdout, "1.5") {
		t.Errorf("exit %d %s%s", code, stdout, stderr)
	}
	code, stdout, stderr = program(t, nil, command...)
	if code != 1 || !strings.Contains(stderr, "credential") {
		t.Errorf("without it: exit %d %s%s", code, stdout, stderr)
	}
}

func TestSecretsThatEverybodyMayReadAreRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pair := &secured{t: t, cert: filepath.Join(dir, "cert.pem"), key: filepath.Join(dir, "key.pem"), roots: x509.NewCertPool()}
	pair.certify("first")
	for name, c := range map[string]struct{ text, open, want string }{
		"secret of tokens":    {"auth: {mode: jwt, jwt: {secret: " + testSecret + "}}", "", ":1: auth.jwt.secret: "},
		"password of a store": {"\nhistory: {url: 'postgres://me:hush@127.0.0.1/x'}", "", ":2: history.url: "},
		"password of a relay": {"relay: {url: 'nats://me:hush@127.0.0.1:1', role: edge}", "", ":1: relay.url: "},
		"secret of a feed":    {"feeds:\n  - kind: alpaca\n    symbols: [AAPL]\n    key: hush\n    secret: hush", "", ":1: feeds: "},
		"token of a sink":     {"publish: ['nats:?url=nats://127.0.0.1:1&subject=x&token=hush']", "", ":1: publish: "},
		"key of the listener": {"tls: {cert_file: " + pair.cert + ", key_file: " + pair.key + "}", pair.key, ":1: tls.key_file: "},
	} {
		file := writeFile(t, c.text)
		open := cmp.Or(c.open, file)
		for mode, want := range map[os.FileMode]int{0o644: 2, 0o640: 0} {
			if err := os.Chmod(open, mode); err != nil {
				t.Fatal(err)
			}
			code, _, stderr := program(t, nil, "config", "check", file)
			if code != want || code == 2 && !strings.Contains(stderr, c.want+"everybody may read a secret in "+open) || strings.Contains(stderr, "hush") {
				t.Errorf("%s, mode %o: exit %d %s", name, mode, code, stderr)
			}
		}
	}
	plain := writeFile(t, "history: {url: 'postgres://me@127.0.0.1/x'}\nfeeds: ['sim:?seed=1']")
	if err := os.Chmod(plain, 0o644); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := program(t, nil, "config", "check", plain); code != 0 {
		t.Errorf("without a secret: exit %d %s", code, stderr)
	}
}

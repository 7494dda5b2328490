package faults_test

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// welcome is what becomes of a connection at a door.
type welcome func(net.Conn) net.Conn

// door is the way into an exchange, and whoever comes is welcomed as it is told.
type door struct {
	net.Listener
	tries   tries
	welcome atomic.Pointer[welcome]
}

// behind puts the door in front of an exchange.
func (d *door) behind(l net.Listener) net.Listener {
	d.Listener = l
	return d
}

// Accept implements net.Listener.
func (d *door) Accept() (net.Conn, error) {
	conn, err := d.Listener.Accept()
	if err != nil {
		return nil, err
	}
	d.tries.note()
	return (*d.welcome.Load())(conn), nil
}

func (d *door) receive(as welcome) { d.welcome.Store(&as) }

// showing speaks TLS with a certificate.
func showing(c tls.Certificate) welcome {
	config := &tls.Config{Certificates: []tls.Certificate{c}, MinVersion: tls.VersionTLS12}
	return func(conn net.Conn) net.Conn { return tls.Server(conn, config) }
}

// inClearText leaves the connection to a server that answers a handshake with text.
func inClearText(conn net.Conn) net.Conn { return conn }

// breakOff ends the connection without a word.
func breakOff(conn net.Conn) net.Conn {
	_ = conn.(*net.TCPConn).SetLinger(0) // what fails is told by whoever connected
	_ = conn.Close()
	return conn
}

// issue makes a certificate for an address that is good for the hour before a time.
func issue(t *testing.T, by pair, address string, until time.Time) tls.Certificate {
	t.Helper()
	authority, err := tls.X509KeyPair([]byte(by.cert), []byte(by.key))
	if err != nil {
		t.Fatal(err)
	}
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), IPAddresses: []net.IP{net.ParseIP(address)}, NotBefore: until.Add(-time.Hour), NotAfter: until,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, authority.Leaf, &key.PublicKey, authority.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{cert}, PrivateKey: key}
}

func TestAnExchangeThatCannotProveWhoItIsIsNotHeardAndComesBackByItself(t *testing.T) {
	t.Parallel()
	const here, elsewhere = "127.0.0.1", "127.0.0.2"
	now := time.Now()
	soon := now.Add(30 * time.Minute)
	trusted, stranger := certify(t, "authority", now), certify(t, "stranger", now)
	roots := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(roots, []byte(trusted.cert), 0o600); err != nil {
		t.Fatal(err)
	}
	good := showing(issue(t, trusted, here, soon))
	var upstreams []*upstream
	for _, c := range []struct {
		name  string
		bad   welcome
		cause string
	}{
		{"good", good, ""},
		{"expired", showing(issue(t, trusted, here, now.Add(-time.Minute))), "x509: certificate has expired"},
		{"another", showing(issue(t, trusted, elsewhere, soon)), "x509: certificate is valid for " + elsewhere + ", not " + here},
		{"unknown", showing(issue(t, stranger, here, soon)), "x509: certificate signed by unknown authority"},
		{"plain", inClearText, "first record does not look like a TLS handshake"},
		{"reset", breakOff, "connection reset by peer"},
	} {
		d := &door{}
		d.receive(good)
		e := newExchangeBehind(t, d.behind)
		upstreams = append(upstreams, &upstream{
			name: c.name, url: "wss://" + e.addr(), exchange: e, tries: &d.tries, cause: c.cause,
			spoil: func() { d.receive(c.bad) }, mend: func() { d.receive(good) },
		})
	}
	// Linux is where a program takes the authorities that it trusts from there.
	openOutage(t, []string{"SSL_CERT_FILE=" + roots}, upstreams).run()
}

package nats_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"ticker/feed/internal/queuetest"
	"ticker/internal/natstest"
	"ticker/market"
)

func TestAServerThatIsNotThereEndsTheRun(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t, natstest.Options{})
	s.Stop(t)
	j := queuetest.NewJournal()
	queuetest.Run(t, newSource(t, onSubject(s)), j).AwaitError(t, "connect to nats", "connection refused")
	if j.Told().Connected {
		t.Error("connected to nobody")
	}
}

func TestAServerThatEndsOrStandsStillEndsTheRun(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*natstest.Server, testing.TB){
		"stop": (*natstest.Server).Stop, "kill": (*natstest.Server).Kill, "pause": (*natstest.Server).Pause,
	} {
		t.Run(name+" subject", func(t *testing.T) {
			t.Parallel()
			s := natstest.Start(t, natstest.Options{})
			j := queuetest.NewJournal()
			r := queuetest.Run(t, newSource(t, onSubject(s)), j)
			j.AwaitConnection(t)
			end(s, t)
			r.AwaitError(t, "nats")
		})
		t.Run(name+" stream", func(t *testing.T) {
			t.Parallel()
			s, _ := streamServer(t)
			j := queuetest.NewJournal()
			r := queuetest.Run(t, newSource(t, onStream(s)), j)
			j.AwaitConnection(t)
			end(s, t)
			r.AwaitError(t, `read stream "Q"`, "nats")
		})
	}
}

func TestOnlyTheRightCredentialsAreLetIn(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t, natstest.Options{Config: "authorization { user: ann, password: right }"})
	cfg := onSubject(s)
	j := queuetest.NewJournal()
	queuetest.Run(t, newSource(t, cfg), j).AwaitError(t, "connect to nats", "Authorization Violation")
	cfg.User, cfg.Password = "ann", "wrong"
	queuetest.Run(t, newSource(t, cfg), j).AwaitError(t, "connect to nats", "Authorization Violation")
	if j.Told().Connected {
		t.Error("connected without the right password")
	}
	cfg.Password = "right"
	r := queuetest.Run(t, newSource(t, cfg), j)
	j.AwaitConnection(t)
	r.Stop(t)
}

func TestATokenIsCredentialsToo(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t, natstest.Options{Config: "authorization { token: right }"})
	cfg, j := onSubject(s), queuetest.NewJournal()
	cfg.Token = "wrong"
	queuetest.Run(t, newSource(t, cfg), j).AwaitError(t, "Authorization Violation")
	cfg.Token = "right"
	r := queuetest.Run(t, newSource(t, cfg), j)
	j.AwaitConnection(t)
	r.Stop(t)
}

func TestTheServersCertificateIsVerified(t *testing.T) {
	t.Parallel()
	web := httptest.NewTLSServer(nil) // for its certificate
	defer web.Close()
	cert, key := pemFiles(t, web.TLS.Certificates[0])
	s := natstest.Start(t, natstest.Options{Config: fmt.Sprintf("tls { cert_file: %q, key_file: %q }", cert, key)})
	cfg, j := onSubject(s), queuetest.NewJournal()
	cfg.URLs = []string{"tls://" + s.Addr()}
	queuetest.Run(t, newSource(t, cfg), j).AwaitError(t, "certificate signed by unknown authority")
	cfg.TLS = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: x509.NewCertPool()}
	cfg.TLS.RootCAs.AddCert(web.Certificate())
	r := queuetest.Run(t, newSource(t, cfg), j)
	j.AwaitConnection(t)
	r.Stop(t)
}

// pemFiles writes a certificate and its key.
func pemFiles(t *testing.T, pair tls.Certificate) (cert, key string) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for path, block := range map[string]*pem.Block{
		cert: {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, key: {Type: "PRIVATE KEY", Bytes: der},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func TestASubjectThatIsForbiddenEndsTheRun(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t, natstest.Options{Config: `authorization { users: [
		{ user: ann, password: right, permissions: { subscribe: "other.>" } } ] }`})
	cfg, j := onSubject(s), queuetest.NewJournal()
	cfg.User, cfg.Password = "ann", "right"
	queuetest.Run(t, newSource(t, cfg), j).AwaitError(t, `subscribe to "quotes.>"`, "Permissions Violation")
	if j.Told().Connected {
		t.Error("connected to what is forbidden")
	}
}

func TestARunThatConnectsEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t, natstest.Options{})
	s.Pause(t)
	r := queuetest.Run(t, newSource(t, onSubject(s)), queuetest.NewJournal())
	r.Stop(t)
}

func TestTheBookFollowsASubjectThroughOutages(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t, natstest.Options{})
	service := queuetest.Serve(t, newSource(t, onSubject(s)), queuetest.NewLog(t))
	for i, outage := range []func(*natstest.Server, testing.TB){(*natstest.Server).Stop, (*natstest.Server).Kill, (*natstest.Server).Pause} {
		service.AwaitConnection(t)
		open(t, s).publish(queuetest.Bids("A", 2*i, 2)...)
		last := queuetest.LastBid(2*i, 2)
		service.Await(t, "A", last, market.Live)
		outage(s, t)
		service.Await(t, "A", last, market.Stale)
		s.Restart(t)
	}
	if got := service.Book.Find("A").Seq(); got != 9 {
		t.Errorf("%d updates, want 6 and 3 changes of the status", got)
	}
}

func TestTheBookTakesEveryMessageOfAStreamOnceThroughOutages(t *testing.T) {
	t.Parallel()
	s, d := streamServer(t)
	service := queuetest.Serve(t, newSource(t, onStream(s)), queuetest.NewLog(t))
	stored, stale := 0, 0
	store := func(n int) {
		d.store(queuetest.Bids("A", stored, n)...)
		stored += n
	}
	store(500)
	service.Await(t, "A", "499", market.Live)
	for _, outage := range []func(*natstest.Server, testing.TB){(*natstest.Server).Stop, (*natstest.Server).Kill, (*natstest.Server).Pause} {
		outage(s, t)
		service.Await(t, "A", queuetest.LastBid(0, stored), market.Stale)
		stale++
		s.Restart(t)
		d = open(t, s)
		store(500)
		service.Await(t, "A", queuetest.LastBid(0, stored), market.Live)
	}
	if got := service.Book.Find("A").Seq(); got != uint64(stored+stale) {
		t.Errorf("%d updates, want %d and %d changes of the status", got, stored, stale)
	}
}

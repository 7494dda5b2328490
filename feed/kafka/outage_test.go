package kafka_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http/httptest"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"ticker/feed/internal/queuetest"
	"ticker/internal/kafkatest"
	"ticker/market"
)

func TestABrokerThatIsNotThereEndsTheRun(t *testing.T) {
	t.Parallel()
	b := kafkatest.Start(t, 1)
	b.Stop()
	j := queuetest.NewJournal()
	queuetest.Run(t, newSource(t, config(b)), j).AwaitError(t, "reach kafka", "connection refused")
	if j.Told().Connected {
		t.Error("connected to nobody")
	}
}

func TestABrokerThatDiesEndsTheRun(t *testing.T) {
	t.Parallel()
	b := kafkatest.Start(t, 1)
	j := queuetest.NewJournal()
	r := queuetest.Run(t, newSource(t, config(b)), j)
	j.AwaitConnection(t)
	b.Stop()
	r.AwaitError(t, "connection refused")
}

func TestABrokerThatStandsStillEndsTheRun(t *testing.T) {
	t.Parallel()
	b := kafkatest.Start(t, 1)
	j := queuetest.NewJournal()
	r := queuetest.Run(t, newSource(t, config(b)), j)
	j.AwaitConnection(t)
	b.Pause()
	r.AwaitError(t, "reach kafka", "deadline exceeded")
}

func TestATopicThatIsNotThereEndsTheRun(t *testing.T) {
	t.Parallel()
	b := kafkatest.Start(t, 1)
	cfg := config(b)
	cfg.Topic = "nothing"
	queuetest.Run(t, newSource(t, cfg), queuetest.NewJournal()).AwaitError(t, `ask for topic "nothing"`, "UNKNOWN_TOPIC_OR_PARTITION")
}

func TestOnlyTheRightPasswordIsLetIn(t *testing.T) {
	t.Parallel()
	for _, mechanism := range []struct{ option, name string }{
		{"plain", "PLAIN"}, {"scram-sha-256", "SCRAM-SHA-256"}, {"scram-sha-512", "SCRAM-SHA-512"},
	} {
		t.Run(mechanism.option, func(t *testing.T) {
			t.Parallel()
			b := kafkatest.Start(t, 1, kfake.EnableSASL(), kfake.Superuser(mechanism.name, "ann", "right"))
			cfg := config(b)
			cfg.SASL, cfg.User, cfg.Password = mechanism.option, "ann", "wrong"
			j := queuetest.NewJournal()
			queuetest.Run(t, newSource(t, cfg), j).AwaitError(t, "reach kafka", "hung up", "wrong password")
			if j.Told().Connected {
				t.Error("connected with the wrong password")
			}
			cfg.Password = "right"
			r := queuetest.Run(t, newSource(t, cfg), j)
			j.AwaitConnection(t)
			r.Stop(t)
		})
	}
}

func TestABrokerThatSaysWhyItLetsNobodyInIsQuoted(t *testing.T) {
	t.Parallel()
	b := kafkatest.Start(t, 1, kfake.EnableSASL(), kfake.Superuser("PLAIN", "ann", "right"))
	b.ControlKey(int16(kmsg.SASLAuthenticate), func(request kmsg.Request) (kmsg.Response, error, bool) {
		b.KeepControl()
		answer := request.ResponseKind().(*kmsg.SASLAuthenticateResponse)
		why := "this account is closed"
		answer.ErrorCode, answer.ErrorMessage = kerr.SaslAuthenticationFailed.Code, &why
		return answer, nil, true
	})
	cfg := config(b)
	cfg.SASL, cfg.User, cfg.Password = "plain", "ann", "right"
	queuetest.Run(t, newSource(t, cfg), queuetest.NewJournal()).AwaitError(t, "reach kafka", "SASL_AUTHENTICATION_FAILED", "this account is closed")
}

func TestTheBrokersCertificateIsVerified(t *testing.T) {
	t.Parallel()
	web := httptest.NewTLSServer(nil) // for its certificate
	defer web.Close()
	b := kafkatest.Start(t, 1, kfake.TLS(web.TLS.Clone()))
	cfg, j := config(b), queuetest.NewJournal()
	cfg.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	queuetest.Run(t, newSource(t, cfg), j).AwaitError(t, "certificate signed by unknown authority")
	cfg.TLS.RootCAs = x509.NewCertPool()
	cfg.TLS.RootCAs.AddCert(web.Certificate())
	r := queuetest.Run(t, newSource(t, cfg), j)
	j.AwaitConnection(t)
	r.Stop(t)
}

func TestTheBookFollowsTheBrokersThroughTheirOutages(t *testing.T) {
	t.Parallel()
	b := kafkatest.Start(t, 2)
	s := queuetest.Serve(t, newSource(t, config(b)), queuetest.NewLog(t))
	b.Produce(t, bids("A", 0, 100)...)
	s.Await(t, "A", "99", market.Live)
	b.Stop()
	s.Await(t, "A", "99", market.Stale)
	b.Restart(t)
	b.Produce(t, bids("A", 100, 100)...)
	s.Await(t, "A", "199", market.Live)
	b.Pause()
	s.Await(t, "A", "199", market.Stale)
	b.Resume()
	b.Produce(t, bids("A", 200, 100)...)
	s.Await(t, "A", "299", market.Live)
	// 300 records, and twice stale: nothing was lost, and nothing counted twice.
	if got := s.Book.Find("A").Seq(); got != 302 {
		t.Errorf("%d updates, want 302", got)
	}
}

package kafkaconn

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

// dialTime bounds how long a connection may take.
const dialTime = 5 * time.Second

// Access says where the brokers are and who we are.
type Access struct {
	// Brokers are addresses to find the cluster by, host:port.
	Brokers []string
	// TLS secures the connections; nil leaves them as they are.
	TLS *tls.Config
	// SASL is "plain", "scram-sha-256", "scram-sha-512", or empty for none. User
	// and Password go with it.
	SASL           string
	User, Password string
}

// Secure asks for TLS with the certificates that this machine trusts.
func (a *Access) Secure() { a.TLS = &tls.Config{MinVersion: tls.VersionTLS12} }

// Options are the client's part of it. The error names what is wrong.
func (a *Access) Options() ([]kgo.Opt, error) {
	if len(a.Brokers) == 0 {
		return nil, errors.New("brokers is missing: want host:port, with commas between several")
	}
	opts := []kgo.Opt{kgo.SeedBrokers(a.Brokers...), kgo.ClientID("ticker"), kgo.DialTimeout(dialTime)}
	if a.TLS != nil {
		opts = append(opts, kgo.DialTLSConfig(a.TLS))
	}
	if a.SASL == "" && a.User == "" && a.Password == "" {
		return opts, nil
	}
	mechanism, err := a.mechanism()
	return append(opts, kgo.SASL(mechanism)), err
}

// mechanism returns how to say who we are.
func (a *Access) mechanism() (sasl.Mechanism, error) {
	switch {
	case a.SASL == "":
		return nil, errors.New("user and password need sasl: want plain, scram-sha-256 or scram-sha-512")
	case a.User == "" || a.Password == "":
		return nil, errors.New("sasl needs user, and password or password_file")
	}
	switch a.SASL {
	case "plain":
		return plain.Auth{User: a.User, Pass: a.Password}.AsMechanism(), nil
	case "scram-sha-256":
		return scram.Auth{User: a.User, Pass: a.Password}.AsSha256Mechanism(), nil
	case "scram-sha-512":
		return scram.Auth{User: a.User, Pass: a.Password}.AsSha512Mechanism(), nil
	}
	return nil, fmt.Errorf("sasl %q: want plain, scram-sha-256 or scram-sha-512", a.SASL)
}

// Reach asks the brokers for nothing, and returns why none of them answered.
func Reach(ctx context.Context, client *kgo.Client) error {
	err := client.Ping(ctx)
	if errors.Is(err, io.EOF) {
		// It was a connection that had ended before. A new one tells more.
		err = client.Ping(ctx)
	}
	switch {
	case errors.Is(err, io.EOF):
		return fmt.Errorf("reach kafka: the broker hung up, as some do on a wrong password or without the TLS or SASL that they want: %w", err)
	case err != nil:
		return fmt.Errorf("reach kafka: %w", err)
	}
	return nil
}

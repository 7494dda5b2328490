package natsconn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	// connectTime bounds each step of a connection, for each server.
	connectTime = 5 * time.Second
	// A server is pinged every two seconds, and given up when two pings were not
	// answered.
	pingEvery = 2 * time.Second
	maxPings  = 2
	// answerTime bounds the wait for an answer to a question of our own.
	answerTime = 5 * time.Second
)

// dialer makes connections that end with a context until they are released: the
// library's own wait for a server takes no context.
type dialer struct {
	dial    func(network, address string) (net.Conn, error)
	err     error // of the last dial
	release []func() bool
}

func newDialer(ctx context.Context) *dialer {
	d := &dialer{}
	tcp := &net.Dialer{Timeout: connectTime}
	d.dial = func(network, address string) (net.Conn, error) {
		conn, err := tcp.DialContext(ctx, network, address)
		if err == nil {
			d.release = append(d.release, context.AfterFunc(ctx, func() { _ = conn.Close() }))
		}
		return conn, err
	}
	return d
}

// Dial implements nats.CustomDialer.
func (d *dialer) Dial(network, address string) (net.Conn, error) {
	conn, err := d.dial(network, address)
	d.err = err
	return conn, err
}

// Connect makes one connection, and says why it could not. The connection outlives
// ctx. Options stand for the package's own.
func (a *Access) Connect(ctx context.Context, log *slog.Logger, options ...nats.Option) (*nats.Conn, error) {
	d := newDialer(ctx)
	conn, err := nats.Connect(strings.Join(a.URLs, ","), slices.Concat(a.identity(), []nats.Option{
		nats.Name("ticker"), nats.NoReconnect(), nats.SetCustomDialer(d), nats.Timeout(connectTime), nats.FlusherTimeout(answerTime),
		nats.PingInterval(pingEvery), nats.MaxPingsOutstanding(maxPings), nats.ErrorHandler(reporter(log)),
	}, options)...)
	for _, release := range d.release {
		release()
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.Is(err, nats.ErrNoServers) && d.err != nil:
		err = d.err // it says why
	}
	if err != nil {
		return nil, fmt.Errorf("connect to nats: %w", err)
	}
	return conn, nil
}

// identity returns the options that say who we are, and how secretly.
func (a *Access) identity() []nats.Option {
	var opts []nats.Option
	if a.User != "" {
		opts = append(opts, nats.UserInfo(a.User, a.Password))
	}
	if a.Token != "" {
		opts = append(opts, nats.Token(a.Token))
	}
	if a.Creds != "" {
		opts = append(opts, nats.UserCredentials(a.Creds))
	}
	if a.TLS != nil {
		opts = append(opts, nats.Secure(a.TLS))
	}
	return opts
}

// reporter logs what the library says beside the errors of its calls. What a
// subscription loses is counted by who reads it, and what is forbidden is an error
// of Confirm.
func reporter(log *slog.Logger) nats.ErrHandler {
	return func(_ *nats.Conn, _ *nats.Subscription, err error) {
		if !errors.Is(err, nats.ErrSlowConsumer) && !errors.Is(err, nats.ErrPermissionViolation) {
			log.Warn("nats reports a fault", slog.Any("error", err))
		}
	}
}

// Confirm waits until the server has read all that was sent to it, at most five
// seconds, and returns what it objected to. What a subscription lost is no objection.
func Confirm(ctx context.Context, conn *nats.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	if err := conn.FlushWithContext(ctx); err != nil {
		return Ended(conn, fmt.Errorf("wait for an answer of nats: %w", err))
	}
	if err := conn.LastError(); !errors.Is(err, nats.ErrSlowConsumer) {
		return err
	}
	return nil
}

// Ended returns why a connection is no more, if it is not, and else the error.
func Ended(conn *nats.Conn, err error) error {
	if last := conn.LastError(); conn.IsClosed() && last != nil {
		return fmt.Errorf("%w: %w", nats.ErrConnectionClosed, last)
	}
	return err
}

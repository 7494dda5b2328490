package nats

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
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

// connect makes one connection, which is not mended when it breaks.
func (c *Config) connect(ctx context.Context) (*nats.Conn, error) {
	d := newDialer(ctx)
	conn, err := nats.Connect(strings.Join(c.URLs, ","), append(c.identity(),
		nats.Name("ticker"), nats.NoReconnect(), nats.SetCustomDialer(d), nats.Timeout(connectTime),
		nats.PingInterval(pingEvery), nats.MaxPingsOutstanding(maxPings), nats.ErrorHandler(c.report))...)
	for _, release := range d.release {
		release()
	}
	switch {
	case ctx.Err() != nil:
		if conn != nil {
			conn.Close()
		}
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
func (c *Config) identity() []nats.Option {
	var opts []nats.Option
	if c.User != "" {
		opts = append(opts, nats.UserInfo(c.User, c.Password))
	}
	if c.Token != "" {
		opts = append(opts, nats.Token(c.Token))
	}
	if c.Creds != "" {
		opts = append(opts, nats.UserCredentials(c.Creds))
	}
	if c.TLS != nil {
		opts = append(opts, nats.Secure(c.TLS))
	}
	return opts
}

// report logs what the library says beside the errors of its calls. What is lost
// is counted where it is read, and what is forbidden ends the Run.
func (c *Config) report(_ *nats.Conn, _ *nats.Subscription, err error) {
	if !errors.Is(err, nats.ErrSlowConsumer) && !errors.Is(err, nats.ErrPermissionViolation) {
		c.Logger.Warn("nats reports a fault", slog.Any("error", err))
	}
}

// confirm waits until the server has read all that was sent to it, and returns
// what it objects to.
func confirm(ctx context.Context, conn *nats.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	if err := conn.FlushWithContext(ctx); err != nil {
		return ended(conn, err)
	}
	return conn.LastError()
}

// ended returns why a connection is no more, if it is not, and else the error.
func ended(conn *nats.Conn, err error) error {
	if last := conn.LastError(); conn.IsClosed() && last != nil {
		return fmt.Errorf("%w: %w", nats.ErrConnectionClosed, last)
	}
	return err
}

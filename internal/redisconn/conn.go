package redisconn

import (
	"context"
	"crypto/tls"
	"errors"
	"net"

	"github.com/redis/go-redis/v9"
)

// Conn is one connection.
type Conn struct {
	// Client has this connection and never another.
	Client *redis.Client
	socket net.Conn
}

// Dial makes a connection from the Options of an Access.
func Dial(ctx context.Context, o *redis.Options) (*Conn, error) {
	socket, err := dial(ctx, o)
	if err != nil {
		return nil, err
	}
	only := make(chan net.Conn, 1)
	only <- socket
	options := *o
	options.Dialer = func(context.Context, string, string) (net.Conn, error) {
		select {
		case socket := <-only:
			return socket, nil
		default:
			return nil, net.ErrClosed
		}
	}
	return &Conn{Client: redis.NewClient(&options), socket: socket}, nil
}

// dial is not left to the library, which logs what goes wrong where nobody asked it to.
func dial(ctx context.Context, o *redis.Options) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, o.DialTimeout)
	defer cancel()
	if o.TLSConfig != nil {
		return (&tls.Dialer{Config: o.TLSConfig}).DialContext(ctx, "tcp", o.Addr)
	}
	return new(net.Dialer).DialContext(ctx, "tcp", o.Addr)
}

// Cut ends the connection under who uses it.
func (c *Conn) Cut() { _ = c.socket.Close() }

// Close ends the connection and its client. An error would say only that it has ended
// already.
func (c *Conn) Close() { _ = errors.Join(c.Client.Close(), c.socket.Close()) }

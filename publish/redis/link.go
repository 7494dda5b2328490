package redis

import (
	"context"
	"crypto/tls"
	"errors"
	"net"

	"github.com/redis/go-redis/v9"
)

// link is one connection. The client of the library is a pool, and has only this one;
// one that is lost is not looked for in it again.
type link struct {
	conn   net.Conn
	pool   *redis.Client
	client *redis.Conn
	id     int64 // what the server calls it
}

// dial makes a connection. The library would do so by itself, and log what goes wrong
// where nobody asked it to.
func dial(ctx context.Context, o *redis.Options) (*link, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var conn net.Conn
	var err error
	if dialer := (&net.Dialer{}); o.TLSConfig == nil {
		conn, err = dialer.DialContext(ctx, "tcp", o.Addr)
	} else {
		conn, err = (&tls.Dialer{NetDialer: dialer, Config: o.TLSConfig}).DialContext(ctx, "tcp", o.Addr)
	}
	if err != nil {
		return nil, err
	}
	only := make(chan net.Conn, 1)
	only <- conn
	options := *o
	options.Dialer = func(context.Context, string, string) (net.Conn, error) {
		select {
		case conn := <-only:
			return conn, nil
		default:
			return nil, net.ErrClosed
		}
	}
	pool := redis.NewClient(&options)
	return &link{conn: conn, pool: pool, client: pool.Conn()}, nil
}

// close ends the connection. An error says only that it has ended already.
func (l *link) close() { _ = errors.Join(l.client.Close(), l.pool.Close(), l.conn.Close()) }

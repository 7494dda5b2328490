package postgres

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// closeGrace is how long the server may take over goodbyes. pgx would wait 15 s
// for a server that stands still.
const closeGrace = 500 * time.Millisecond

var errClosed = errors.New("history is closed")

// link is the connections to the server.
type link struct {
	pool *pgxpool.Pool
	// extension is the schema of TimescaleDB's functions, empty if samples are
	// not in a table of its own.
	extension string

	mu    sync.Mutex
	wires map[*wire]struct{} // nil once they are cut
}

// wire is one network connection of a link.
type wire struct {
	net.Conn
	link *link
}

func newLink(ctx context.Context, config *pgxpool.Config) (*link, error) {
	l := &link{wires: make(map[*wire]struct{})}
	config = config.Copy()
	dial := config.ConnConfig.DialFunc
	config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		return l.dial(ctx, dial, [2]string{network, address})
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	l.pool = pool
	return l, err
}

func (l *link) dial(ctx context.Context, dial pgconn.DialFunc, to [2]string) (net.Conn, error) {
	conn, err := dial(ctx, to[0], to[1])
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.wires == nil {
		return nil, errors.Join(errClosed, conn.Close())
	}
	w := &wire{Conn: conn, link: l}
	l.wires[w] = struct{}{}
	return w, nil
}

// Close closes the connection and forgets it.
func (w *wire) Close() error {
	w.link.mu.Lock()
	delete(w.link.wires, w)
	w.link.mu.Unlock()
	return w.Conn.Close()
}

// judge empties the pool after an error that other connections would meet too.
func (l *link) judge(ctx context.Context, err error) error {
	if err != nil && ctx.Err() == nil && serverGone(err) {
		l.pool.Reset()
	}
	return err
}

// close waits for calls to return, ends all connections, and cuts those that do
// not end in time.
func (l *link) close() {
	timer := time.AfterFunc(closeGrace, l.cut)
	defer timer.Stop()
	l.pool.Close()
}

// cut ends every network connection and lets no new one be made. Nothing else is
// under way then than goodbyes and calls whose server does not answer.
func (l *link) cut() {
	l.mu.Lock()
	wires := l.wires
	l.wires = nil
	l.mu.Unlock()
	for w := range wires {
		// What it still had to say is what is being cut off.
		_ = w.Conn.Close()
	}
}

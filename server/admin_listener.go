package server

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"golang.org/x/time/rate"
)

// maxAdminConnections is more than monitoring systems and operators need, and few enough
// to come out of the open files that are kept for other things than clients.
const maxAdminConnections = 64

// ServeAdmin serves the admin listener until ctx is done, which cuts every connection, and
// closes it. It returns once every request has ended. The error is that of the listener.
func (s *Server) ServeAdmin(ctx context.Context, ln net.Listener) error {
	door := &adminDoor{Listener: ln, srv: s, refusals: rate.Sometimes{First: 1, Interval: complaintGap}}
	srv := &http.Server{
		Handler:           s.Admin(),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       requestTimeout,
		WriteTimeout:      answerTimeout, // profiles that take a time put it off by that
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    headerBytes,
		ErrorLog:          log.New(&httpLog{log: s.log, lines: rate.Sometimes{First: 1, Interval: complaintGap}}, "", 0),
		BaseContext:       reachOf,
		ConnState:         door.count,
	}
	closed := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() { closed <- srv.Close() })
	err := srv.Serve(door)
	if stop() {
		err = errors.Join(err, srv.Close())
	} else {
		err = <-closed
	}
	door.group.Wait()
	if err != nil {
		return fmt.Errorf("serve admin: %w", err)
	}
	return nil
}

// adminDoor is a listener that closes connections beyond maxAdminConnections at once.
type adminDoor struct {
	net.Listener
	srv      *Server
	refusals rate.Sometimes // lines in the log
	group    sync.WaitGroup
	open     atomic.Int64
}

// Accept implements net.Listener.
func (d *adminDoor) Accept() (net.Conn, error) {
	for {
		conn, err := d.Listener.Accept()
		if err != nil || d.open.Load() < maxAdminConnections {
			return conn, err
		}
		d.srv.metrics.turnedAway(errAdmin)
		d.refusals.Do(func() {
			d.srv.log.Warn("admin connections are closed at once: there are too many",
				"remote", conn.RemoteAddr().String(), "limit", maxAdminConnections)
		})
		_ = conn.Close() // one that fails to close is closed
	}
}

// count follows a connection, which is new before the next one is accepted.
func (d *adminDoor) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		d.group.Add(1)
		d.open.Add(1)
	case http.StateClosed, http.StateHijacked:
		d.open.Add(-1)
		d.group.Done()
	case http.StateActive, http.StateIdle:
	}
}

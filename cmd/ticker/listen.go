package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

func (s *service) listen(ctx context.Context) error {
	var err error
	if s.public, err = listenOn(ctx, "listen", s.settings.listen); err != nil {
		return err
	}
	s.public = s.access.guard(s.public)
	if s.admin, err = listenOn(ctx, "admin", s.settings.admin); err != nil {
		return errors.Join(err, s.public.Close())
	}
	return nil
}

// listenOn opens the listener of a key. The error names the key, which is also
// the flag's name.
func listenOn(ctx context.Context, name, address string) (net.Listener, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", address)
	var detail *net.OpError
	if errors.As(err, &detail) {
		err = detail.Err
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w (another address: --%s)", address, err, name)
	}
	return l, nil
}

// serveAdmin serves the admin listener until ctx is done.
func (s *service) serveAdmin(ctx context.Context) error {
	srv := &http.Server{
		Handler: s.server.Admin(), ReadHeaderTimeout: 5 * time.Second,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	closed := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() { closed <- srv.Close() })
	err := srv.Serve(s.admin)
	if stop() || !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve admin: %w", err)
	}
	return <-closed
}

func (s *service) url(scheme string, l net.Listener, path string) string {
	return scheme + "://" + l.Addr().String() + path
}

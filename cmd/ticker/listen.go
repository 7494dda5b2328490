package main

import (
	"context"
	"errors"
	"fmt"
	"net"
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

func (s *service) url(scheme string, l net.Listener, path string) string {
	return scheme + "://" + l.Addr().String() + path
}

package server

import (
	"errors"
	"net/http"
	"strings"

	"ticker/auth"
	"ticker/wire"
)

// getWebSocket serves GET /v1/ws. What costs nothing is judged first. The
// session lives on when this has returned, and lets go of all that the HTTP
// server kept for the request.
func (s *Server) getWebSocket(w http.ResponseWriter, r *http.Request) *wire.Problem {
	switch {
	case !names(r.Header, "Connection", "upgrade") || !names(r.Header, "Upgrade", "websocket"):
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "websocket")
		return problem(http.StatusUpgradeRequired, wire.CodeBadRequest, "this route speaks WebSocket")
	case !s.origins().permit(r):
		return errOrigin()
	}
	place, p := s.seatNewcomer(w, r)
	if p != nil {
		return p
	}
	defer place.leave()
	g, p := s.admitAnyone(w, r)
	if p == nil {
		p = s.charge(w, place, g)
	}
	if p != nil {
		return p
	}
	c, err := s.shakeHands(place.number, g, w, r)
	if err != nil {
		s.log.Debug("handshake failed", "remote", r.RemoteAddr, "error", err)
		return nil // it was answered, or cannot be
	}
	c.hold(c, g)
	s.clients.start(place, c)
	return nil
}

// names reports whether a header, a list, holds a word.
func names(h http.Header, header, word string) bool {
	for _, list := range h.Values(header) {
		for name := range strings.SplitSeq(list, ",") {
			if strings.EqualFold(strings.TrimSpace(name), word) {
				return true
			}
		}
	}
	return false
}

func (s *Server) shakeHands(number uint64, g *auth.Grant, w http.ResponseWriter, r *http.Request) (*client, error) {
	conn, codec, err := s.handshaker.upgrade(w, r)
	if err != nil {
		return nil, err
	}
	c, err := s.newClient(number, g, conn, codec)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return c, nil
}

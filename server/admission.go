package server

import (
	"net/http"

	"ticker/auth"
	"ticker/wire"
)

// turnedAway is the error of a session or a request for which there is no room.
type turnedAway struct {
	reason string // the label of a metric
	code   wire.Code
	detail string
}

// Error implements error.
func (t *turnedAway) Error() string { return t.detail }

// Why there is no room.
var (
	errAddress = &turnedAway{
		"address", wire.CodeRateLimited, "the address has all the sessions that one may have",
	}
	errBodies      = &turnedAway{"bodies", wire.CodeUnavailable, "too many bodies at one time"}
	errConnections = &turnedAway{"connections", wire.CodeUnavailable, "too many connections"}
	errCredentials = &turnedAway{"credentials", wire.CodeUnavailable, "too many credentials at one time"}
	errCrowded     = &turnedAway{
		"credential_sessions", wire.CodeRateLimited, "the credential has all the sessions that it allows",
	}
	errDraining   = &turnedAway{"draining", wire.CodeUnavailable, "the server is about to end"}
	errFull       = &turnedAway{"full", wire.CodeUnavailable, "the server has all the sessions that it takes"}
	errHandshakes = &turnedAway{"handshake_rate", wire.CodeUnavailable, "too many new sessions at one time"}
	errOverloaded = &turnedAway{"pressure", wire.CodeUnavailable, "the server is overloaded"}
)

// reasons lists every reason, so that all are in the metrics before they happen.
func reasons() []*turnedAway {
	return []*turnedAway{
		errAddress, errBodies, errConnections, errCredentials, errCrowded,
		errDraining, errFull, errHandshakes, errOverloaded,
	}
}

// turnAway counts a request for which there is no room, and tells the client when to
// come back.
func (s *Server) turnAway(w http.ResponseWriter, why *turnedAway) *wire.Problem {
	s.metrics.turnedAway(why)
	retryAfter(w)
	return wire.NewProblem(why.code, why.detail)
}

// seat takes a place for a session before anything that costs more is done for its
// client. The caller leaves it.
func (s *Server) seat(w http.ResponseWriter, r *http.Request) (*seat, *wire.Problem) {
	if s.pressure.refusing() {
		return nil, s.turnAway(w, errOverloaded)
	}
	place, why := s.clients.reserve(accountOf(r))
	if why != nil {
		return nil, s.turnAway(w, why)
	}
	return place, nil
}

// seatNewcomer is seat for a session that has a handshake. Those for which there is no
// room take nothing from the rate of the others.
func (s *Server) seatNewcomer(w http.ResponseWriter, r *http.Request) (*seat, *wire.Problem) {
	place, p := s.seat(w, r)
	if p != nil {
		return nil, p
	}
	if !s.handshakes.Allow() {
		place.leave()
		return nil, s.turnAway(w, errHandshakes)
	}
	place.until = s.lastsUntil()
	return place, nil
}

// charge counts a place for the subject of a grant.
func (s *Server) charge(w http.ResponseWriter, place *seat, g *auth.Grant) *wire.Problem {
	if why := s.clients.exchange(nil, g); why != nil {
		return s.turnAway(w, why)
	}
	place.grant = g
	return nil
}

package server

import (
	"net/http"
	"net/netip"
	"time"

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
	errArrivals = &turnedAway{
		"address_rate", wire.CodeRateLimited, "the address begins too many sessions at one time",
	}
	errAdmin   = &turnedAway{"admin", wire.CodeUnavailable, "the admin listener has all the connections that it takes"}
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
	errInterval   = &turnedAway{
		"interval", wire.CodeRateLimited, "the credential may look at what is newest only once an interval",
	}
	errOverloaded = &turnedAway{"pressure", wire.CodeUnavailable, "the server is overloaded"}
	errPublisher  = &turnedAway{
		"publisher_bodies", wire.CodeRateLimited, "the publisher has all the bodies under way that one may have",
	}
	errRequests = &turnedAway{"request_rate", wire.CodeRateLimited, "too many requests at one time"}
)

// reasons lists every reason, so that all are in the metrics before they happen.
func reasons() []*turnedAway {
	return []*turnedAway{
		errAddress, errAdmin, errArrivals, errBodies, errConnections, errCredentials, errCrowded,
		errDraining, errFull, errHandshakes, errInterval, errOverloaded, errPublisher, errRequests,
	}
}

// turnAway counts a request for which there is no room, and tells the client when to
// come back.
func (s *Server) turnAway(w http.ResponseWriter, why *turnedAway) *wire.Problem {
	s.metrics.turnedAway(why)
	retryAfter(w, 0)
	return wire.NewProblem(why.code, why.detail)
}

// seat takes a place for a session before anything that costs more is done for its
// client. The caller leaves it.
func (s *Server) seat(w http.ResponseWriter, r *http.Request) (*seat, *wire.Problem) {
	if s.pressure.refusing() {
		return nil, s.turnAway(w, errOverloaded)
	}
	place, why := s.clients.reserve(accountOf(r), s.live.Load())
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
	if why := s.arrive(place.address); why != nil {
		place.leave()
		return nil, s.turnAway(w, why)
	}
	place.until = s.lastsUntil()
	return place, nil
}

// arrivalShare is the part of the rate of handshakes that one address may take in the
// long run: so many have to do it together to take all of it. At once it may begin twice
// as many sessions as it may have.
const arrivalShare = 10

// arrive takes a handshake of an address from the rate of all.
func (s *Server) arrive(address netip.Prefix) *turnedAway {
	gap := arrivalShare * time.Second / time.Duration(s.live.Load().handshakes)
	if address.IsValid() && s.arrivals.take(bucket{payer{network: address}, gap}, s.now()) > 0 {
		return errArrivals
	}
	if !s.handshakes.Allow() {
		return errHandshakes
	}
	return nil
}

// charge counts a place for the subject of a grant.
func (s *Server) charge(w http.ResponseWriter, place *seat, g *auth.Grant) *wire.Problem {
	if why := s.clients.exchange(nil, g); why != nil {
		return s.turnAway(w, why)
	}
	place.grant = g
	return nil
}

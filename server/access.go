package server

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"ticker/auth"
	"ticker/wire"
)

const (
	// maxJudging bounds the credentials that are judged at one time. Those that wait
	// for a key server fill it; the others take a fraction of a millisecond each.
	maxJudging = 1024
	// judgeTimeout is how long a client waits for a verdict.
	judgeTimeout = 2 * time.Second
	// bearerProtocol begins the item of a list of subprotocols that is a credential:
	// a browser can put it nowhere else.
	bearerProtocol = "bearer."
	// tokenKey is the parameter of a URL that is a credential.
	tokenKey = "token"
)

// Authority judges credentials: *auth.Authority does.
type Authority interface {
	// Authenticate returns what a credential allows. The error is told to the client.
	// That of a credential which may be good later is an *auth.Refusal that says so.
	Authenticate(ctx context.Context, credential string) (*auth.Grant, error)
	// Current returns what the credential of a grant allows by now: the grant, or another
	// one of the same subject; nil if it is accepted no more.
	Current(grant *auth.Grant) *auth.Grant
}

// knowing serves a route for those who say who they are.
func (s *Server) knowing(serve func(http.ResponseWriter, *http.Request, *auth.Grant) *wire.Problem) api {
	return func(w http.ResponseWriter, r *http.Request) *wire.Problem {
		g, p := s.admit(w, r)
		if p != nil {
			return p
		}
		return serve(w, r, g)
	}
}

// admit returns the grant of a request, which must have a credential. It is nil where
// nobody is asked.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) (*auth.Grant, *wire.Problem) {
	g, p := s.admitAnyone(w, r)
	if p == nil && g == nil && s.cfg.Authority != nil {
		p = unauthorized(w, refuse(wire.CodeUnauthorized, "a credential is needed"))
	}
	return g, p
}

// admitAnyone is admit that lets requests without a credential pass: their grant is
// nil.
func (s *Server) admitAnyone(w http.ResponseWriter, r *http.Request) (*auth.Grant, *wire.Problem) {
	if s.cfg.Authority == nil {
		return nil, nil
	}
	credential, refusal := s.credentialOf(r)
	if refusal == nil && credential == "" {
		return nil, nil
	}
	var g *auth.Grant
	if refusal == nil {
		g, refusal = s.judge(r.Context(), credential)
	}
	if refusal != nil {
		s.log.Debug("credential refused", "remote", r.RemoteAddr, "reason", refusal.Message)
		return nil, unauthorized(w, refusal)
	}
	return g, nil
}

// unauthorized is what the refusal of a credential becomes over HTTP.
func unauthorized(w http.ResponseWriter, refusal *wire.Error) *wire.Problem {
	if refusal.Code == wire.CodeUnavailable {
		return later(w, refusal.Message)
	}
	if refusal.Code == wire.CodeUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	return problemOf(refusal)
}

// credentialOf finds the credential of a request, empty if there is none. It may stand
// in several places, as long as it is the same.
func (s *Server) credentialOf(r *http.Request) (string, *wire.Error) {
	given, refusal := bearers(r.Header)
	if refusal != nil {
		return "", refusal
	}
	for _, list := range r.Header.Values("Sec-Websocket-Protocol") {
		for name := range strings.SplitSeq(list, ",") {
			if credential, ok := strings.CutPrefix(strings.TrimSpace(name), bearerProtocol); ok {
				given = append(given, credential)
			}
		}
	}
	inURL := r.URL.Query()[tokenKey]
	given = slices.Compact(append(given, inURL...))
	switch {
	case len(inURL) > 0 && !s.cfg.AllowQuery:
		return "", refuse(wire.CodeUnauthorized, "this server takes no credential from a URL")
	case len(given) > 1:
		return "", refuse(wire.CodeUnauthorized, "the request has two different credentials")
	case len(given) == 0:
		return "", nil
	case given[0] == "":
		return "", refuse(wire.CodeUnauthorized, "the credential is empty")
	}
	return given[0], nil
}

// bearers returns the credential of the header that is made for it.
func bearers(h http.Header) ([]string, *wire.Error) {
	headers := h.Values("Authorization")
	if len(headers) == 0 {
		return nil, nil
	}
	scheme, credential, _ := strings.Cut(headers[0], " ")
	if len(headers) > 1 || !strings.EqualFold(scheme, "Bearer") {
		return nil, refuse(wire.CodeUnauthorized, "want one header Authorization: Bearer CREDENTIAL")
	}
	return []string{strings.TrimSpace(credential)}, nil
}

// judge returns the grant of a credential, or why there is none.
func (s *Server) judge(ctx context.Context, credential string) (*auth.Grant, *wire.Error) {
	if !s.judging.TryAcquire(1) {
		s.metrics.turnedAway(errCredentials)
		return nil, refuse(errCredentials.code, "%v", errCredentials)
	}
	defer s.judging.Release(1)
	ctx, cancel := context.WithTimeout(ctx, judgeTimeout)
	defer cancel()
	g, err := s.cfg.Authority.Authenticate(ctx, credential)
	var refusal *auth.Refusal
	switch {
	case errors.As(err, &refusal) && refusal.Reason == auth.KeysUnavailable:
		return nil, refuse(wire.CodeUnavailable, "%v", err)
	case err != nil:
		return nil, refuse(wire.CodeUnauthorized, "%v", err)
	case s.view(g) == nil:
		s.complaints.Do(func() {
			s.log.Warn("credential refused: this server has no plan with its delay", "subject", g.Subject, "delay", g.Delay)
		})
		return nil, refuse(wire.CodeForbidden, "this server has no delayed plan of %v, which the credential is for", g.Delay)
	}
	return g, nil
}

package server

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"ticker/wire"
)

// anyOrigin, written out, allows the pages of every origin.
const anyOrigin = "*"

// origins judges which pages a browser may use the service from, and by which names a
// browser may be led here. Clients that are no browsers send no Origin.
type origins struct {
	listed map[string]bool
	hosts  map[string]bool // of those that are listed, without ports
	any    bool
}

// newOrigins reads a list of origins. The error names one that is none.
func newOrigins(list []string) (origins, error) {
	o := origins{listed: make(map[string]bool), hosts: make(map[string]bool)}
	for _, text := range list {
		origin, ok := canonicalOrigin(text)
		switch {
		case text == anyOrigin:
			o.any = true
		case ok:
			_, host, _ := strings.Cut(origin, "://")
			o.listed[origin], o.hosts[nameOf(host)] = true, true
		default:
			return o, fmt.Errorf("allowed origin %q is not scheme://host[:port]", text)
		}
	}
	return o, nil
}

// permit reports whether the page behind a request may have what only its own
// pages may: a session, or its quotes published.
func (o *origins) permit(r *http.Request) bool {
	given := r.Header.Values("Origin")
	switch {
	case len(given) == 0:
		return true
	case len(given) > 1:
		return false
	case o.lists(given[0]):
		return true
	}
	origin, ok := canonicalOrigin(given[0])
	return ok && origin == ownOrigin(r) && !rebound(r)
}

// lists reports whether an origin is allowed by name.
func (o *origins) lists(text string) bool {
	origin, ok := canonicalOrigin(text)
	return o.any || ok && o.listed[origin]
}

// share lets the pages of allowed origins read the answer.
func (o *origins) share(w http.ResponseWriter, r *http.Request) {
	given := r.Header.Values("Origin")
	if len(given) == 1 && o.lists(given[0]) {
		w.Header().Set("Access-Control-Allow-Origin", given[0])
		w.Header().Set("Access-Control-Expose-Headers", cursorHeader+", "+epochHeader+", Retry-After, Date")
	}
	w.Header().Add("Vary", "Origin")
}

// preflight reports whether a browser asks if a page may make a request.
func preflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
}

// preflight allows the pages of allowed origins to make requests with a credential,
// which no browser adds by itself.
func (o *origins) preflight(w http.ResponseWriter, r *http.Request, methods string) *wire.Problem {
	o.share(w, r)
	h := w.Header()
	if h.Get("Access-Control-Allow-Origin") == "" {
		return errOrigin()
	}
	h.Set("Access-Control-Allow-Methods", methods)
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Last-Event-ID")
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// canonicalOrigin reads an origin as browsers write it, and leaves out the
// port if it is the scheme's own.
func canonicalOrigin(text string) (string, bool) {
	u, err := url.Parse(strings.ToLower(text))
	if err != nil || u.Host == "" || u.Scheme+"://"+u.Host != strings.ToLower(text) {
		return "", false
	}
	switch u.Scheme {
	case "http":
		return u.Scheme + "://" + strings.TrimSuffix(u.Host, ":80"), true
	case "https":
		return u.Scheme + "://" + strings.TrimSuffix(u.Host, ":443"), true
	}
	return "", false
}

// ownOrigin is the origin of the pages that the server of this request serves.
func ownOrigin(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	if p := passageOf(r); p != nil {
		scheme = cmp.Or(p.scheme, scheme)
	}
	origin, _ := canonicalOrigin(scheme + "://" + r.Host)
	return origin
}

// rebound reports whether the page behind a request has the name of another machine but
// came by a loopback address: any page is of our own origin once its name resolves to one.
func rebound(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return ok && local.IP.IsLoopback() && passageOf(r) == nil && !ofThisMachine(r.Host)
}

func errOrigin() *wire.Problem {
	return wire.NewProblem(wire.CodeForbidden, "pages of this origin are not allowed")
}

package server

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"ticker/web"
	"ticker/wire"
)

// maxURL is the longest target of a request.
const maxURL = 4 << 10

// api serves one method of one route. What it returns is what it could not do.
type api func(w http.ResponseWriter, r *http.Request) *wire.Problem

// route is what the methods of a path do.
type route struct {
	methods string
	serve   api
}

const (
	getOnly  = http.MethodGet
	getHead  = http.MethodGet + ", " + http.MethodHead
	postOnly = http.MethodPost
)

// router finds routes by their exact path: no path is cleaned or redirected.
type router struct {
	origins func() *origins
	proxies proxies
	metrics *metrics
	exact   map[string]route
	below   map[string]route // by the beginning of a path, up to its last slash
	pages   http.Handler     // everything outside of /v1/
}

func (s *Server) router() *router {
	return &router{
		origins: s.origins,
		proxies: s.proxies,
		metrics: s.metrics,
		exact: map[string]route{
			"/v1/ws":       {getOnly, s.serving(s.getWebSocket)},
			"/v1/sse":      {getOnly, s.serving(s.getEvents)},
			"/v1/poll":     {getOnly, s.serving(s.knowing(s.getPoll))},
			"/v1/snapshot": {getHead, s.reading(s.getSnapshot)},
			"/v1/symbols":  {getHead, s.reading(s.getSymbols)},
			"/v1/quotes":   {postOnly, s.knowing(s.postQuotes)},
		},
		below: map[string]route{
			historyPath: {getHead, s.reading(s.getHistory)},
			candlesPath: {getHead, s.reading(s.getCandles)},
		},
		pages: web.Handler(),
	}
}

// serving serves a route of sessions, where there are any.
func (s *Server) serving(serve api) api {
	if s.cfg.Sessionless == "" {
		return serve
	}
	return func(http.ResponseWriter, *http.Request) *wire.Problem {
		return wire.NewProblem(wire.CodeUnavailable, s.cfg.Sessionless)
	}
}

// ServeHTTP implements http.Handler.
func (m *router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.TLS != nil {
		w.Header().Set("Strict-Transport-Security", "max-age=31536000")
	}
	if len(r.RequestURI) > maxURL {
		m.metrics.refuse(w, problem(http.StatusRequestURITooLong, wire.CodeBadRequest,
			fmt.Sprintf("a URL has at most %d bytes", maxURL)))
		return
	}
	// A body that nobody reads must not be waited for, nor taken for another request.
	if r.ContentLength != 0 {
		w.Header().Set("Connection", "close")
	}
	if len(r.TransferEncoding) > 0 && r.Method != http.MethodPost {
		m.metrics.refuse(w, wire.NewProblem(wire.CodeBadRequest, "only a POST has a body in chunks"))
		return
	}
	r = m.proxies.believe(r)
	if !m.origins().expect(r) {
		m.origins().share(w, r)
		m.metrics.refuse(w, errHost())
		return
	}
	found, ok := m.find(r.URL.Path)
	if !ok && !strings.HasPrefix(r.URL.Path, "/v1/") {
		m.origins().share(w, r) // its modules, with other pages
		m.pages.ServeHTTP(w, r)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	var p *wire.Problem
	switch {
	case !ok:
		p = wire.NewProblem(wire.CodeNotFound, "no such route")
	case preflight(r):
		p = m.origins().preflight(w, r, found.methods)
	case !slices.Contains(strings.Split(found.methods, ", "), r.Method):
		h.Set("Allow", found.methods)
		p = problem(http.StatusMethodNotAllowed, wire.CodeBadRequest, "this route takes "+found.methods)
	default:
		m.origins().share(w, r)
		p = found.serve(w, r)
	}
	if p != nil {
		m.metrics.refuse(w, p)
	}
}

func (m *router) find(path string) (route, bool) {
	if found, ok := m.exact[path]; ok {
		return found, true
	}
	for beginning, found := range m.below {
		if rest, ok := strings.CutPrefix(path, beginning); ok && rest != "" {
			return found, true
		}
	}
	return route{}, false
}

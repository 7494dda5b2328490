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
	origins *origins
	exact   map[string]route
	below   map[string]route // by the beginning of a path, up to its last slash
	pages   http.Handler     // everything outside of /v1/
}

func (s *Server) router() *router {
	return &router{
		origins: &s.origins,
		exact: map[string]route{
			"/v1/ws":       {getOnly, s.getWebSocket},
			"/v1/sse":      {getOnly, s.getEvents},
			"/v1/poll":     {getOnly, s.getPoll},
			"/v1/snapshot": {getHead, s.getSnapshot},
			"/v1/symbols":  {getHead, s.getSymbols},
			"/v1/quotes":   {postOnly, s.postQuotes},
		},
		below: map[string]route{
			historyPath: {getHead, s.getHistory},
			candlesPath: {getHead, s.getCandles},
		},
		pages: web.Handler(),
	}
}

// ServeHTTP implements http.Handler.
func (m *router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if len(r.RequestURI) > maxURL {
		refuseHTTP(w, problem(http.StatusRequestURITooLong, wire.CodeBadRequest,
			fmt.Sprintf("a URL has at most %d bytes", maxURL)))
		return
	}
	found, ok := m.find(r.URL.Path)
	if !ok && !strings.HasPrefix(r.URL.Path, "/v1/") {
		m.origins.share(w, r) // its modules, with other pages
		m.pages.ServeHTTP(w, r)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	switch {
	case !ok:
		refuseHTTP(w, wire.NewProblem(wire.CodeNotFound, "no such route"))
		return
	case !slices.Contains(strings.Split(found.methods, ", "), r.Method):
		h.Set("Allow", found.methods)
		refuseHTTP(w, problem(http.StatusMethodNotAllowed, wire.CodeBadRequest, "this route takes "+found.methods))
		return
	case found.methods == getHead:
		m.origins.share(w, r)
	}
	if p := found.serve(w, r); p != nil {
		refuseHTTP(w, p)
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

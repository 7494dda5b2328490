package server

import (
	"net/http"
	"net/http/pprof"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"ticker/wire"
)

// scrapeTimeout and maxScrapes keep a monitoring system that hangs from taking
// up more and more.
const (
	scrapeTimeout = 10 * time.Second
	maxScrapes    = 4
)

// maxAdminBody bounds the only bodies that there are: addresses of which
// /debug/pprof/symbol is to tell the names.
const maxAdminBody = 1 << 20

// Admin returns the handler of the admin listener: /healthz, /readyz, /metrics
// and /debug/pprof/. It tells everybody everything and must not be public. ServeAdmin
// serves it.
func (s *Server) Admin() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { writeText(w, "ok\n") })
	mux.HandleFunc("GET /readyz", s.getReady)
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.cfg.Registry, promhttp.HandlerOpts{
		MaxRequestsInFlight: maxScrapes, Timeout: scrapeTimeout,
	}))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if astray(r) { // whatever the origins: they are those of clients
			refuseHTTP(w, errHost())
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxAdminBody)
		mux.ServeHTTP(w, r)
	})
}

// getReady tells whether clients should be sent here, and if not, why.
func (s *Server) getReady(w http.ResponseWriter, _ *http.Request) {
	reasons := s.unready()
	if reasons == "" {
		writeText(w, "ready\n")
		return
	}
	refuseHTTP(w, wire.NewProblem(wire.CodeUnavailable, reasons))
}

// unready lists what is missing, empty if nothing is.
func (s *Server) unready() string {
	var reasons []string
	if s.clients.stopped() {
		reasons = append(reasons, "draining")
	}
	if trouble := s.pressure.trouble(); trouble != "" {
		reasons = append(reasons, trouble)
	}
	for _, f := range s.cfg.Feeds {
		if !f.Connected() {
			reasons = append(reasons, "feed "+f.Name()+" is not connected")
		}
	}
	for _, c := range s.cfg.Checks {
		if trouble := c.Trouble(); trouble != "" {
			reasons = append(reasons, trouble)
		}
	}
	return strings.Join(reasons, "; ")
}

func writeText(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	write(w, []byte(text))
}

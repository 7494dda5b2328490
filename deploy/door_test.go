package deploy

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ticker/internal/proxytest"
	"ticker/wire"
)

func TestRefusalsOfTheServicePass(t *testing.T) {
	t.Parallel()
	_, nodes := startEdges(t, "")
	handshake := func(name, value string) http.Header {
		return http.Header{
			"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Version": {"13"},
			"Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}, name: {value},
		}
	}
	asks := map[string]struct {
		ask     string
		headers http.Header
		want    int
	}{
		"a route that is not there":  {"GET /v1/nothing", nil, 404},
		"a path that leads out":      {"GET /v1/symbols/%2e%2e%2f%2e%2e%2fetc/passwd", nil, 404},
		"a wrong method":             {"DELETE /v1/snapshot?symbols=A", nil, 405},
		"a parameter that is missed": {"GET /v1/snapshot", nil, 400},
		"an address that is long":    {"GET /v1/snapshot?symbols=" + strings.Repeat("A", 6<<10), nil, 414},
		"headers that are large":     {"GET /v1/symbols", http.Header{"X-Large": {strings.Repeat("x", 24<<10)}}, 431},
		"a session, no upgrade":      {"GET /v1/ws", nil, 426},
		"an old WebSocket":           {"GET /v1/ws", handshake("Sec-Websocket-Version", "8"), 400},
		"a foreign page":             {"GET /v1/ws", handshake("Origin", "https://evil.example.com"), 403},
	}
	overEach(t, func(t *testing.T, program proxytest.Program) {
		b := balance(t, program, upstreams(nodes), nil)
		for name, c := range asks {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				for base, with := range map[string]*http.Client{"http://" + nodes[0].Addr(): b.client(t, false), b.url(): b.client(t, false)} {
					method, path, _ := strings.Cut(c.ask, " ")
					req, err := http.NewRequestWithContext(t.Context(), method, base+path, http.NoBody)
					must(t, err)
					req.Header = c.headers.Clone()
					resp, err := with.Do(req)
					must(t, err)
					must(t, resp.Body.Close())
					if resp.StatusCode != c.want {
						t.Errorf("%s answers %s, want %d", base, resp.Status, c.want)
					}
				}
			})
		}
	})
}

func TestWhereAClientComesFromIsTheProxysWord(t *testing.T) {
	t.Parallel()
	type told struct{ Address, Scheme, Host, Forwarded []string }
	overEach(t, func(t *testing.T, program proxytest.Program) {
		got := make(chan told, 1)
		service := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if h := r.Header; r.URL.Path != "/readyz" {
				got <- told{h["X-Forwarded-For"], h["X-Forwarded-Proto"], append(h["X-Forwarded-Host"], r.Host), h["Forwarded"]}
			}
		}))
		t.Cleanup(service.Close)
		addr := service.Listener.Addr().String()
		b := balance(t, program, []upstream{{addr, addr}, {addr, addr}, {addr, addr}}, nil)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url()+"/v1/symbols", http.NoBody)
		must(t, err)
		const host = "desk.example.com:444"
		req.Host = host
		for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded"} {
			req.Header[name] = []string{"203.0.113.9", "forged"}
		}
		resp, err := b.client(t, false).Do(req)
		must(t, err)
		must(t, resp.Body.Close())
		want := told{Address: []string{"127.0.0.1"}, Scheme: []string{"https"}, Host: []string{host, host}}
		if diff := cmp.Diff(want, <-got); diff != "" {
			t.Errorf("the service is told (-want +got):\n%s", diff)
		}
		if hsts := resp.Header.Get("Strict-Transport-Security"); hsts != "max-age=31536000" {
			t.Errorf("browsers are told %q", hsts)
		}
	})
}

func TestWhoeverComesWithoutTLSIsSentToIt(t *testing.T) {
	t.Parallel()
	_, nodes := startEdges(t, "")
	overEach(t, func(t *testing.T, program proxytest.Program) {
		b := balance(t, program, upstreams(nodes), nil)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+b.PortAddr(1)+"/v1/symbols?limit=1", http.NoBody)
		must(t, err)
		req.Host = "ticker.example.com"
		resp, err := b.client(t, false).Do(req)
		must(t, err)
		must(t, resp.Body.Close())
		if to := resp.Header.Get("Location"); resp.StatusCode != http.StatusPermanentRedirect || to != "https://ticker.example.com/v1/symbols?limit=1" {
			t.Errorf("%s to %q", resp.Status, to)
		}
	})
}

func TestNoAddressHasMoreThanItsSessions(t *testing.T) {
	t.Parallel()
	_, nodes := startEdges(t, "")
	overEach(t, func(t *testing.T, program proxytest.Program) {
		b := balance(t, program, upstreams(nodes), nil)
		for range 100 {
			b.mustOpen(t)
		}
		if _, err := b.open(t.Context(), nil, nil); err == nil || !strings.Contains(err.Error(), "429") {
			t.Errorf("one more: %v, want 429", err)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url()+"/v1/symbols", http.NoBody)
		must(t, err)
		resp, err := b.client(t, false).Do(req)
		must(t, err)
		defer func() { _ = resp.Body.Close() }() // it was read
		text, err := io.ReadAll(resp.Body)
		must(t, err)
		problem, err := wire.ParseProblem(text)
		if err != nil || problem.Code != wire.CodeRateLimited || problem.Status != resp.StatusCode || resp.Header.Get("Retry-After") == "" {
			t.Errorf("it is refused with %s %s, %v", resp.Status, text, err)
		}
		s, err := b.open(t.Context(), nil, from(1))
		must(t, err)
		must(t, s.Close())
	})
}

func TestCredentialsAreInNoLog(t *testing.T) {
	t.Parallel()
	overEach(t, func(t *testing.T, program proxytest.Program) {
		_, nodes := startEdges(t, "")
		b := balance(t, program, upstreams(nodes), nil)
		const secret = "hush-hush"
		ask := func() {
			for _, path := range []string{"/v1/symbols", "/v1/ws", "/v1/poll"} {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url()+path+"?token="+secret, http.NoBody)
				must(t, err)
				req.Header.Set("Authorization", "Bearer "+secret)
				req.Header.Set("Sec-Websocket-Protocol", "ticker.v1.json, bearer."+secret)
				resp, err := b.client(t, false).Do(req)
				must(t, err)
				must(t, resp.Body.Close())
			}
		}
		ask()
		for _, n := range nodes {
			n.Kill(t)
		}
		ask() // for the lines about failures
		b.Stop(t)
		log := b.Log()
		if program == proxytest.NGINX {
			for _, name := range []string{"ticker.log", "error.log"} {
				text, err := b.File(name)
				must(t, err)
				log += text
			}
		}
		if n := strings.Count(log, "/v1/poll"); n < 2 || strings.Contains(log, secret) {
			t.Errorf("%d lines of polls, and the credential is there: %t\n%s", n, strings.Contains(log, secret), log)
		}
	})
}

func TestServicesOfWhichNoneIsReadyServeWhatTheyHave(t *testing.T) {
	t.Parallel()
	overEach(t, func(t *testing.T, program proxytest.Program) {
		source, nodes := startEdges(t, "")
		source.publish(t, map[string]int{"A": 1})
		b := balance(t, program, upstreams(nodes), nil)
		for range nodes {
			s := b.mustOpen(t)
			s.subscribe(t, "", "A")
			s.until(t, map[string]int{"A": 1})
		}
		source.Kill(t)
		if program == proxytest.HAProxy {
			await(t, "services that are known not to be ready", func() bool {
				_, text, err := request(t.Context(), http.DefaultClient, http.MethodGet, "http://"+b.PortAddr(2)+"/metrics", "")
				return err == nil && strings.Contains(text, `haproxy_backend_active_servers{proxy="ticker"} 0`)
			})
		}
		s := b.mustOpen(t)
		s.subscribe(t, "", "A")
		s.until(t, map[string]int{"A": 1})
	})
}

package deploy

import (
	"net/http"
	"strings"
	"testing"

	"ticker/internal/proxytest"
	"ticker/internal/servertest"
)

// believed are the settings of a service that takes the word of the balancers here.
const believed = "proxies: [127.0.0.0/8]\n"

// alone starts a balancer whose services are all the same one.
func alone(t *testing.T, program proxytest.Program, settings string) *balancer {
	t.Helper()
	n := servertest.Start(t, nodeOptions{settings: settings})
	return balance(t, program, upstreams([]*node{n, n, n}), nil)
}

func TestTheServiceCountsTheSessionsOfClientsAndNotOfTheProxy(t *testing.T) {
	t.Parallel()
	overEach(t, func(t *testing.T, program proxytest.Program) {
		b := alone(t, program, believed+"limits: {per_address: 3}")
		// What a client says of its own address is worth nothing.
		forged := http.Header{"X-Forwarded-For": {"203.0.113.9"}}
		for client := range 3 {
			for range 3 {
				s, err := b.open(t.Context(), forged, from(client))
				must(t, err)
				t.Cleanup(func() { _ = s.Close() })
			}
			if _, err := b.open(t.Context(), forged, from(client)); err == nil || !strings.Contains(err.Error(), "429") {
				t.Errorf("one more of client %d: %v, want 429", client, err)
			}
		}
	})
}

func TestPagesOfTheNameThatTheProxyWasAskedForAreOwn(t *testing.T) {
	t.Parallel()
	overEach(t, func(t *testing.T, program proxytest.Program) {
		b, deaf := alone(t, program, believed), alone(t, program, "")
		for name, c := range map[string]struct {
			of     *balancer
			origin string
			own    bool
		}{
			"its own":                  {b, b.url(), true},
			"a foreign one":            {b, "https://evil.example.com", false},
			"one without TLS":          {b, "http://" + b.Addr(), false},
			"another port":             {b, "https://127.0.0.1:1", false},
			"its own, not believed":    {deaf, deaf.url(), false},
			"what the client makes up": {b, "http://127.0.0.1:8080", false},
		} {
			headers := http.Header{"Origin": {c.origin}, "X-Forwarded-Host": {"127.0.0.1:8080"}, "X-Forwarded-Proto": {"http"}}
			s, err := c.of.open(t.Context(), headers, nil)
			switch {
			case err == nil:
				must(t, s.Close())
				if !c.own {
					t.Errorf("%s: a page of %s has a session", name, c.origin)
				}
			case c.own || !strings.Contains(err.Error(), "403"):
				t.Errorf("%s: a page of %s: %v", name, c.origin, err)
			}
		}
	})
}

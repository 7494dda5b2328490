package server_test

import (
	"net/http"
	"strings"
	"testing"

	"ticker/server"
)

func withOrigins(list ...string) change {
	return func(_ testing.TB, cfg *server.Config) { cfg.AllowedOrigins = list }
}

func TestOnlyPagesOfOurOwnAndAllowedOriginsMayOpenSessions(t *testing.T) {
	t.Parallel()
	strict := overTCP(t, withOrigins("https://app.example.com", "http://Lab.Example.com:8081"))
	open := overTCP(t, withOrigins("*"))
	_, port, _ := strings.Cut(strict.addr, ":")
	for name, c := range map[string]struct {
		rig     *rig
		headers []string
		allowed bool
	}{
		"no origin":                      {strict, nil, true},
		"no origin, foreign host":        {strict, []string{"Host", "evil.example.com"}, false},
		"no origin, host of a listed":    {strict, []string{"Host", "app.example.com:" + port}, true},
		"own":                            {strict, []string{"Origin", "http://" + strict.addr}, true},
		"own, by another loopback name":  {strict, []string{"Origin", "http://localhost:" + port, "Host", "localhost:" + port}, true},
		"own, by a name below localhost": {strict, []string{"Origin", "http://a.localhost:" + port, "Host", "a.localhost:" + port}, true},
		"own, by IPv6":                   {strict, []string{"Origin", "http://[::1]:" + port, "Host", "[::1]:" + port}, true},
		"own, default port left out":     {strict, []string{"Origin", "http://localhost", "Host", "localhost:80"}, true},
		"listed":                         {strict, []string{"Origin", "https://app.example.com"}, true},
		"listed, with its default port":  {strict, []string{"Origin", "https://app.example.com:443"}, true},
		"listed, in another case":        {strict, []string{"Origin", "http://lab.example.com:8081"}, true},
		"listed, by another's host":      {strict, []string{"Origin", "https://app.example.com", "Host", "lab.example.com:9"}, true},
		"listed, by a foreign host":      {strict, []string{"Origin", "https://app.example.com", "Host", "evil.example.com"}, false},
		"foreign":                        {strict, []string{"Origin", "https://evil.example.com"}, false},
		"other scheme":                   {strict, []string{"Origin", "https://" + strict.addr}, false},
		"other port":                     {strict, []string{"Origin", "http://127.0.0.1:1"}, false},
		"listed, other scheme":           {strict, []string{"Origin", "http://app.example.com"}, false},
		"listed, other port":             {strict, []string{"Origin", "https://app.example.com:8443"}, false},
		"look-alike suffix":              {strict, []string{"Origin", "https://evilapp.example.com"}, false},
		"look-alike prefix":              {strict, []string{"Origin", "https://app.example.com.evil.com"}, false},
		"user that looks like a host":    {strict, []string{"Origin", "https://app.example.com@evil.com"}, false},
		"path":                           {strict, []string{"Origin", "https://app.example.com/"}, false},
		"null":                           {strict, []string{"Origin", "null"}, false},
		"of a file":                      {strict, []string{"Origin", "file://"}, false},
		"two of them":                    {strict, []string{"Origin", "https://app.example.com", "Origin", "https://evil.com"}, false},
		"two in one":                     {strict, []string{"Origin", "https://app.example.com, https://evil.com"}, false},
		"name that resolves to loopback": {strict, []string{"Origin", "http://evil.com:" + port, "Host", "evil.com:" + port}, false},
		"any is allowed":                 {open, []string{"Origin", "https://evil.com"}, true},
		"any is allowed, by any host":    {open, []string{"Origin", "https://evil.com", "Host", "evil.com"}, true},
		"any is allowed, null":           {open, []string{"Origin", "null"}, true},
		"any is allowed, but one only":   {open, []string{"Origin", "https://a.com", "Origin", "https://b.com"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, got := c.rig.shake(c.headers...)
			want := http.StatusForbidden
			if c.allowed {
				want = http.StatusSwitchingProtocols
			}
			if got.status != want {
				t.Errorf("%d, want %d", got.status, want)
			}
			// What a page may not open a session for, it may not publish either.
			if status := c.rig.request(http.MethodPost, "/v1/quotes", "{}", c.headers...).status; (status == http.StatusForbidden) == c.allowed {
				t.Errorf("publishing is answered with %d", status)
			}
		})
	}
}

func TestOnlyPagesOfAllowedOriginsMayReadAnswers(t *testing.T) {
	t.Parallel()
	r := overTCP(t, withOrigins("https://app.example.com"))
	for origin, want := range map[string]string{
		"":                         "",
		"https://app.example.com":  "https://app.example.com",
		"https://evil.example.com": "",
		"null":                     "",
	} {
		var headers []string
		if origin != "" {
			headers = []string{"Origin", origin}
		}
		got := r.get("/v1/symbols", headers...)
		if got.status != http.StatusOK || got.header.Get("Access-Control-Allow-Origin") != want || got.header.Get("Vary") != "Origin" {
			t.Errorf("for %q: %d %v", origin, got.status, got.header)
		}
		if got := r.request(http.MethodPost, "/v1/quotes", "{}", headers...); got.header.Get("Access-Control-Allow-Origin") != want {
			t.Errorf("for %q, publishing: %v", origin, got.header)
		}
	}
}

func TestPagesOfAllowedOriginsMayUseTheModulesAndReadCursors(t *testing.T) {
	t.Parallel()
	r := overTCP(t, withOrigins("https://good.com"))
	r.quote("A", 1)
	for _, target := range []string{"/sdk/ticker.js", "/v1/poll?symbols=A"} {
		got := r.get(target, "Origin", "https://good.com")
		if got.status != http.StatusOK || got.header.Get("Access-Control-Allow-Origin") != "https://good.com" ||
			!strings.Contains(got.header.Get("Access-Control-Expose-Headers"), "Ticker-Cursor") {
			t.Errorf("%s: %d %v", target, got.status, got.header)
		}
		if got := r.get(target, "Origin", "https://evil.com"); got.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %v for a foreign page", target, got.header)
		}
	}
}

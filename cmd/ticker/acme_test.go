package main

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMistakesOfACMEAreNamedWithKeyAndLine(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 64)
	for text, want := range map[string]string{
		"tls:\n  acme: {email: ops@example.com}":                                           ":2: tls.acme.email: means nothing without tls.acme.domains",
		"tls:\n  acme:\n    domains: []\n    cache: x":                                     ":4: tls.acme.cache: means nothing without tls.acme.domains",
		"tls:\n  cert_file: x\n  acme: {domains: [a.example.com]}":                         ":3: tls.acme.domains: excludes tls.cert_file",
		"tls:\n  acme:\n    domains: a.example.com":                                        ":3: tls.acme.domains: must be a list",
		"tls:\n  acme: {domains: ['*.example.com']}":                                       `"*.example.com" has a wildcard`,
		"tls:\n  acme: {domains: [192.0.2.1]}":                                             `"192.0.2.1" is an address`,
		"tls:\n  acme: {domains: ['2001:db8::1']}":                                         `"2001:db8::1" is an address`,
		"tls:\n  acme: {domains: [localhost]}":                                             `"localhost" is no name of a host`,
		"tls:\n  acme: {domains: [A.example.com]}":                                         `"A.example.com" is no name of a host`,
		"tls:\n  acme: {domains: [bücher.example.com]}":                                    `is no name of a host`,
		"tls:\n  acme: {domains: [a..com]}":                                                `"a..com" is no name of a host`,
		"tls:\n  acme: {domains: [-a.com]}":                                                `"-a.com" is no name of a host`,
		"tls:\n  acme: {domains: [a.com.]}":                                                `"a.com." is no name of a host`,
		"tls:\n  acme: {domains: ['a.com:443']}":                                           `"a.com:443" is no name of a host`,
		"tls:\n  acme: {domains: [" + long + ".com]}":                                      `.com" is no name of a host`,
		"tls:\n  acme: {domains: [a.com, b.com, a.com]}":                                   "a.com is given twice",
		"tls:\n  acme: {domains: [" + strings.Repeat("a.com,", 101) + "]}":                 "101 names: want 100 at most",
		"tls:\n  acme: {domains: [a.com], directory: 'http://ca.example.com/'}":            "tls.acme.directory: want https://",
		"tls:\n  acme: {domains: [a.com], directory: 'ftp://127.0.0.1:1/'}":                "tls.acme.directory: want https://",
		"tls:\n  acme: {domains: [a.com], directory: letsencrypt}":                         "tls.acme.directory: want a URL",
		"tls:\n  acme: {domains: [a.com], directory: 'https://me:x@example.com'}":          "tls.acme.directory: want a URL",
		"tls:\n  acme: {domains: [a.com], directory: 'https://a.com/" + long + long + "'}": "tls.acme.directory: want a URL of at most",
		"tls:\n  acme: {domains: [a.com], email: ops}":                                     `tls.acme.email: "ops" is no address`,
		"tls:\n  acme: {domains: [a.com], email: 'Ops <ops@example.com>'}":                 `is no address: want one such as`,
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			code, _, stderr := program(t, nil, "config", "check", writeFile(t, text))
			if code != 2 || !strings.Contains(stderr, want) {
				t.Errorf("exit %d: %s", code, stderr)
			}
		})
	}
}

func TestACMEIsReadBackAsItWasPrinted(t *testing.T) {
	t.Parallel()
	want := acmeSettings{
		domains: []string{"quotes.example.com", "xn--bcher-kva.example.com"}, cache: "/var/lib/ticker/acme",
		directory: "http://127.0.0.1:14000/dir", email: "ops@example.com",
	}
	code, text, stderr := program(t, []string{
		"TICKER_TLS_ACME_DOMAINS=" + strings.Join(want.domains, " "), "TICKER_TLS_ACME_CACHE=" + want.cache,
		"TICKER_TLS_ACME_DIRECTORY=" + want.directory, "TICKER_TLS_ACME_EMAIL=" + want.email,
	}, "config", "print")
	if code != 0 {
		t.Fatal(stderr)
	}
	c := newConfiguration()
	if err := c.file(writeFile(t, text)); err != nil || len(c.mistakes) > 0 {
		t.Fatal(err, c.mistakes)
	}
	if diff := cmp.Diff(want, c.settings.acme, cmp.AllowUnexported(acmeSettings{})); diff != "" {
		t.Error(diff)
	}
	short := acmeSettings{domains: want.domains}
	if cfg := short.config("data", nil, nil); cfg.Cache != filepath.Join("data", "acme") || !strings.Contains(cfg.Directory, "letsencrypt") {
		t.Errorf("by default %+v", cfg)
	}
}

func TestTheServiceRunsWhileNoCertificateIsIssued(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 100)
	directory := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		http.Error(w, "closed", http.StatusForbidden)
	}))
	defer directory.Close()
	file := writeFile(t, "tls: {acme: {domains: [quotes.example.com], directory: '"+directory.URL+"/directory'}}")
	r := startServe(t, "--config", file, "--history", "off")
	if got := <-asked; got != "/directory" {
		t.Errorf("asked for %s", got)
	}
	if !strings.HasPrefix(r.public, "https://") {
		t.Errorf("served at %s", r.public)
	}
	soon(t, "the failure is counted", func() bool {
		_, metrics := get(t, r.admin+"/metrics")
		return strings.Contains(metrics, `ticker_tls_reloads_total{result="error"} 1`) &&
			strings.Contains(metrics, "ticker_tls_certificate_expiry_timestamp_seconds 0")
	})
	if code := r.end(); code != 0 {
		t.Errorf("exit %d\n%s", code, r.log)
	}
}

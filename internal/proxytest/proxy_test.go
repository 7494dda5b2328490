package proxytest

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"ticker/internal/servertest"
)

// greeting is the least configuration that answers every request.
func greeting(program Program) Options {
	o := Options{Program: program, Ports: 2, Replace: map[string]string{
		"first": "127.0.0.1:{port0}", "second": "127.0.0.1:{port1}", "run": "{dir}",
	}}
	switch program {
	case NGINX:
		o.Config = "pid run/pid; events {} http { access_log off; server { listen first; listen second; location / { return 200 hello; } } }"
	case HAProxy:
		o.Config = "defaults\n mode http\n timeout client 1m\nfrontend f\n bind first\n bind second\n" +
			" http-request return status 200 content-type text/plain file run/greeting\n"
		o.Files = map[string]string{"greeting": "hello"}
	}
	return o
}

func TestAProxyServesOnEachOfItsPorts(t *testing.T) {
	t.Parallel()
	for _, program := range []Program{NGINX, HAProxy} {
		t.Run(string(program), func(t *testing.T) {
			t.Parallel()
			p := Start(t, greeting(program))
			for i := range 2 {
				if got := get(t, "http://"+p.PortAddr(i)); got != "hello" {
					t.Errorf("port %d says %q", i, got)
				}
			}
			if p.Addr() != p.PortAddr(0) {
				t.Errorf("its address is %s, its first port's %s", p.Addr(), p.PortAddr(0))
			}
			p.Restart(t)
			if got := get(t, "http://"+p.Addr()); got != "hello" {
				t.Errorf("after a restart: %q", got)
			}
		})
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }() // it was read
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestAMistakeInAConfigurationIsFound(t *testing.T) {
	t.Parallel()
	for _, program := range []Program{NGINX, HAProxy} {
		good := greeting(program)
		if said, err := Verify(t.Context(), good); err != nil {
			t.Errorf("%s: %v\n%s", program, err, said)
		}
		bad := good
		bad.Config += "\nnonsense ;\n"
		if _, err := Verify(t.Context(), bad); err == nil || !strings.Contains(err.Error(), "nonsense") {
			t.Errorf("%s: error %v, want the mistake in it", program, err)
		}
		if _, err := bad.Launch(); err == nil || !strings.Contains(err.Error(), "nonsense") {
			t.Errorf("%s: error %v, want the mistake in it", program, err)
		}
	}
}

func TestAReplacementMustFindItsText(t *testing.T) {
	t.Parallel()
	o := greeting(NGINX)
	o.Replace["third"] = ""
	if _, err := o.Launch(); err == nil || !strings.Contains(err.Error(), `"third"`) {
		t.Errorf("error %v, want the text that is missing", err)
	}
}

func TestNGINXEndsWithItsTestHoweverThatEnds(t *testing.T) {
	t.Parallel()
	servertest.EndsWithItsTest(t, func() []*servertest.Process { return []*servertest.Process{Start(t, greeting(NGINX)).Process} })
}

func TestHAProxyEndsWithItsTestHoweverThatEnds(t *testing.T) {
	t.Parallel()
	servertest.EndsWithItsTest(t, func() []*servertest.Process { return []*servertest.Process{Start(t, greeting(HAProxy)).Process} })
}
